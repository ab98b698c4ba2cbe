"""A space's constraints on its columns: bounds, and columns that follow others."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from visavis.motion.gaze import LOOK_SHAPES, eye_look_shapes
from visavis.motion.space import MotionSpace

EYES = ("leftEye", "rightEye")


def constrain(values: NDArray[np.float32], space: MotionSpace) -> NDArray[np.float32]:
    """Motion (T, D) within the space's bounds; where lids have shapes for it, they follow the eyeballs."""
    low, high = space.limits()
    changed = values.clip(low, high)
    eyes = [[f"{eye}.{axis}" for axis in "xyz"] for eye in EYES]
    if {*LOOK_SHAPES, *eyes[0], *eyes[1]} <= set(space.names):
        left, right = (changed[:, space.indices(columns)] for columns in eyes)
        changed[:, space.indices(LOOK_SHAPES)] = eye_look_shapes(left, right)
    return changed
