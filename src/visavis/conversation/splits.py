"""Training, validation and test conversations, by ``provenance["split"]``; all others are kept for testing."""

import hashlib
from collections.abc import Sequence

TRAINING = (None, "train")
"""Methods may learn from these."""
VALIDATION = ("dev", "val", "valid", "validation")
"""Methods may choose settings and checkpoints by these."""
EVERY = 20
"""One conversation in so many is held out of a corpus that does not say which."""
FEWEST = 4
"""Conversations that a corpus has at least if one of them is held out."""


def held_out(ids: Sequence[str], splits: Sequence[str | None]) -> list[bool]:
    """Which conversations are held out: those that the corpus itself validates on, else one in `EVERY`.

    Which these are depends on the ids alone, not on their order.
    """
    if any(split in VALIDATION for split in splits):
        return [split in VALIDATION for split in splits]
    count = max(1, len(ids) // EVERY) if len(ids) >= FEWEST else 0
    order = sorted(range(len(ids)), key=lambda i: hashlib.sha256(ids[i].encode()).digest())
    return [i in set(order[:count]) for i in range(len(ids))]
