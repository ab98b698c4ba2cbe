"""Cameras for two people."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from visavis.errors import InputError
from visavis.motion.seat import Seat

TWO_SHOT_FOV = 40.0
CLOSE_UP_FOV = 18.0
"""Vertical degrees: a normal lens, near enough to see into faces that are turned to each other; a portrait lens."""

HEAD_CENTRE = 0.08
"""Metres from the head joint up to the middle of the face."""

CLOSE_UP = 0.19
"""Metres above and below the middle of a close-up: hair at its upper edge, shoulders at its lower."""

HEAD_ROOM = 0.22
"""Metres around a head's centre that stay in the picture: hair, and some sway."""

BUST = 0.55
"""Metres below a head that a two-shot shows where there is room: shoulders and chest."""


@dataclass(frozen=True)
class Camera:
    """A pinhole camera that stands upright in the room.

    Attributes:
        position: Where it is, metres in the room's frame.
        target: What is in the middle of the picture.
        fov_deg: Vertical angle of view, degrees.
    """

    position: tuple[float, float, float]
    target: tuple[float, float, float]
    fov_deg: float

    @property
    def axes(self) -> NDArray[np.float64]:
        """Rows: the picture's right, its up, and the direction of view, each a unit vector; (3, 3)."""
        forward = np.subtract(self.target, self.position)
        forward = forward / np.linalg.norm(forward)
        right = np.cross(forward, (0.0, 1.0, 0.0))
        right = right / np.linalg.norm(right)
        return np.stack([right, np.cross(right, forward), forward])

    def project(self, points: NDArray[np.float64], aspect: float) -> NDArray[np.float64]:
        """Where world points (..., 3) are in the picture, (..., 2): -1 to 1 from left to right and bottom to top.

        Points behind the camera give NaN.
        """
        local = (np.asarray(points, float) - self.position) @ self.axes.T
        depth = np.where(local[..., 2] > 1e-6, local[..., 2], np.nan)
        reach = np.tan(np.radians(self.fov_deg) / 2)
        return np.stack([local[..., 0] / (depth * reach * aspect), local[..., 1] / (depth * reach)], axis=-1)


def two_shot(seats: Sequence[Seat], aspect: float = 16 / 9) -> Camera:
    """Both people from the side on which both faces show.

    The camera stands off the line between the two, where the torsos open: face to face this gives two profiles that
    turn to three quarters as heads move, side by side two frontal faces.

    Args:
        seats: The two people's.
        aspect: Width over height of the picture.
    """
    _check_aspect(aspect)
    heads = _heads(seats)
    middle = heads.mean(axis=0)
    across = heads[1] - heads[0]
    across[1] = 0.0
    side = np.cross(across / max(float(np.linalg.norm(across)), 1e-9), (0.0, 1.0, 0.0))  # horizontal, off the line
    opening = seats[0].forward + seats[1].forward
    lean = float(side @ opening)
    # Face to face both sides are as good: A belongs on the left of the picture when it is at -X.
    side = side * (np.sign(lean) if abs(lean) > 1e-6 else (1.0 if side[2] >= 0 else -1.0))
    low, high = heads[:, 1].min() - BUST, heads[:, 1].max() + HEAD_ROOM
    target = np.array([middle[0], (low + high) / 2, middle[2]])
    reach = np.tan(np.radians(TWO_SHOT_FOV) / 2)
    width = float(np.linalg.norm(across)) / 2 + HEAD_ROOM + 0.1
    away = max(width / (reach * aspect), (high - low) / 2 / reach) + HEAD_ROOM
    lift = 0.04 * away  # barely above eye level, as a person who stands there would look
    position = target + away * side + np.array([0.0, lift, 0.0])
    return Camera(_point(position), _point(target), TWO_SHOT_FOV)


def close_up(seats: Sequence[Seat], person: int) -> Camera:
    """One person's face from over the other's shoulder side, at three quarters.

    Args:
        seats: The two people's.
        person: 0 for A, 1 for B.

    Raises:
        InputError: There is no such person.
    """
    if person not in (0, 1):
        raise InputError(f"there is no person {person}; 0 is A, 1 is B")
    heads = _heads(seats)
    head, other = heads[person], heads[1 - person]
    to_partner = other - head
    to_partner[1] = 0.0
    to_partner = to_partner / max(float(np.linalg.norm(to_partner)), 1e-9)
    towards_camera = np.subtract(two_shot(seats).position, head)
    towards_camera[1] = 0.0
    towards_camera = towards_camera / np.linalg.norm(towards_camera)
    # The face points between the torso's way and the partner; the camera stands 35 degrees off it, on the open side.
    face = seats[person].forward + to_partner
    face = to_partner if np.linalg.norm(face) < 1e-6 else face / np.linalg.norm(face)
    direction = _turned(face, towards_camera, np.radians(35))
    away = CLOSE_UP / np.tan(np.radians(CLOSE_UP_FOV) / 2)
    target = head - np.array([0.0, 0.065, 0.0])
    return Camera(_point(target + away * direction), _point(target), CLOSE_UP_FOV)


def over_the_shoulder(seats: Sequence[Seat], person: int) -> Camera:
    """One person as the other sees them, from behind the other's shoulder.

    Args:
        seats: The two people's.
        person: Whose face is seen; 0 for A, 1 for B.
    """
    heads = _heads(seats)
    head, other = heads[person], heads[1 - person]
    line = head - other
    line[1] = 0.0
    line = line / max(float(np.linalg.norm(line)), 1e-9)
    open_side = np.subtract(two_shot(seats).position, other)
    open_side[1] = 0.0
    open_side = open_side - line * float(open_side @ line)
    open_side = open_side / np.linalg.norm(open_side)
    position = other - 0.55 * line + 0.3 * open_side + np.array([0.0, 0.1, 0.0])
    return Camera(_point(position), _point(head), 35.0)


PRESETS: dict[str, Callable[[Sequence[Seat]], Camera]] = {
    "two-shot": two_shot,
    "close-up-a": lambda seats: close_up(seats, 0),
    "close-up-b": lambda seats: close_up(seats, 1),
    "over-the-shoulder-a": lambda seats: over_the_shoulder(seats, 0),
    "over-the-shoulder-b": lambda seats: over_the_shoulder(seats, 1),
}
"""Cameras by name."""


def _heads(seats: Sequence[Seat]) -> NDArray[np.float64]:
    """Middles of both heads, (2, 3)."""
    if len(seats) != 2:
        raise InputError(f"{len(seats)} seats; a camera needs two people")
    heads: NDArray[np.float64] = np.array([seat.position for seat in seats]) + np.array([0.0, HEAD_CENTRE, 0.0])
    return heads


def _turned(start: NDArray[np.float64], goal: NDArray[np.float64], angle: float) -> NDArray[np.float64]:
    """The horizontal unit vector `angle` from `start` towards `goal`, not past it."""
    here, there = (np.arctan2(v[0], v[2]) for v in (start, goal))
    difference = np.arctan2(np.sin(there - here), np.cos(there - here))
    yaw = here + np.clip(difference, -angle, angle)
    return np.array([np.sin(yaw), 0.0, np.cos(yaw)])


def _check_aspect(aspect: float) -> None:
    if not (np.isfinite(aspect) and aspect > 0):
        raise InputError(f"an image of aspect ratio {aspect}; width over height must be above 0")


def _point(value: NDArray[np.float64]) -> tuple[float, float, float]:
    x, y, z = (float(v) for v in value)
    return x, y, z
