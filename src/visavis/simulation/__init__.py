"""Conversations whose every event is known: dyads, listeners' reactions, voices."""
