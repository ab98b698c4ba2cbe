"""Training, validation and test conversations, by ``provenance["split"]``; all others are kept for testing."""

TRAINING = (None, "train")
"""Methods may learn from these."""
VALIDATION = ("dev", "val", "valid", "validation")
"""Methods may choose settings and checkpoints by these."""
