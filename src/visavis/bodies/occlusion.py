"""Ambient occlusion per vertex, computed once per figure and baked into its colours."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Cells = NDArray[np.int32]

DIRECTIONS = 96
CELL = 0.008
"""Metres: the grain of the depth maps."""

FLOOR_SHADOW = 0.25
"""Metres: how far from the floor its light is dimmed by the shadow of the person on it."""


def sky_light(points: Array, normal: Array, faces: NDArray[np.int64]) -> Array:
    """Share of a bright sky over a dimmer floor that each vertex sees, (n,), about 0 to 1.

    For each of many directions the figure is splatted into a depth map, and a vertex is lit if nothing lies in front
    of it (Zhukov et al. 1998, "An ambient light illumination model", with depth maps instead of rays). Near the floor
    little light comes from below.

    Args:
        points: (n, 3), +Y up, metres.
        normal: (n, 3) unit normals.
        faces: (f, 3) triangles.
    """
    corners = points[faces]
    blockers = np.concatenate([points, corners.mean(1), (corners + np.roll(corners, 1, 1)).reshape(-1, 3) / 2])
    centre = (points.min(0) + points.max(0)) / 2
    blockers, lifted = blockers - centre, points - centre + 0.004 * normal
    above = np.clip((points[:, 1] - points[:, 1].min()) / FLOOR_SHADOW, 0, 1)
    seen, total = np.zeros(len(points)), np.zeros(len(points))
    for direction in _sphere(DIRECTIONS):
        brightness = 0.45 + 0.55 * max(direction[1], -0.2)
        reaching = brightness if direction[1] >= 0 else brightness * above
        facing = np.clip(normal @ direction, 0, None)
        if brightness <= 0:
            continue
        depth, cells, own_depth, own_cells = _project(blockers, lifted, direction)
        nearest = np.full(cells.max() + 1, -np.inf)
        np.maximum.at(nearest, cells, depth)
        inside = own_cells < len(nearest)
        front = np.where(inside, nearest[np.minimum(own_cells, len(nearest) - 1)], -np.inf)
        seen += reaching * facing * (front < own_depth + 0.012)
        total += brightness * facing
    return _smoothed(seen / np.maximum(total, 1e-6), faces)


def _sphere(count: int) -> Array:
    """Directions spread evenly over the sphere (Fibonacci lattice)."""
    i = np.arange(count) + 0.5
    y, turn = 1 - 2 * i / count, np.pi * (1 + 5**0.5) * i
    radius = np.sqrt(1 - y * y)
    return np.stack([radius * np.cos(turn), y, radius * np.sin(turn)], axis=1)


def _project(blockers: Array, points: Array, direction: Array) -> tuple[Array, Cells, Array, Cells]:
    """Depth along the direction and cell number across it, of blockers and of points."""
    helper = np.array([0.0, 0.0, 1.0]) if abs(direction[1]) > 0.9 else np.array([0.0, 1.0, 0.0])
    right = np.cross(helper, direction)
    right /= np.linalg.norm(right)
    axes = np.stack([right, np.cross(direction, right)], axis=1)
    reach = float(np.abs(blockers).max()) * 3**0.5 + CELL
    width = int(2 * reach / CELL) + 2

    def cells(p: Array) -> Cells:
        at = ((p @ axes + reach) / CELL).astype(np.int32)
        numbers: Cells = at[:, 1] * width + at[:, 0]
        return numbers

    return blockers @ direction, cells(blockers), points @ direction, cells(points)


def _smoothed(values: Array, faces: NDArray[np.int64], rounds: int = 4) -> Array:
    """Averages over neighbours, which takes the grain of the depth maps away."""
    from scipy.sparse import csr_matrix

    edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    edges = np.concatenate([edges, edges[:, ::-1], np.repeat(np.arange(len(values)), 4)[:, None].repeat(2, 1)])
    graph = csr_matrix((np.ones(len(edges)), (edges[:, 0], edges[:, 1])), shape=(len(values), len(values)))
    degree = np.asarray(graph.sum(1)).ravel()
    for _ in range(rounds):
        values = (graph @ values) / degree
    return values
