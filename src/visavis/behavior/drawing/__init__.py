"""Draws the events of one kind: when they happen follows the person's speech, looks and habits."""
