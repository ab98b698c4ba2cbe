"""Shapes of a hand, as rotations of its fifteen finger joints.

A finger is told by how far its three joints are bent from straight, and how far it is spread from the middle one; a
thumb by where its three bones point. Shapes are the frequent ones of conversation: relaxed, open, pointing, counting,
pinching (precision grip), and the fist (Kendon, "Gesture", 2004, chapters 12-13, for open hand and grip families).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from visavis.behavior.performing.build import Build, build_of, unit

Array = NDArray[np.float64]
Degrees = tuple[float, float, float]
Bones = tuple[Degrees, Degrees, Degrees]

MOST_BENT = np.array([90.0, 110.0, 80.0])
"""Degrees of flexion of a finger's three joints at most (American Academy of Orthopaedic Surgeons 1965)."""

MOST_STRETCHED = -15.0
"""Degrees that knuckles bend back at most."""

THUMB_ALONG: Bones = ((0.66, 0.40, 0.62), (0.84, 0.28, 0.45), (0.90, 0.22, 0.36))
THUMB_OUT: Bones = ((0.45, 0.30, 0.84), (0.58, 0.20, 0.79), (0.60, 0.15, 0.78))
THUMB_OPEN: Bones = ((0.50, 0.38, 0.78), (0.66, 0.28, 0.70), (0.74, 0.22, 0.64))
THUMB_ACROSS: Bones = ((0.55, 0.70, 0.45), (0.50, 0.72, -0.20), (0.35, 0.45, -0.70))
THUMB_PINCHING: Bones = ((0.55, 0.62, 0.56), (0.68, 0.62, 0.30), (0.80, 0.52, 0.10))
THUMB_RELAXED: Bones = ((0.52, 0.55, 0.65), (0.70, 0.50, 0.50), (0.80, 0.45, 0.38))
THUMB_LYING: Bones = ((0.60, 0.45, 0.64), (0.80, 0.36, 0.45), (0.88, 0.30, 0.36))
"""Where a thumb's three bones point: along the fingers, out of the palm, to the thumb's side."""

STRAIGHT: Degrees = (5, 3, 2)
BENT: Degrees = (84, 100, 66)


@dataclass(frozen=True)
class Shape:
    """A hand.

    Attributes:
        bends: Degrees of flexion of index, middle, ring and little finger, knuckle first.
        thumb: Where the bones of the thumb point.
        spread: Degrees between neighbouring fingers, 0 is as in the zero pose.
    """

    bends: tuple[Degrees, Degrees, Degrees, Degrees]
    thumb: Bones
    spread: float = 0.0


SHAPES: Mapping[str, Shape] = {
    "relaxed": Shape(((24, 30, 14), (30, 36, 16), (34, 41, 18), (37, 45, 19)), THUMB_RELAXED, spread=-5.0),
    "resting": Shape(((20, 28, 12), (25, 33, 14), (30, 37, 16), (34, 40, 17)), THUMB_LYING, spread=-5.0),
    "open": Shape(((10, 10, 5), (13, 14, 7), (16, 17, 8), (18, 19, 9)), THUMB_OPEN, spread=1.0),
    "flat": Shape((STRAIGHT, STRAIGHT, STRAIGHT, STRAIGHT), THUMB_ALONG),
    "cupped": Shape(((18, 26, 12), (24, 30, 14), (28, 34, 16), (30, 36, 18)), THUMB_OUT, spread=3.0),
    "point": Shape(((4, 5, 3), (70, 92, 55), (76, 95, 60), (78, 95, 60)), THUMB_ACROSS),
    "grip": Shape(((46, 52, 22), (34, 44, 22), (28, 36, 18), (24, 30, 16)), THUMB_PINCHING, spread=3.0),
    "folded": Shape(((24, 30, 12), (28, 33, 14), (31, 36, 15), (34, 38, 16)), THUMB_LYING, spread=-5.0),
    "fist": Shape((BENT, BENT, BENT, BENT), THUMB_ACROSS),
    "count1": Shape((STRAIGHT, BENT, BENT, BENT), THUMB_ACROSS),
    "count2": Shape((STRAIGHT, STRAIGHT, BENT, BENT), THUMB_ACROSS, spread=6.0),
    "count3": Shape((STRAIGHT, STRAIGHT, STRAIGHT, BENT), THUMB_ACROSS, spread=6.0),
    "count4": Shape((STRAIGHT, STRAIGHT, STRAIGHT, STRAIGHT), THUMB_ACROSS, spread=6.0),
    "count5": Shape((STRAIGHT, STRAIGHT, STRAIGHT, STRAIGHT), THUMB_OUT, spread=8.0),
}


@cache
def joints_of(name: str) -> Array:
    """A left hand's rotation vectors (15, 3) in the order of `visavis.motion.spaces.HAND_JOINTS`."""
    shape, build = SHAPES[name], build_of()
    turns = np.zeros((5, 3, 3))
    turns[0] = _thumb(build, shape.thumb)
    for finger, (bends, spread) in enumerate(zip(shape.bends, _spreads(shape.spread), strict=True)):
        limited = np.clip(bends, (MOST_STRETCHED, 0, 0), MOST_BENT)
        own = (np.radians(limited) - build.bends[finger])[:, None] * build.curl
        knuckle = Rotation.from_rotvec(np.radians(spread) * build.palm) * Rotation.from_rotvec(own[0])
        turns[finger + 1] = [knuckle.as_rotvec(), own[1], own[2]]
    return turns.reshape(15, 3)


def _spreads(degrees: float) -> tuple[float, float, float, float]:
    """To the thumb's side, which is a positive turn about the way the palm faces."""
    return degrees, 0.0, -degrees, -2.0 * degrees


def _thumb(build: Build, wanted: Bones) -> Array:
    """Rotation vectors (3, 3): every bone turns the shortest way to where it shall point."""
    hand = np.stack([build.along, build.palm, -build.curl])
    turns, above = np.zeros((3, 3)), Rotation.identity()
    for joint, (zero, goal) in enumerate(zip(np.diff(build.fingers[0], axis=0), unit(np.array(wanted)), strict=True)):
        start, end = unit(zero), above.inv().apply(goal @ hand)
        axis = np.cross(start, end)
        angle = np.arctan2(np.linalg.norm(axis), start @ end)
        own = Rotation.from_rotvec(angle * unit(axis))
        turns[joint], above = own.as_rotvec(), above * own
    return turns


def fingers_of(build: Build, turns: Array) -> Array:
    """Where the joints and pads of a left hand are, (T, 5, 4, 3) from the wrist, for rotation vectors (T, 15, 3).

    In the frame of the hand in the zero pose.
    """
    places = np.zeros((len(turns), 5, 4, 3))
    for finger in range(5):
        places[:, finger, 0] = build.fingers[finger, 0] - build.wrist
        turn = Rotation.identity(len(turns))
        for joint in range(3):
            turn = turn * Rotation.from_rotvec(turns[:, 3 * finger + joint])
            bone = build.fingers[finger, joint + 1] - build.fingers[finger, joint]
            places[:, finger, joint + 1] = places[:, finger, joint] + turn.apply(bone)
    return places
