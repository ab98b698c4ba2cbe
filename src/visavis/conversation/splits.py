"""What a conversation may be used for, by ``provenance["split"]``; whatever is in neither is kept for testing."""

TRAINING = (None, "train")
"""Methods may learn from these."""
VALIDATION = ("dev", "val", "valid", "validation")
"""Methods may choose settings and checkpoints by these."""
