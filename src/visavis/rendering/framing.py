"""Where the cameras stand for two people in two seats."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from visavis.motion.seat import Seat

Array = NDArray[np.float64]


@dataclass(frozen=True)
class View:
    """A camera: where it is, what it looks at (room frame, metres) and its vertical field of view in degrees."""

    position: Array
    target: Array
    fov_deg: float


def two_shot(seats: tuple[Seat, Seat], aspect: float = 1.0) -> View:
    """Both people from the side on which more of their faces shows, from the chest up."""
    a, b = (np.array(seat.position) for seat in seats)
    across = np.array([b[0] - a[0], 0.0, b[2] - a[2]])
    apart = float(np.linalg.norm(across))
    across = across / apart if apart > 1e-6 else np.array([1.0, 0, 0])
    side = np.cross(across, [0.0, 1.0, 0.0])
    facing = float(sum(side @ seat.forward for seat in seats))
    side = side if facing > -0.05 else -side
    middle = (a + b) / 2
    width, height = apart + 0.95, abs(a[1] - b[1]) + 1.15
    fov = 26.0
    distance = max(height, width / aspect) / 2 / np.tan(np.radians(fov / 2))
    target = middle + np.array([0, -0.17, 0])
    return View(target + distance * side + np.array([0, 0.10, 0]), target, fov)


def close_up(seats: tuple[Seat, Seat], person: int, side_hint: Array | None = None) -> View:
    """Head and shoulders of one person, from over the partner's shoulder turned a little to the two-shot's side."""
    own, other = seats[person], seats[1 - person]
    head = np.array(own.position) + np.array([0, 0.045, 0])
    towards = np.array(other.position) - np.array(own.position)
    towards[1] = 0
    norm = np.linalg.norm(towards)
    towards = towards / norm if norm > 1e-6 else own.forward
    direction = 0.6 * own.forward + 0.4 * towards
    wide = two_shot(seats)
    side = wide.position - wide.target
    side[1] = 0
    side /= np.linalg.norm(side)
    direction = direction + 0.42 * side
    direction /= np.linalg.norm(direction)
    fov = 20.0
    return View(head + 1.15 * direction + np.array([0, 0.02, 0]), head + 0.03 * direction, fov)
