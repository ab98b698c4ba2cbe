"""Where a person is in the room and which way the torso faces."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from visavis.errors import InputError


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
        """Validates."""
        position = tuple(float(p) for p in self.position)
        object.__setattr__(self, "position", position)
        object.__setattr__(self, "yaw", float(self.yaw))
        if len(position) != 3 or not np.isfinite([*position, self.yaw]).all():
            raise InputError(f"a seat needs three finite coordinates and a finite yaw, not {self.position}, {self.yaw}")

    @property
    def forward(self) -> NDArray[np.float64]:
        """Unit vector (3,) along which the torso faces."""
        return np.array([np.sin(self.yaw), 0.0, np.cos(self.yaw)])


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
