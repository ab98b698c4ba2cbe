"""Laughter: heard in the sound, or written in the words."""
