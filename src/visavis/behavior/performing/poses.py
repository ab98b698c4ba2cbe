"""One pose of one arm, told as people would: where the wrist is, where fingers point, which way the palm faces."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from visavis.behavior.performing.arm_reach import palm_turn
from visavis.behavior.performing.build import Build
from visavis.behavior.performing.hand_shapes import joints_of

Array = NDArray[np.float64]
Point = tuple[float, float, float]


@dataclass(frozen=True)
class Pose:
    """A left arm; that of a right arm is its mirror image.

    Attributes:
        wrist: Metres from the head joint of somebody who sits or stands upright, about the torso's axes.
        along: Where the fingers point.
        palm: Which way the palm faces.
        shape: Of the hand, one of `visavis.behavior.performing.hand_shapes.SHAPES`.
        outward: How far the elbow points to the side; 0.3 is at ease.
        carried: Whether the hand moves with the trunk (1) or stays where it lies (0).
        lift: Radians by which the shoulder is drawn up.
    """

    wrist: Point
    along: Point
    palm: Point
    shape: str = "relaxed"
    outward: float = 0.3
    carried: float = 1.0
    lift: float = 0.0

    def numbers(self) -> Array:
        """What is interpolated linearly, (51,): wrist, outward, carried, lift, and the finger joints."""
        return np.concatenate([self.wrist, [self.outward, self.carried, self.lift], joints_of(self.shape).ravel()])

    def turn(self, build: Build) -> Rotation:
        """How the hand is turned from the zero pose."""
        return palm_turn(build, np.array(self.along), np.array(self.palm))


WRIST, OUTWARD, CARRIED, LIFT, FINGERS = slice(0, 3), 3, 4, 5, slice(6, 51)
"""What of `Pose.numbers` is what."""


def as_point(values: Array) -> Point:
    """Three numbers as a point."""
    x, y, z = (float(value) for value in values)
    return x, y, z


def scaled(build: Build, point: Point) -> Point:
    """A place in the air, told for the neutral figure, for this person: as far along their arm."""
    neutral = np.array([0.186, -0.209, -0.024])
    return as_point(build.shoulder + build.arm_scale * (np.array(point) - neutral))


def on_trunk(build: Build, point: Point) -> Point:
    """A place on lap or trunk, told for the neutral figure, for this person."""
    return as_point(build.trunk_scale * np.array(point))
