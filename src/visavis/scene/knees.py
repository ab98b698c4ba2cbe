"""Leg room for two people who sit and face each other."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from visavis.motion.seat import Seat
from visavis.scene.placement import signed_turns

FREE, NEAREST = 0.95, 0.65
"""Metres between the heads: from the first on knees have room; nearer than the second two chairs have none."""

ASIDE = 40
"""Degrees by which legs turn aside at most; bodies sit no more twisted."""

STEP = 10
"""Degrees: legs turn by whole steps, so that figures made before can be used again."""

LOWEST_CHAIR = 1.0
"""Metres above the floor of a head; who sits lower sits on the ground."""


def knees_aside(seats: tuple[Seat, Seat]) -> tuple[float, float]:
    """How far each person's legs are turned to their own left, degrees, so that knees and feet do not meet.

    Close together and face to face, both turn their legs to their own left, which are opposite sides. Close together
    and turned half to each other, as on a sofa, legs point straight out instead of following the torsos.
    """
    if span(seats) > FREE - 1e-6:
        return 0.0, 0.0
    turns = np.degrees(signed_turns(seats))
    facing = np.abs(turns).max() < 20
    straight = np.sign(turns) * np.clip(STEP * np.round((90 - np.abs(turns)) / STEP), 0, ASIDE)
    aside = np.full(2, ASIDE) if facing else straight
    a, b = (float(angle) if seat.seated else 0.0 for angle, seat in zip(aside, seats, strict=True))
    return a, b


def face_each_other(seats: Sequence[Seat]) -> bool:
    """Whether both torsos point at the other person, to within 45 degrees."""
    a, b = (np.array(seat.position) * (1, 0, 1) for seat in seats)
    apart = max(float(np.linalg.norm(b - a)), 1e-9)
    return bool(seats[0].forward @ (b - a) > 0.7 * apart and seats[1].forward @ (a - b) > 0.7 * apart)


def span(seats: Sequence[Seat]) -> float:
    """Horizontal metres between the heads."""
    a, b = (seat.position for seat in seats)
    return float(np.hypot(b[0] - a[0], b[2] - a[2]))


def on_chairs(seats: Sequence[Seat]) -> bool:
    """Whether everybody sits on something."""
    return all(seat.seated and seat.position[1] > LOWEST_CHAIR for seat in seats)
