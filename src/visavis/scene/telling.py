"""A layout in words, for people who want to know what was made of their description."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from visavis.errors import shown
from visavis.motion.seat import Seat
from visavis.scene.knees import LOWEST_CHAIR
from visavis.scene.layout import Layout
from visavis.scene.placement import signed_turns

LOWEST_STANDING = 1.2
"""Metres above the floor of a standing adult's head; who is lower kneels or crouches."""
_FACING = ((15.0, "face to face"), (45.0, "at an angle"), (180.0, "side by side"))
"""How far torsos are turned away from each other on average, degrees, at most."""


def told(layout: Layout, *, table: bool) -> str:
    """One line: where the two are, and which parts of a description it was read from.

    Args:
        layout: What was made of the description.
        table: Whether there is a table between them.
    """
    seats = layout.seats
    away = float(np.degrees(np.abs(signed_turns(seats)).mean()))
    facing = next(name for most, name in _FACING if away <= most + 1e-6)
    parts = ["two people", f"{layout.distance:.2f} m apart", facing, _poses(seats), *(["at a table"] if table else [])]
    if seats[0].position[0] > seats[1].position[0]:
        parts.append("A on the right")
    where = ", ".join(parts)
    if layout.read or layout.unread:
        where += (
            f"; as the words say: {_quoted(layout.read)}" if layout.read else "; the words name none of it outright"
        )
    if layout.unread:
        where += f"; only compared with example situations: {_quoted(layout.unread)}"
    return where


def _poses(seats: Sequence[Seat]) -> str:
    a, b = map(_pose, seats)
    return f"both {a}" if a == b else f"A {a}, B {b}"


def _pose(seat: Seat) -> str:
    height = seat.position[1]
    if seat.seated:
        return "sitting" if height > LOWEST_CHAIR else "sitting on the ground"
    return "standing" if height > LOWEST_STANDING else "kneeling"


def _quoted(parts: Sequence[str]) -> str:
    return ", ".join(f'"{shown(part)}"' for part in parts)
