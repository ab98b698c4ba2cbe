"""Where a person is in the room and which way the torso faces."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from visavis.errors import InputError

FARTHEST, MOST_TURN = 1e6, 1e4
"""Metres and radians beyond which a number is a mistake, and trigonometry loses its digits."""


class SeatError(InputError):
    """No room has such a seat."""


@dataclass(frozen=True)
class Seat:
    """A place in the room (right-handed, metres, +Y up, origin on the floor midway between the two people).

    Attributes:
        position: World position (x, y, z) of the head joint of the straight-necked body at the start.
        yaw: Which way the torso faces, radians about +Y; 0 looks along +Z, pi/2 along +X.
        seated: Whether the person sits (for showing only).
    """

    position: tuple[float, float, float]
    yaw: float
    seated: bool = False

    def __post_init__(self) -> None:
        """Validates.

        Raises:
            SeatError: A number is not finite, or beyond `FARTHEST` or `MOST_TURN`.
        """
        position = tuple(float(p) for p in self.position)
        object.__setattr__(self, "position", position)
        object.__setattr__(self, "yaw", float(self.yaw))
        if len(position) != 3 or not all(abs(p) <= FARTHEST for p in position):  # no more than NaN is
            raise SeatError(f"a seat needs three coordinates of at most {FARTHEST:,.0f} m, not {_said(position)}")
        if not abs(self.yaw) <= MOST_TURN:
            raise SeatError(f"a seat needs a yaw of at most {MOST_TURN:,.0f} radians, not {self.yaw:g}")

    @property
    def forward(self) -> NDArray[np.float64]:
        """Unit vector (3,) along which the torso faces."""
        return np.array([np.sin(self.yaw), 0.0, np.cos(self.yaw)])


def _said(position: tuple[float, ...]) -> str:
    return f"({', '.join(f'{p:g}' for p in position[:4])})"


def face_to_face(distance: float = 1.0, height: float = 1.6) -> tuple[Seat, Seat]:
    """Two seats that face each other across the origin, A at -X and B at +X.

    Args:
        distance: Metres between the heads.
        height: Metres of the head joints above the floor.
    """
    half = distance / 2
    return Seat((-half, height, 0.0), np.pi / 2), Seat((half, height, 0.0), -np.pi / 2)


def opposite(seat: Seat, distance: float = 1.0) -> Seat:
    """The seat in front of another, facing it.

    Args:
        seat: The other.
        distance: Metres between the heads.
    """
    position = np.array(seat.position) + distance * seat.forward
    return Seat(tuple(position), float(np.remainder(seat.yaw + np.pi, 2 * np.pi)), seat.seated)
