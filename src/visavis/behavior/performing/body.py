"""Arms, hands and trunk on top of a face."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy.spatial.transform import Rotation

from visavis.behavior.performing.arms import perform_arms
from visavis.behavior.performing.build import build_of
from visavis.behavior.performing.surroundings import table_of
from visavis.behavior.plan import Plan
from visavis.motion import ARKIT_BODY, Motion, MotionSpace, Seat
from visavis.motion.mapping import to_space
from visavis.motion.rotations import compose
from visavis.scene.knees import knees_aside


def add_body(
    motion: Motion,
    plan: Plan,
    person: int,
    seats: tuple[Seat, Seat],
    space: MotionSpace,
    seed: int,
    appearances: tuple[Mapping[str, Any], Mapping[str, Any]] = ({}, {}),
) -> Motion:
    """The motion in a space that may have a body; what arms, hands and trunk do follows the plan.

    The head stays where it was and looks where it looked: the neck takes back what the spine bends.

    Args:
        motion: With face, head and place.
        plan: What both do.
        person: Whose motion, 0 for A and 1 for B.
        seats: Where both are.
        space: Of the result.
        seed: Decides what a plan leaves open.
        appearances: Of both.
    """
    whole = to_space(motion, space)
    if not space.has("body"):
        return whole
    seat, other = seats[person], seats[1 - person]
    builds = [build_of(appearance or None) for appearance in appearances]
    away = motion["translation"] - np.array(seat.position)
    curves = perform_arms(
        plan.people[person],
        len(motion),
        motion.fps,
        seat,
        table=table_of(seats, person, builds),
        torso=Rotation.from_euler("y", -seat.yaw).apply(away),
        partner=other.position,
        rng=np.random.default_rng([seed & 0xFFFFFFFF, person, 67]),
        appearance=appearances[person] or None,
        knees=knees_aside(seats)[person],
    )
    values = whole.values.copy()
    for column, curve in curves.items():
        values[:, space.index(column)] = curve
    neck = ARKIT_BODY.indices("neck")
    spine = np.stack([curves[f"spine.{axis}"] for axis in "xyz"], 1)
    values[:, neck] = compose(-spine, values[:, neck].astype(np.float64))
    return Motion(values, motion.fps, space)
