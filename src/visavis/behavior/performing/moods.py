"""Moods as curves: how strong each feeling is, and valence and arousal."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from visavis.behavior.curves import Array, add_bump
from visavis.behavior.events import Event

FEELINGS = ("happy", "sad", "angry", "surprised", "afraid", "disgusted", "curious")
"""Labels of moods that have a face of their own."""
RISES = 0.6
"""Seconds in which a feeling comes, and goes."""


def mood_curves(events: Iterable[Event], frames: int) -> tuple[Array, Array]:
    """How strong each of `FEELINGS` is, (T, 7) from 0 to 1, and valence and arousal, (T, 2) from -1 to 1.

    Moods that are there at the same time add up in valence and arousal; of the same feeling the stronger one counts.

    Args:
        events: ``mood`` counts.
        frames: T.
    """
    feelings, mood = np.zeros((frames, len(FEELINGS))), np.zeros((frames, 2))
    for event in events:
        if event.kind != "mood":
            continue
        for axis, level in ((0, event.x), (1, event.y)):
            add_bump(mood[:, axis], event.strength * level, event.start, event.end, RISES, RISES)
        if event.label in FEELINGS:
            curve = feelings[:, FEELINGS.index(event.label)]
            add_bump(curve, min(1.0, event.strength), event.start, event.end, RISES, RISES, largest=True)
    return feelings, np.clip(mood, -1.0, 1.0)
