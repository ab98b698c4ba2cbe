"""Positions of two heads in Talking Together's convention, and the seats that follow from them.

Talking Together (supplement 2.2) gives both heads in metres around the middle of the conversation, +Z forward and +X
right, y relative to a standing head. Its three examples fit one reading, which is used here: the axes are those of a
viewer who looks at the faces, so that two heads apart along Z face each other, two heads apart along X sit side by
side, looking along +Z, and A at negative x is on the left of the picture. The angle between the line from head to head
and the Z axis therefore says how much the two sit beside each other, and decides how the torsos turn.

A whole room can be turned about the vertical without changing anything between the people. Seats are always written the
way `visavis.motion.face_to_face` writes them: the heads apart along X, and the torsos, where they do not face the
partner, turned towards +Z, which is where a camera sees both faces.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from visavis.motion.seat import Seat

Kind = Literal["face-to-face", "angled", "side-by-side"]
Point = tuple[float, float, float]

STANDING_HEIGHT = 1.6
"""Metres above the floor of the head joint at y = 0."""

BESIDE: dict[Kind, float] = {"face-to-face": 0.0, "angled": np.pi / 4, "side-by-side": np.pi / 2}
"""Angle between the line from head to head and the way people look who sit like this, radians."""

# People side by side look mostly ahead, but turn a third of the way to each other to talk (cf. Kendon 1990 on the
# L- and side-by-side formations).
TURNED_AWAY = 2 / 3
SEATED_BELOW = -0.12


@dataclass(frozen=True)
class Placement:
    """Two heads in the paper's convention.

    Attributes:
        a: (x, y, z) of A's head in metres; y is 0 at `STANDING_HEIGHT`.
        b: The same for B.
        kind: How they face, if the words say it; the heads' places decide otherwise.
        seated: Who sits, if it is known; low heads count as seated otherwise.
    """

    a: Point
    b: Point
    kind: Kind | None = None
    seated: tuple[bool | None, bool | None] = (None, None)

    @property
    def span(self) -> float:
        """Horizontal metres between the heads."""
        return float(np.hypot(self.b[0] - self.a[0], self.b[2] - self.a[2]))

    @property
    def distance(self) -> float:
        """Metres between the heads."""
        return float(np.hypot(self.span, self.b[1] - self.a[1]))

    @property
    def beside(self) -> float:
        """How much they sit beside each other: 0 face to face, pi/2 side by side."""
        if self.kind is not None:
            return BESIDE[self.kind]
        dx, dz = self.b[0] - self.a[0], self.b[2] - self.a[2]
        return float(np.arctan2(abs(dx), abs(dz)))

    @property
    def a_on_the_left(self) -> bool:
        """Whether a viewer has A on the left."""
        dx, dz = self.b[0] - self.a[0], self.b[2] - self.a[2]
        return bool((dx if abs(dx) > abs(dz) else dz) >= 0)

    def seats(self) -> tuple[Seat, Seat]:
        """The two seats: origin on the floor, heads apart along X, torsos open towards +Z."""
        side = 1.0 if self.a_on_the_left else -1.0
        half, turned = self.span / 2, self.beside * TURNED_AWAY
        seats = []
        for sign, head, sits in zip((-side, side), (self.a, self.b), self.seated, strict=True):
            low = head[1] < SEATED_BELOW if sits is None else sits
            yaw = -sign * (np.pi / 2 - turned)
            seats.append(Seat((sign * half, head[1] + STANDING_HEIGHT, 0.0), yaw, bool(low)))
        return seats[0], seats[1]


def compose(
    span: float,
    heights: tuple[float, float],
    beside: float,
    *,
    a_on_the_left: bool = True,
    kind: Kind | None = None,
    seated: tuple[bool | None, bool | None] = (None, None),
) -> Placement:
    """A placement from what matters between two people.

    Args:
        span: Horizontal metres between the heads.
        heights: y of both heads, metres relative to a standing head.
        beside: 0 for face to face to pi/2 for side by side, radians.
        a_on_the_left: Whether a viewer has A on the left.
        kind: See `Placement`.
        seated: See `Placement`.
    """
    half = (span if a_on_the_left else -span) / 2
    x, z = half * np.sin(beside), half * np.cos(beside)
    a, b = (-x, heights[0], -z), (x, heights[1], z)
    return Placement(_rounded(a), _rounded(b), kind, seated)


def placement_of(seats: tuple[Seat, Seat]) -> Placement:
    """Seats in the paper's convention; undoes `Placement.seats` up to a turn of the whole room."""
    a, b = (np.asarray(seat.position) for seat in seats)
    away = signed_turns(seats)
    mean = (away[0] - away[1]) / 2  # A on the left turns towards the viewer by a negative angle, B by a positive one
    left = mean < -1e-9 or (abs(mean) <= 1e-9 and a[0] <= b[0])
    heights = (float(a[1]) - STANDING_HEIGHT, float(b[1]) - STANDING_HEIGHT)
    beside = min(abs(mean) / TURNED_AWAY, np.pi / 2)
    span = float(np.hypot(b[0] - a[0], b[2] - a[2]))
    return compose(span, heights, beside, a_on_the_left=left, seated=(seats[0].seated, seats[1].seated))


def signed_turns(seats: tuple[Seat, Seat]) -> tuple[float, float]:
    """How far each torso is turned away from the other's head, radians about +Y in (-pi, pi]."""
    turns = []
    for me, other in (seats, seats[::-1]):
        dx, dz = other.position[0] - me.position[0], other.position[2] - me.position[2]
        turn = me.yaw - np.arctan2(dx, dz)
        turns.append(float(np.arctan2(np.sin(turn), np.cos(turn))))
    return turns[0], turns[1]


def _rounded(point: tuple[float, ...]) -> Point:
    """Whole micrometres, without negative zeros."""
    x, y, z = (round(float(v), 6) + 0.0 for v in point)
    return x, y, z
