"""Emotions that people themselves have put on what they say."""

LABELS = "labelled_emotion"
"""Name of a participant's events that keep them: turns, each with a label of
`visavis.perception.emotion.classifier.EMOTIONS`."""
