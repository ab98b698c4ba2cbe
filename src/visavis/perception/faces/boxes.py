"""Bounding boxes: float (4,) x0, y0, x1, y1 in pixels."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Box = NDArray[np.float64]


def around(points: ArrayLike) -> Box:
    """The smallest box around points (N, 2 or more)."""
    xy = np.asarray(points, np.float64)[:, :2]
    return np.concatenate([xy.min(0), xy.max(0)])


def overlap(a: Box, b: Box) -> float:
    """Intersection over union, 0 to 1."""
    width, height = np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2])
    if width <= 0 or height <= 0:
        return 0.0
    shared = width * height
    return float(shared / (area(a) + area(b) - shared))


def area(box: Box) -> float:
    """Square pixels."""
    return float(max(box[2] - box[0], 0) * max(box[3] - box[1], 0))


def longest(box: Box) -> float:
    """The longer side."""
    return float(max(box[2] - box[0], box[3] - box[1]))


def centre(box: Box) -> Box:
    """(2,) its middle."""
    return (box[:2] + box[2:]) / 2


def square(box: Box, times: float) -> Box:
    """A square about the same middle, `times` as wide as the box's longer side."""
    half = times * longest(box) / 2
    return np.concatenate([centre(box) - half, centre(box) + half])


def within(box: Box, width: int, height: int) -> Box:
    """The part of a box that lies in a picture, on whole pixels; may be empty."""
    x0, y0 = np.floor(box[:2])
    x1, y1 = np.ceil(box[2:])
    clipped = np.array([np.clip(x0, 0, width), np.clip(y0, 0, height), np.clip(x1, 0, width), np.clip(y1, 0, height)])
    return clipped
