"""Transcription: what both people say, word by word, and in which language."""
