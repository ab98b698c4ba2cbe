"""Harmful language: which utterances, their total duration, and whether to drop a video for it."""

from visavis.perception.safety.exchange import Exchange, HarmClassifier, Verdict
from visavis.perception.safety.harm import HarmfulLanguage, harmful_minutes, too_harmful

__all__ = ["Exchange", "HarmClassifier", "HarmfulLanguage", "Verdict", "harmful_minutes", "too_harmful"]
