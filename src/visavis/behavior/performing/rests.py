"""How hands rest between gestures: on a table, in the lap, on the thighs, hanging, one over the other.

Every rest is a pair of poses, left and right (the right one mirrored). People keep few of them and change now and then;
the most usual come first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from visavis.behavior.performing.build import Build
from visavis.behavior.performing.poses import Point, Pose, as_point, on_trunk
from visavis.behavior.performing.surroundings import Surroundings

Array = NDArray[np.float64]
Pair = tuple[Pose, Pose]

TABLE_WITHIN, TABLE_ASIDE = 0.36, np.radians(40.0)
"""Metres and radians: tables that begin farther away, or lie farther to the side, are no place for hands."""

SEATED_ROOM, STANDING_ROOM = 0.50, 0.75
"""Metres to somebody ahead below which hands stay in the lap, or hang, and leave the room between to gestures."""

PALM = 0.030
"""Metres from the wrist joint down to what a palm lies on."""


def rests_in(around: Surroundings) -> Sequence[Pair]:
    """The rests of somebody there, the most usual first."""
    near = around.top is not None and around.edge < TABLE_WITHIN and abs(around.table_turn) < TABLE_ASIDE
    if around.seated and near:
        return [_turned(pair, around.table_turn) for pair in _on_table(around)]
    rests = _seated(around) if around.seated else _standing(around.build)
    return rests[:1] if around.ahead < (SEATED_ROOM if around.seated else STANDING_ROOM) else rests


def _on_table(around: Surroundings) -> Sequence[Pair]:
    """Hands on each other, or side by side where the board is wide enough; forearms lean on the edge."""
    assert around.top is not None
    top, edge = around.top, around.edge

    def lying(x: float, above: float, ahead: float, along: Point, shape: str) -> Pose:
        return Pose((x, top + above, edge + ahead), along, (0.0, -1.0, 0.1), shape, outward=0.75, carried=0.0)

    over = (
        lying(0.100, PALM, 0.060, (-0.80, 0.14, 0.60), "resting"),
        lying(0.105, PALM + 0.036, 0.055, (-0.80, -0.16, 0.60), "folded"),
    )
    near = (
        lying(0.095, PALM, 0.045, (-0.66, 0.14, 0.75), "folded"),
        lying(0.115, PALM, 0.090, (-0.62, 0.14, 0.78), "resting"),
    )
    half = np.sqrt(max(0.0, around.radius**2 - (around.radius - 0.05) ** 2))
    if half < 0.17:
        return over, (over[1], over[0]), near
    side = lying(0.150, PALM, 0.040, (-0.40, 0.14, 0.90), "resting")
    return over, (side, side), (over[1], over[0])


def _turned(pair: Pair, angle: float) -> Pair:
    """The same rest for a table that lies so far to the left."""
    left, right = (Rotation.from_rotvec([0.0, side * angle, 0.0]) for side in (1, -1))
    return _turned_pose(pair[0], left), _turned_pose(pair[1], right)


def _turned_pose(pose: Pose, turn: Rotation) -> Pose:
    wrist, along, palm = (as_point(turn.apply(value)) for value in (pose.wrist, pose.along, pose.palm))
    return replace(pose, wrist=wrist, along=along, palm=palm)


def _seated(around: Surroundings) -> Sequence[Pair]:
    """In the lap, one hand on the other; on the thighs; one of each."""
    build = around.build

    def lap(x: float, y: float, z: float, shape: str) -> Pose:
        return Pose(
            on_trunk(build, (x, y, z)), (-0.80, -0.16, 0.58), (0.0, -0.95, -0.3), shape, outward=0.55, carried=0.0
        )

    below, above = lap(0.120, -0.572, 0.165, "resting"), lap(0.115, -0.532, 0.175, "folded")
    left, right = _on_thigh(around, 1.0), _on_thigh(around, -1.0)
    return (below, above), (left, right), (above, below), (left, lap(0.110, -0.570, 0.165, "folded"))


def _on_thigh(around: Surroundings, side: float) -> Pose:
    hip, knee, (thick, thin) = around.thigh(side)
    share = 0.30
    x, y, z = hip + share * (knee - hip)
    along = (knee - hip) / np.linalg.norm(knee - hip)
    height = y + thick + share * (thin - thick) + PALM
    return Pose(
        (side * x, height, z), (side * along[0] - 0.30, along[1] - 0.12, along[2]), (-0.12, -1.0, 0.0), "resting",
        outward=0.50, carried=0.0,
    )  # fmt: skip


def _standing(build: Build) -> Sequence[Pair]:
    """Hanging; one hand over the other before the belly, or lower."""
    x, y, z = build.wrist
    hanging = Pose((x - 0.005, y, z + 0.02), tuple(build.along), (-0.95, 0.0, -0.3), "relaxed", outward=0.3)

    def before(x: float, y: float, z: float, along: Point, shape: str) -> Pose:
        return Pose(on_trunk(build, (x, y, z)), along, (0.0, -0.35, -0.95), shape, outward=0.45)

    low, level = (-0.78, -0.50, 0.30), (-0.90, -0.12, 0.36)
    belly = before(0.125, -0.490, 0.185, level, "resting"), before(0.125, -0.475, 0.225, level, "folded")
    clasped = before(0.105, -0.610, 0.165, low, "resting"), before(0.105, -0.600, 0.200, low, "folded")
    return (hanging, hanging), belly, clasped, (belly[1], belly[0])
