"""Brows."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from visavis.behavior.curves import Array, add_bump
from visavis.behavior.events import Event


def brow_curves(events: Iterable[Event], frames: int) -> tuple[Array, Array]:
    """How far the brows are raised and lowered, (T,) each, 0 to 1.

    Args:
        events: ``brow`` counts; its strength is how far.
        frames: T.
    """
    raised, lowered = np.zeros(frames), np.zeros(frames)
    for event in events:
        if event.kind == "brow":
            curve = raised if event.label == "raise" else lowered
            # Onset and offset take about a fifth and a third of a second (Schmidt et al. 2006, brow raises).
            add_bump(curve, min(1.0, event.strength), event.start, event.end, 0.18, 0.32, largest=True)
    return raised, lowered
