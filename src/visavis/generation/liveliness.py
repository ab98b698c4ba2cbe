"""How much a person moves, changed after the fact: a stiller or a livelier version of the same motion."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d

from visavis.errors import InputError
from visavis.motion import MotionSpace

Array = NDArray[np.float32]
SLOW = 4.0
"""Seconds of the moving average that stillness leads to."""
MOST = 2.0
"""Greatest intensity."""


def check_liveliness(stillness: float, intensity: float) -> None:
    """Raises `InputError` unless both are in range."""
    if not 0 <= stillness <= 1:
        raise InputError(f"a stillness of {stillness:g}; 0 (as the model moves) to 1 (hardly at all) is possible")
    if not 0 <= intensity <= MOST:
        raise InputError(f"an intensity of {intensity:g}; 0 to {MOST:g} is possible, 1 is as learnt")


def scale_motion(
    values: Array, rest: Array, space: MotionSpace, fps: float, *, stillness: float = 0.0, intensity: float = 1.0
) -> Array:
    """Motion (T, D) with larger or smaller, fewer or no movements.

    Args:
        values: In the space's units.
        rest: (D,) the pose about which the person moves.
        space: Names the columns. Blinks stay as they are: a face that never blinks looks dead, not still.
        fps: Frames per second.
        stillness: 0 leaves the motion as it is, 1 leaves only its slow drift (a moving average over `SLOW` seconds).
        intensity: Factor on the distance from `rest`, 1 as it is, 0 the resting pose.

    Raises:
        InputError: An option is out of range.
    """
    check_liveliness(stillness, intensity)
    changed = rest + intensity * (values - rest)
    if stillness:
        slow = uniform_filter1d(changed, max(1, round(SLOW * fps)), axis=0, mode="nearest")
        changed = slow + (1 - stillness) * (changed - slow)
    blinks = [i for i, name in enumerate(space.names) if "blink" in name.lower()]
    changed[:, blinks] = values[:, blinks]
    return changed.astype(np.float32)
