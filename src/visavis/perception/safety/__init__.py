"""Harmful language: which utterances, how long in all, and whether a video is to be dropped for it."""

from visavis.perception.safety.exchange import Exchange, HarmClassifier, Verdict
from visavis.perception.safety.harm import HarmfulLanguage, harmful_minutes, too_harmful

__all__ = ["Exchange", "HarmClassifier", "HarmfulLanguage", "Verdict", "harmful_minutes", "too_harmful"]
