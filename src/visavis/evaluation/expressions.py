"""Which emotion a face shows, read off its ARKit shapes by action units alone."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from visavis.errors import InputError

Array = NDArray[np.floating]

UNITS: Mapping[str, tuple[str, ...]] = MappingProxyType({
    "1": ("browInnerUp",),
    "2": ("browOuterUpLeft", "browOuterUpRight"),
    "4": ("browDownLeft", "browDownRight"),
    "5": ("eyeWideLeft", "eyeWideRight"),
    "6": ("cheekSquintLeft", "cheekSquintRight"),
    "7": ("eyeSquintLeft", "eyeSquintRight"),
    "9": ("noseSneerLeft", "noseSneerRight"),
    "10": ("mouthUpperUpLeft", "mouthUpperUpRight"),
    "12": ("mouthSmileLeft", "mouthSmileRight"),
    "15": ("mouthFrownLeft", "mouthFrownRight"),
    "20": ("mouthStretchLeft", "mouthStretchRight"),
    "24": ("mouthPressLeft", "mouthPressRight"),
})  # fmt: skip
"""Columns whose mean is an action unit. Jaw and lips that only speech needs are not among them."""
SHOWN: Mapping[str, tuple[str, ...]] = MappingProxyType({
    "happy": ("6", "12"),
    "sad": ("1", "4", "15"),
    "angry": ("4", "5", "7", "24"),
    "surprised": ("1", "2", "5"),
    "afraid": ("1", "2", "4", "5", "20"),
    "disgusted": ("9", "10", "15"),
    "curious": ("1", "2"),
})  # fmt: skip
"""Action units of each emotion's face, present or absent (Ekman, Friesen & Hager 2002, table 10-2); of interest, raised
brows (Mortillaro et al. 2011)."""
STILL = 0.04
"""Length of the vector of action units below which a face is neutral."""


def emotion_shown(shapes: Mapping[str, Array]) -> tuple[str, Array]:
    """The emotion of a stretch of motion: the face nearest in direction to its mean action units.

    Args:
        shapes: ARKit columns by name, each (T,); those that are missing are at rest.

    Returns:
        One of `SHOWN` or ``neutral``, and the cosines with the faces of `SHOWN`, (7,).

    Raises:
        InputError: There are no frames.
    """
    if not shapes or not all(len(curve) for curve in shapes.values()):
        raise InputError("an emotion is read off a stretch of motion; this one has no frames")
    mean = np.array(
        [np.mean([np.mean(shapes[c]) if c in shapes else 0.0 for c in columns]) for columns in UNITS.values()]
    )
    faces = np.array([[float(unit in units) for unit in UNITS] for units in SHOWN.values()])
    faces /= np.linalg.norm(faces, axis=1, keepdims=True)
    length = float(np.linalg.norm(mean))
    cosines: Array = faces @ mean / max(length, 1e-9)
    return ("neutral" if length < STILL else tuple(SHOWN)[int(cosines.argmax())]), cosines
