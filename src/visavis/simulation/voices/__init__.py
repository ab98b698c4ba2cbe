"""Voices with known timing: our own, and free speech synthesisers where they are installed."""

from visavis.simulation.voices.registry import available_voices, get_voice
from visavis.simulation.voices.speech import Speech, Voice

__all__ = ["Speech", "Voice", "available_voices", "get_voice"]
