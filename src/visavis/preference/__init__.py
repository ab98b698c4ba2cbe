"""Preference studies of any kind, and what is derived from their answers."""
