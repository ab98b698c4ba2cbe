"""The floor, darker where feet, chairs and a table stand: contact shadows, computed once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from visavis.bodies.figure import Figure
from visavis.bodies.identity import JOINTS
from visavis.motion.seat import Seat
from visavis.rendering.furniture import Solid

Array = NDArray[np.float64]

FLOOR = (0.77, 0.685, 0.59)
STEP = 0.035
"""Metres between the floor's points where something stands near."""


@dataclass(frozen=True)
class Shadow:
    """A soft round patch on the floor: the light that is missing falls off as exp(-(d / width)^2).

    Attributes:
        x: Of its middle, metres in the room's frame.
        z: Likewise.
        width: Metres.
        strength: The share of the light that is missing in the middle.
    """

    x: float
    z: float
    width: float
    strength: float


def shadows(figures: Sequence[Figure], seats: Sequence[Seat], things: Sequence[Solid]) -> list[Shadow]:
    """Where the floor is darker.

    Args:
        figures: The two people's.
        seats: The two people's.
        things: The furniture.
    """
    found = []
    for figure, seat in zip(figures, seats, strict=True):
        shoes = figure.rest[figure.part("shoes")] - figure.joints[JOINTS.index("head")] * (1, 0, 1)
        side = np.array([np.cos(seat.yaw), 0.0, -np.sin(seat.yaw)])
        for half in (shoes[:, 0] > 0, shoes[:, 0] <= 0):
            shoe = shoes[half]
            for share in (0.2, 0.45, 0.75):  # heel, arch and ball, along the foot
                x, z = _along(shoe[:, [0, 2]], share)
                ground = np.array(seat.position) + x * side + z * seat.forward
                found.append(Shadow(ground[0], ground[2], 0.085, 0.34))
        middle = np.array(seat.position) + float(shoes[:, 2].mean()) * seat.forward
        found.append(Shadow(middle[0], middle[2], 0.45, 0.26))
    for thing in things:
        for x, z in _legs(thing):
            found.append(Shadow(x, z, 0.05, 0.35))
        centre = (thing.points.min(0) + thing.points.max(0)) / 2
        reach = float(np.ptp(thing.points[:, [0, 2]], axis=0).max())
        found.append(Shadow(centre[0], centre[2], 0.55 * reach, 0.24))
    return found


def _along(points: Array, share: float) -> Array:
    """The point at a share of a foot's length, from heel to toes."""
    centred = points - points.mean(0)
    axis = np.linalg.svd(centred, full_matrices=False)[2][0]
    axis = axis * np.sign(axis[1] or 1.0)
    reach = centred @ axis
    point: Array = points.mean(0) + axis * (reach.min() + share * np.ptp(reach))
    return point


def _legs(thing: Solid) -> Array:
    """Middles of what stands on the floor, (n, 2): corners nearer than a hand belong together."""
    low = np.unique(np.round(thing.points[thing.points[:, 1] < 0.01][:, [0, 2]], 6), axis=0)
    legs: list[list[Array]] = []
    for point in low:
        near = next((leg for leg in legs if np.linalg.norm(leg[0] - point) < 0.1), None)
        if near is None:
            legs.append([point])
        else:
            near.append(point)
    return np.array([np.mean(leg, axis=0) for leg in legs]).reshape(-1, 2)


def floor(seats: Sequence[Seat], radius: float, dark: Sequence[Shadow]) -> tuple[Solid, Array]:
    """A square floor around both people, finer where something stands, and its points' light.

    Args:
        seats: The two people's.
        radius: Half its side, metres.
        dark: From `shadows`.

    Returns:
        The floor and the share of the light that reaches each of its points, (n,).
    """
    middle = np.mean([seat.position for seat in seats], axis=0)
    lines = [_lines([seat.position[axis] for seat in seats], middle[axis], radius) for axis in (0, 2)]
    x, z = (grid.ravel() for grid in np.meshgrid(*lines, indexing="ij"))
    rows, columns = map(len, lines)
    index = np.arange(rows * columns).reshape(rows, columns)
    a, b, c, d = index[:-1, :-1].ravel(), index[:-1, 1:].ravel(), index[1:, 1:].ravel(), index[1:, :-1].ravel()
    faces = np.concatenate([np.stack([a, b, c], 1), np.stack([a, c, d], 1)])
    points, up = np.stack([x, np.zeros_like(x), z], axis=1), np.tile([0.0, 1.0, 0.0], (len(x), 1))
    light = np.ones(len(x))
    for shadow in dark:
        light *= 1 - shadow.strength * np.exp(-((x - shadow.x) ** 2 + (z - shadow.z) ** 2) / shadow.width**2)
    return Solid("floor", points, up, faces, FLOOR), light


def _lines(places: Sequence[float], middle: float, radius: float) -> Array:
    """Grid lines of one axis: fine within reach of the people, coarse elsewhere."""
    coarse = np.linspace(middle - radius, middle + radius, 33)
    fine = [np.arange(place - 0.75, place + 0.75, STEP) for place in places]
    kept = coarse[np.min([np.abs(coarse - place) for place in places], axis=0) > 0.75 + STEP]
    lines = np.unique(np.concatenate([kept, *fine]))
    apart: Array = lines[np.concatenate([[True], np.diff(lines) > STEP / 3])]
    return apart
