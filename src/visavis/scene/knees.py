"""Room for the legs of two people who sit and face each other."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from visavis.motion.seat import Seat

FREE, NEAREST = 0.95, 0.6
"""Metres between the heads: from the first on knees have room; nearer than the second two chairs have none."""

WIDEST = 40.0
"""Degrees by which legs turn aside at most."""

STEP = 10.0


def knees_aside(seats: Sequence[Seat]) -> float:
    """How far both people turn their legs, each to their own left, so that knees pass each other, degrees.

    As people do on two chairs that stand close: since the two face each other, their own lefts are opposite.
    """
    if not all(seat.seated for seat in seats) or not face_each_other(seats):
        return 0.0
    near = np.clip((FREE - span(seats)) / (FREE - NEAREST), 0, 1)
    # Whole steps, so that figures made before can be used again.
    return float(STEP * np.ceil(near * WIDEST / STEP))


def face_each_other(seats: Sequence[Seat]) -> bool:
    """Whether both torsos point at the other person, to within 45 degrees."""
    a, b = (np.array(seat.position) * (1, 0, 1) for seat in seats)
    apart = max(float(np.linalg.norm(b - a)), 1e-9)
    return bool(seats[0].forward @ (b - a) > 0.7 * apart and seats[1].forward @ (a - b) > 0.7 * apart)


def span(seats: Sequence[Seat]) -> float:
    """Horizontal metres between the heads."""
    a, b = (seat.position for seat in seats)
    return float(np.hypot(b[0] - a[0], b[2] - a[2]))
