"""Blinks."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from visavis.behavior.curves import FPS, Array
from visavis.behavior.events import Event

CLOSING, STAYING = 0.30, 0.12
"""Shares of a blink's length in which the lids close and stay; they open over the rest, twice as long as they close
(Evinger et al. 1991, "Eyelid movements: mechanisms and normal data")."""
_FINE = 8


def closed_lids(blinks: Iterable[Event], frames: int) -> Array:
    """How far the lids are closed (T,), 0 to 1.

    Each frame holds the mean closure over its own time and its most closed moment, so that short blinks are not
    missed, as a camera's short exposure would show them.

    Args:
        blinks: Events ``blink``; their strength is how far the lids close.
        frames: T.
    """
    closed = np.zeros(frames)
    for blink in blinks:
        down, hold = CLOSING * blink.length, STAYING * blink.length
        up = max(1e-3, blink.length - down - hold)
        a, b = int(blink.start * FPS), min(frames, int(np.ceil(blink.end * FPS)) + 1)
        if a >= b:
            continue
        fine = (np.arange(a * _FINE, b * _FINE) + 0.5) / (_FINE * FPS) - blink.start
        falling = np.sin(np.clip(fine / max(down, 1e-3), 0, 1) * np.pi / 2) ** 2
        rising = np.cos(np.clip((fine - down - hold) / up, 0, 1) * np.pi / 2) ** 2
        shape = (falling * rising * (fine > 0)).reshape(-1, _FINE)
        depth = min(1.0, blink.strength)
        closed[a:b] = np.maximum(closed[a:b], depth * (0.5 * shape.max(1) + 0.5 * shape.mean(1)))
    return closed
