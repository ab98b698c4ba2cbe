"""Hair as a closed shell around the skull, with strands pressed into it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from visavis.bodies.identity import JOINTS, Identity
from visavis.bodies.paint import colour

Array = NDArray[np.float64]


def hair_shell(
    skin: Array, identity: Identity, appearance: Mapping[str, Any]
) -> tuple[Array, NDArray[np.int64], Array] | None:
    """Points, triangles and colours of the hair; None for a bald head.

    Args:
        skin: (n, 3) points of the skin, which the hair has to cover.
        identity: Tells where the head is.
        appearance: Complete.
    """
    style = appearance["hair_style"]
    if style == "bald":
        return None
    eyes = (identity.joints[JOINTS.index("eye.L")] + identity.joints[JOINTS.index("eye.R")]) / 2
    unit = (identity.joints[JOINTS.index("eye.L")][0] - eyes[0]) / 0.031
    centre = eyes + unit * np.array([0, 0.025, -0.085])
    azimuth = np.linspace(-np.pi, np.pi, 121)[:-1]  # 0 looks forward, positive to the person's left
    down = np.linspace(0, 1, 44)
    top, bottom = _line(azimuth, style)
    # Each strand runs from the crown (polar angle 0) to the hairline.
    polar = down[None] * bottom[:, None]
    radius = _skull(skin, centre, azimuth, polar, unit)
    strands = _strands(len(azimuth), len(down), seed=7)
    taper = np.clip((1 - down) / 0.12, 0, 1)[None] ** 0.5
    thickness = unit * top[:, None] * taper * (1 + 0.30 * strands) - unit * 0.004 * (1 - taper)
    ray = _rays(azimuth, polar)
    points = centre + ray * (radius + thickness)[..., None]
    if style == "bob":
        points = _hang(points, centre, azimuth, unit, identity)
        strands = _strands(len(azimuth), points.shape[1], seed=7)
    rows, columns = points.shape[:2]
    index = np.arange(rows * columns).reshape(rows, columns)
    nxt = np.roll(index, -1, axis=0)
    a, b, c, d = index[:, :-1], index[:, 1:], nxt[:, :-1], nxt[:, 1:]
    faces = np.concatenate([np.stack([a, b, c], -1).reshape(-1, 3), np.stack([b, d, c], -1).reshape(-1, 3)])
    shade = colour(appearance["hair"])[None, None] * (1 + 0.35 * strands)[..., None]
    return points.reshape(-1, 3), faces, np.clip(shade, 0, 1).reshape(-1, 3)


def _rays(azimuth: Array, polar: Array) -> Array:
    a = azimuth[:, None]
    return np.stack([np.sin(polar) * np.sin(a), np.cos(polar), np.sin(polar) * np.cos(a)], -1)


def _line(azimuth: Array, style: str) -> tuple[Array, Array]:
    """Thickness (metres) and polar angle of the hairline, per azimuth."""
    turn = np.degrees(np.abs(azimuth))
    # Forehead, temple, in front of the ear, above the ear, behind the ear, nape.
    where = [0, 25, 45, 58, 68, 80, 95, 108, 120, 150, 180]
    line = [52, 53, 58, 72, 92, 96, 92, 96, 118, 131, 134]
    if style == "bob":
        line = [50, 52, 58, 76, 92, 100, 100, 104, 118, 131, 134]
    thick = np.interp(turn, [0, 40, 70, 100, 180], [0.016, 0.013, 0.009, 0.010, 0.013])
    if style == "bob":
        thick = np.interp(turn, [0, 40, 70, 100, 180], [0.013, 0.014, 0.016, 0.018, 0.018])
    return thick, np.radians(np.interp(turn, where, line))


def _skull(skin: Array, centre: Array, azimuth: Array, polar: Array, unit: float) -> Array:
    """How far the head reaches along each ray, ears left out: a smooth fit to the skin points around it."""
    from scipy.spatial import cKDTree

    relative = skin - centre
    distance = np.linalg.norm(relative, axis=1)
    head = (distance < 0.16 * unit) & (distance > 0.05 * unit)
    directions = relative[head] / distance[head, None]
    tree = cKDTree(directions)
    rays = _rays(azimuth, polar).reshape(-1, 3)
    near, index = tree.query(rays, k=12)
    weight = np.exp(-((near / 0.06) ** 2)) + 1e-9
    found = distance[head][index]
    smooth = (found * weight).sum(1) / weight.sum(1)
    return smooth.reshape(polar.shape)


def _strands(rows: int, columns: int, seed: int) -> Array:
    """Noise that changes quickly around the head and slowly along a strand, about -1 to 1."""
    from scipy.ndimage import gaussian_filter

    noise = np.random.default_rng(seed).standard_normal((rows, columns))
    noise = gaussian_filter(noise, (0.7, 12), mode=("wrap", "nearest"))
    return np.clip(noise / (2 * noise.std()), -1, 1)


def _hang(points: Array, centre: Array, azimuth: Array, unit: float, identity: Identity) -> Array:
    """Lets side and back hair fall to the chin, bulging a little and curling inwards at the tips."""
    turn = np.degrees(np.abs(azimuth))
    length = unit * np.interp(turn, [0, 62, 74, 90, 180], [0.0, 0.0, 0.095, 0.125, 0.115])
    steps = np.linspace(0, 1, 15)[1:]
    outward = np.stack([np.sin(azimuth), np.zeros_like(azimuth), np.cos(azimuth)], -1)
    start = points[:, -1] + outward * (unit * 0.010 * (length > 0))[:, None]
    fall = start[:, None] - np.array([0, 1, 0]) * (length[:, None] * steps)[..., None]
    swell = np.sin(np.pi * steps * 0.9) * 0.012 - 0.016 * steps**3
    fall = fall + outward[:, None] * (unit * swell * (length > 0)[:, None])[..., None]
    return np.concatenate([points, fall], axis=1)
