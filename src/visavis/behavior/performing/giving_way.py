"""Where bodies give way: movements that add up slow down towards the end of what a joint allows, and stop there."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.spatial.transform import Rotation

from visavis.behavior.curves import Array
from visavis.motion import Motion, Seat
from visavis.motion.rotations import compose

HEAD = np.radians([[40.0, 60.0, 30.0], [50.0, 75.0, 42.0]])
"""How far a head bends, turns and rolls freely, and at most, relative to the torso: young adults turn by 70 to 75
degrees and roll by 40 to 45 (Youdas et al. 1992, "Normal range of motion of the cervical spine", Phys. Ther. 72)."""
GESTURES = np.radians([[30.0, 30.0, 25.0], [40.0, 40.0, 35.0]])
"""The same of nods, shakes and tilts together, which begin wherever the head is turned to."""
TORSO = np.array([[0.12, 0.03, 0.12], [0.20, 0.06, 0.20]])
"""Metres by which shifts of posture and leans move a head freely, and at most, to the side, up and ahead: with 0.2 m
the spine of somebody who sits is bent by nearly 30 degrees."""
PLACE = np.array([[0.15, 0.06, 0.15], [0.25, 0.12, 0.25]])
"""The same of everything that moves the head from the seat's place."""


def give_way(values: ArrayLike, ends: ArrayLike) -> Array:
    """Values (T, D) as they are up to `ends[0]` (D,), and less and less of what is beyond, up to `ends[1]`."""
    array = np.asarray(values, np.float64)
    free, most = np.asarray(ends, np.float64)
    left = most - free
    size = np.abs(array)
    given: Array = np.sign(array) * (np.minimum(size, free) + left * np.tanh(np.maximum(size - free, 0) / left))
    return given


def within_reach(motion: Motion, seat: Seat) -> Motion:
    """The motion with head and place where somebody on that seat can bring them; most motions are left as they are.

    Args:
        motion: With neck, head and translation.
        seat: The person's.
    """
    turned = compose(motion["neck"], motion["head"])
    torso = Rotation.from_euler("y", seat.yaw)
    away = torso.inv().apply(motion["translation"] - np.array(seat.position))
    if not (np.abs(turned) > HEAD[0]).any() and not (np.abs(away) > PLACE[0]).any():
        return motion
    # The neck takes back what is too much, so that the head keeps its part and nothing jumps where that begins.
    back = compose(give_way(turned, HEAD), -turned)
    place = torso.apply(give_way(away, PLACE)) + np.array(seat.position)
    return motion.with_columns("neck", compose(back, motion["neck"])).with_columns("translation", place)
