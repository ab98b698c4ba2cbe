"""Smoothness over time: the third derivative of motion, and whether joins between windows show in it."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from visavis.motion import Motion

NEIGHBOURHOOD = 3
"""Frames on either side of a join that belong to it: a third difference spans four frames."""


def jerk(motion: Motion) -> NDArray[np.float64]:
    """Size of the third difference, (T - 3,), each column in units of its own standard deviation per frame^3.

    Columns that never move are left out.
    """
    values = motion.values.astype(np.float64)
    std = values.std(0)
    moving = std > 1e-6
    third = np.diff(values[:, moving] / std[moving], n=3, axis=0)
    return np.sqrt((third**2).mean(1)) if moving.any() else np.zeros(max(0, len(values) - 3))


def join_jerk(motion: Motion, joins: Iterable[int]) -> float:
    """Mean jerk around the joins over mean jerk elsewhere: 1 where joins do not show, nan without joins or motion.

    Args:
        motion: Of one person.
        joins: Frames at which one window takes over from another.
    """
    sizes = jerk(motion)
    near = np.zeros(len(sizes), bool)
    for frame in joins:
        near[max(0, frame - NEIGHBOURHOOD - 1) : frame + NEIGHBOURHOOD - 1] = True
    if not near.any() or near.all() or sizes[~near].mean() == 0:
        return float("nan")
    return float(sizes[near].mean() / sizes[~near].mean())
