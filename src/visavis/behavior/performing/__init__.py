"""From planned events to motion."""
