"""Conversations between two people into nonverbal behaviour, and back."""

__version__ = "0.1.0"
