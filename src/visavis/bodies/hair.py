"""Hair as a closed shell around the skull, with strands pressed into it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, gaussian_filter1d

from visavis.bodies.identity import JOINTS, Identity
from visavis.bodies.paint import colour

Array = NDArray[np.float64]

UNEVEN = 0.02
"""Share of its length by which cut hair differs from lock to lock; from strand to strand its edge would be a saw."""


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
    centre, unit = _head(identity)
    azimuth = np.linspace(-np.pi, np.pi, 225)[:-1]  # 0 looks forward, positive to the person's left
    down = np.linspace(0, 1, 32)
    thick, hairline = _line(azimuth, style)
    tufts = _tufts(len(azimuth), seed=8)
    hanging = np.clip(_fall(azimuth, style) / 0.06, 0, 1)
    hairline = hairline + np.radians(1.3) * tufts * (1 - hanging)
    # Each strand runs from the crown (polar angle 0) to the hairline, and where hair is long from there down.
    polar = down[None] * hairline[:, None]
    length = _fall(azimuth, style) * (1 + UNEVEN * gaussian_filter1d(tufts, 4.0, mode="wrap"))
    strands = _strands(len(azimuth), len(down) + (12 if length.any() else 0), seed=7)
    taper = hanging[:, None] + (1 - hanging[:, None]) * np.clip((1 - down) / 0.25, 0, 1)[None] ** 0.6
    # All strands meet in one point at the crown.
    spread = np.clip(down / 0.5, 0, 1)[None] ** 2 * (3 - 2 * np.clip(down / 0.5, 0, 1)[None])
    depth = thick.mean() + (thick[:, None] - thick.mean()) * spread
    thickness = unit * depth * taper * (1 + 0.25 * strands[:, : len(down)]) - unit * 0.003 * (1 - taper)
    points = centre + _rays(azimuth, polar) * (_skull(skin, centre, azimuth, polar, unit) + thickness)[..., None]
    if length.any():
        points = _hang(points, azimuth, unit, unit * length, strands[:, len(down) :])
    rows, columns = points.shape[:2]
    index = np.arange(rows * columns).reshape(rows, columns)
    nxt = np.roll(index, -1, axis=0)
    a, b, c, d = index[:, :-1], index[:, 1:], nxt[:, :-1], nxt[:, 1:]
    faces = np.concatenate([np.stack([a, b, c], -1).reshape(-1, 3), np.stack([b, d, c], -1).reshape(-1, 3)])
    shade = colour(appearance["hair"])[None, None] * (1 + 0.30 * strands)[..., None]
    return points.reshape(-1, 3), faces, np.clip(shade, 0, 1).reshape(-1, 3)


def _rays(azimuth: Array, polar: Array) -> Array:
    a = azimuth[:, None]
    return np.stack([np.sin(polar) * np.sin(a), np.cos(polar), np.sin(polar) * np.cos(a)], -1)


def _line(azimuth: Array, style: str) -> tuple[Array, Array]:
    """Thickness (metres) and polar angle (radians) of the hairline, per azimuth."""
    turn = np.degrees(np.abs(azimuth))
    # Middle of the forehead, its corners, temple, before the ear, above the ear, behind it, nape.
    where = [0, 20, 38, 52, 62, 72, 80, 92, 106, 120, 150, 180]
    if style == "bob":
        line = [59, 59, 60, 66, 80, 90, 92, 92, 94, 97, 100, 101]
        at, thick = [0, 40, 70, 100, 180], [15, 16, 17, 19, 20]
    else:
        line = [57, 57, 56, 63, 78, 101, 101, 86, 92, 118, 130, 133]
        at, thick = [0, 30, 60, 90, 180], [19, 16, 9, 9, 12]
    return np.interp(turn, at, thick) / 1000, np.radians(np.interp(turn, where, line))


def hairline_share(points: Array, identity: Identity, appearance: Mapping[str, Any]) -> Array:
    """How much each point of the skin belongs to the scalp, (n,), with a soft, uneven edge: 0 on a bald head."""
    style = appearance["hair_style"]
    if style == "bald":
        return np.zeros(len(points))
    centre, _ = _head(identity)
    relative = points - centre
    azimuth = np.arctan2(relative[:, 0], relative[:, 2])
    polar = np.arccos(relative[:, 1] / np.maximum(np.linalg.norm(relative, axis=1), 1e-9))
    _, line = _line(azimuth, style)
    uneven = np.radians(1.6) * np.sin(37 * azimuth) * np.sin(53 * azimuth + 1)
    grown = np.clip((line + uneven - polar) / np.radians(5) + 0.55, 0, 1)
    share: Array = grown * (np.linalg.norm(relative, axis=1) < 0.2)
    return share


def _head(identity: Identity) -> tuple[Array, float]:
    """The middle of the skull and the size of the head (1 where the eyes are 62 mm apart)."""
    left, right = (identity.joints[JOINTS.index(f"eye.{side}")] for side in "LR")
    unit = float((left - right)[0]) / 0.062
    return (left + right) / 2 + unit * np.array([0, 0.025, -0.085]), unit


def _fall(azimuth: Array, style: str) -> Array:
    """How far hair hangs below the hairline, metres for a head of common size."""
    if style != "bob":
        return np.zeros_like(azimuth)
    turn = np.degrees(np.abs(azimuth))
    return np.interp(turn, [0, 52, 66, 80, 110, 180], [0.0, 0.0, 0.105, 0.125, 0.130, 0.125])


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
    skull: Array = smooth.reshape(polar.shape)
    return skull


def _strands(rows: int, columns: int, seed: int) -> Array:
    """Noise that changes quickly around the head and slowly along a strand, about -1 to 1, calm at the crown."""
    rng = np.random.default_rng(seed)
    # Locks, and single strands within them.
    noise = np.zeros((rows, columns))
    for share, wide in ((1.0, 1.3), (0.7, 0.4)):
        layer = gaussian_filter(rng.standard_normal((rows, columns)), (wide, 9), mode=("wrap", "nearest"))
        noise += share * layer / layer.std()
    calm = np.clip(np.linspace(0, 1, columns) / 0.35, 0, 1)
    strands: Array = np.clip(noise / (2 * noise.std()), -1, 1) * calm
    return strands


def _tufts(rows: int, seed: int) -> Array:
    """How much further each strand grows or hangs than its neighbours, about -1 to 1, (rows,)."""
    noise = np.random.default_rng(seed).standard_normal(rows)
    tufts = gaussian_filter1d(noise, 1.0, mode="wrap")
    scaled: Array = tufts / (2 * tufts.std())
    return scaled


def _hang(points: Array, azimuth: Array, unit: float, length: Array, strands: Array) -> Array:
    """Lets hair fall straight from the hairline, bulging a little and curling inwards at the tips."""
    steps = np.linspace(0, 1, strands.shape[1] + 1)[1:]
    outward = np.stack([np.sin(azimuth), np.zeros_like(azimuth), np.cos(azimuth)], -1)
    # Strands stand out from each other but for their ends: cut, these lie in one line.
    swell = (np.sin(np.pi * steps) * 0.010 - 0.030 * steps**2.5)[None] + 0.003 * strands * (1 - steps**3)
    # Where hair does not hang, the strand ends in a point at the hairline.
    swell = np.where(length[:, None] > 0, swell, 0)
    fall = points[:, -1:] - np.array([0, 1, 0]) * (length[:, None] * steps)[..., None]
    strand = np.concatenate([points, fall + outward[:, None] * unit * swell[..., None]], axis=1)
    # Where hair leaves the head it bends, and does not break.
    share = (np.clip(length / 0.06, 0, 1)[:, None] * _bump_of_rows(strand.shape[1], points.shape[1]))[..., None]
    bent: Array = strand * (1 - share) + gaussian_filter1d(strand, 3.6, axis=1, mode="nearest") * share
    return bent


def _bump_of_rows(rows: int, middle: int) -> Array:
    """1 at a row, falling to 0 over 10 rows on either side, (rows,)."""
    share: Array = np.clip(1.5 - np.abs(np.arange(rows) - middle) / 10 * 1.5, 0, 1)
    return share
