"""Arms, hands and trunk on top of a face."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy.spatial.transform import Rotation

from visavis.behavior.curves import FPS
from visavis.behavior.performing.arms import perform_arms
from visavis.behavior.performing.build import build_of
from visavis.behavior.performing.surroundings import around
from visavis.behavior.plan import Plan
from visavis.bodies import default_appearances
from visavis.errors import InputError
from visavis.motion import ARKIT, Motion, MotionSpace, Seat
from visavis.motion.mapping import on_body, to_space

Appearance = Mapping[str, Any]


def add_body(
    motion: Motion,
    plan: Plan,
    person: int,
    seats: tuple[Seat, Seat],
    space: MotionSpace,
    seed: int,
    appearances: tuple[Appearance | None, Appearance | None] = (None, None),
) -> Motion:
    """The motion in a space; if that has a body, with arms, hands and trunk that perform the plan.

    The face looks where it looked, and the head stays where it was: the neck takes back what the spine turns.

    Args:
        motion: Of one person, in `arkit` or `arkit-body`, at `visavis.behavior.curves.FPS`.
        plan: What both do.
        person: Who it is, 0 for A and 1 for B.
        seats: Where both are.
        space: `arkit` or `arkit-body`.
        seed: Decides what the plan leaves open, such as how hands rest.
        appearances: How both look, which tells how long arms and trunks are; the default ones unless given.

    Raises:
        InputError: The motion has another frame rate.
    """
    if not space.has("body") or not len(motion):
        return to_space(motion, space)
    if motion.fps != FPS:
        raise InputError(f"bodies are performed at {FPS:g} frames a second; this motion has {motion.fps:g}")
    face = to_space(motion, ARKIT)
    seat = seats[person]
    a, b = (build_of(own or usual) for own, usual in zip(appearances, default_appearances(), strict=True))
    away = Rotation.from_euler("y", -seat.yaw).apply(face["translation"] - np.array(seat.position))
    rng = np.random.default_rng([seed & 0xFFFFFFFF, person, 67])
    columns = perform_arms(plan.people[person], around(seats, person, (a, b)), away, rng)
    return on_body(face, to_space(face, space).with_columns(list(columns), np.stack(list(columns.values()), axis=1)))
