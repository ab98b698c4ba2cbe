"""Chairs and a table as plain solids: the video and `scene.glb` show the same ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from visavis.motion.seat import Seat
from visavis.scene.knees import face_each_other, on_chairs

Array = NDArray[np.float64]

WOOD = (0.56, 0.41, 0.29)
TABLE = (0.80, 0.71, 0.60)

BOARD_BELOW_HIPS = 0.105
"""Metres: hip joints are in the middle of the flesh, the board of a chair is a hand's breadth below."""

TABLE_ABOVE_HIPS = 0.205
"""Metres: with hips half a metre up, a table of the usual 0.7 m, above thighs and hands."""

ELBOW_ROOM = 0.29
"""Metres from the middle of a head to the edge of the table."""

SMALLEST_TABLE, LARGEST_TABLE = 0.2, 0.6
"""Radii in metres: a small café table, a dining table for two."""

SIDES = 48


@dataclass(frozen=True)
class Solid:
    """A thing in the room that does not move. Metres, in the room's frame.

    Attributes:
        name: Such as ``chair A``.
        points: (n, 3); corners are there once for every face that meets in them.
        normals: (n, 3) unit normals.
        faces: (f, 3).
        colour: Red, green and blue, 0 to 1, as in sRGB.
    """

    name: str
    points: Array
    normals: Array
    faces: NDArray[np.int64]
    colour: tuple[float, float, float]


def furniture(seats: Sequence[Seat], hips: Sequence[float]) -> list[Solid]:
    """A chair under everybody who sits above the ground, and a table between two who face each other with room for one.

    Args:
        seats: The two people's.
        hips: How high each person's hip joints are, metres.
    """
    chairs = [
        _chair(f"chair {letter}", seat, hip)
        for letter, seat, hip in zip("AB", seats, hips, strict=True)
        if on_chairs([seat])
    ]
    radius = table_radius(seats)
    return chairs + ([_table(seats, float(np.mean(hips)) + TABLE_ABOVE_HIPS, radius)] if radius else [])


def table_radius(seats: Sequence[Seat]) -> float:
    """How large a round table fits between the two, metres; 0 if none does."""
    if not on_chairs(seats) or not face_each_other(seats):
        return 0.0
    a, b = (np.array(seat.position)[[0, 2]] for seat in seats)
    radius = float(np.linalg.norm(b - a)) / 2 - ELBOW_ROOM
    return min(radius, LARGEST_TABLE) if radius >= SMALLEST_TABLE - 1e-6 else 0.0


def _chair(name: str, seat: Seat, hip: float) -> Solid:
    """Seat, backrest and four legs."""
    board = hip - BOARD_BELOW_HIPS
    parts = [_box((0.44, 0.035, 0.44), (0, board - 0.0175, 0.02)), _box((0.42, 0.22, 0.025), (0, board + 0.42, -0.215))]
    parts += [_box((0.035, board, 0.035), (x, board / 2, z)) for x in (-0.19, 0.19) for z in (-0.17, 0.20)]
    parts += [_box((0.03, 0.5, 0.025), (x, board + 0.25, -0.215)) for x in (-0.18, 0.18)]
    place = np.array(seat.position) * (1, 0, 1) - 0.045 * seat.forward  # hips are a little behind the head
    side = np.array([np.cos(seat.yaw), 0.0, -np.sin(seat.yaw)])
    axes = np.stack([side, [0.0, 1.0, 0.0], seat.forward])
    points, normals, faces = _joined(parts)
    return Solid(name, points @ axes + place, normals @ axes, faces, WOOD)


def _table(seats: Sequence[Seat], top: float, radius: float) -> Solid:
    """A round board on a column with a round foot."""
    middle = np.mean([seat.position for seat in seats], axis=0) * (1, 0, 1)
    foot, edge = min(0.5 * radius, 0.22), radius - 0.006
    profile = [(foot, 0.0), (foot, 0.012), (0.03, 0.03), (0.025, top - 0.026), (edge, top - 0.026),
               (radius, top - 0.02), (radius, top - 0.006), (edge, top), (0.0, top)]  # fmt: skip
    points, normals, faces = _turned(profile)
    return Solid("table", points + middle, normals, faces, TABLE)


Part = tuple[Array, Array, NDArray[np.int64]]


def _box(size: tuple[float, float, float], centre: tuple[float, float, float]) -> Part:
    """Twenty-four corners, their normals, and twelve triangles."""
    points: list[Array] = []
    normals: list[Array] = []
    faces: list[NDArray[np.int64]] = []
    for axis in range(3):
        u, v = (axis + 1) % 3, (axis + 2) % 3
        for sign in (-1.0, 1.0):
            corners = np.zeros((4, 3))
            corners[:, axis] = sign
            corners[:, u], corners[:, v] = sign * np.array([-1, 1, 1, -1]), np.array([-1, -1, 1, 1])
            faces.append(len(points) * 4 + np.array([[0, 1, 2], [0, 2, 3]]))
            points.append(corners * np.array(size) / 2 + centre)
            normals.append(np.tile(sign * np.eye(3)[axis], (4, 1)))
    return np.concatenate(points), np.concatenate(normals), np.concatenate(faces)


def _turned(profile: Sequence[tuple[float, float]]) -> Part:
    """A solid of revolution about +Y from radius and height, bottom to top; edges between its segments are sharp."""
    angles = np.linspace(0, 2 * np.pi, SIDES, endpoint=False)
    ring = np.stack([np.sin(angles), np.zeros(SIDES), np.cos(angles)], axis=1)
    points, normals, faces = [], [], []
    for i, ((r0, y0), (r1, y1)) in enumerate(pairwise(profile)):
        out, up = np.array([y1 - y0, r0 - r1]) / np.hypot(y1 - y0, r0 - r1)
        points += [ring * r0 + [0, y0, 0], ring * r1 + [0, y1, 0]]
        normals += [ring * out + [0, up, 0]] * 2
        low = 2 * SIDES * i + np.arange(SIDES)
        after = 2 * SIDES * i + (np.arange(SIDES) + 1) % SIDES
        faces.append(np.stack([low, after, after + SIDES], axis=1))
        if r1 > 0:
            faces.append(np.stack([low, after + SIDES, low + SIDES], axis=1))
    return np.concatenate(points), np.concatenate(normals), np.concatenate(faces)


def _joined(parts: Sequence[Part]) -> Part:
    starts = np.cumsum([0, *(len(points) for points, _, _ in parts)])
    points, normals, faces = zip(*parts, strict=True)
    moved = [face + start for face, start in zip(faces, starts, strict=False)]
    return np.concatenate(points), np.concatenate(normals), np.concatenate(moved)
