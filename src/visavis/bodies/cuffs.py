"""Knitted cuffs: bands that close sleeves around the wrists."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from visavis.bodies.normals import surface_of

Array = NDArray[np.float64]

PROFILE = np.array([
    (0.007, 0.0003), (0.004, 0.0020), (0.006, 0.0040), (0.012, 0.0046), (0.024, 0.0046), (0.036, 0.0046),
    (0.044, 0.0010),
])  # fmt: skip
"""Metres above the wrist and over the skin, from the edge, which is folded inwards, to where the sleeve covers it."""

AROUND = 48
RIB = 0.05
"""By how much every other rib is darker."""


def cuff(skin: Array, faces: NDArray[np.int64], elbow: Array, wrist: Array) -> tuple[Array, NDArray[np.int64], Array]:
    """The band around one wrist.

    Args:
        skin: (n, 3) points of the arm.
        faces: (f, 3) its triangles.
        elbow: Where the lower arm begins, or a point on its way to the wrist.
        wrist: Where it ends.

    Returns:
        Points (AROUND * rings, 3), triangles, and brightness (AROUND * rings,), 1 and a little less.
    """
    up = (elbow - wrist) / np.linalg.norm(elbow - wrist)
    side = np.cross(up, (0.0, 0.0, 1.0) if abs(up[2]) < 0.9 else (1.0, 0.0, 0.0))
    side /= np.linalg.norm(side)
    angle = np.linspace(0, 2 * np.pi, AROUND, endpoint=False)[:, None]
    outward = np.cos(angle) * side + np.sin(angle) * np.cross(up, side)
    near = np.linalg.norm(skin - wrist, axis=1) < 0.12
    surface = surface_of(skin, faces[near[faces].all(1)])
    rings = []
    for above, over in PROFILE:
        centre = wrist + above * up
        hits = [surface.ray_trace(centre + 0.1 * ray, centre)[0] for ray in outward]
        radius = np.array([np.linalg.norm(hit - centre, axis=1).min(initial=0.1) for hit in hits])
        radius = np.where(radius < 0.09, radius, np.median(radius))
        rings.append(centre + (radius + over)[:, None] * outward)
    ring, at = np.arange(len(PROFILE) - 1)[:, None], np.arange(AROUND)
    a, b = (ring * AROUND + at).ravel(), (ring * AROUND + (at + 1) % AROUND).ravel()
    triangles = np.concatenate([np.stack([a, b, a + AROUND], 1), np.stack([b, b + AROUND, a + AROUND], 1)])
    ribs = np.tile(1 - RIB * (np.arange(AROUND) % 4 < 2), len(PROFILE))
    return np.concatenate(rings), triangles, ribs
