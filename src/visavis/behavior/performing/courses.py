"""From moves to courses: where a hand is in every frame.

Every move has the minimum-jerk course (Flash & Hogan 1985); moves that overlap add up, which rounds the corners between
them and keeps the end of each on time (superposition of submovements: Flash & Henis, "Arm trajectory modifications
during reaching towards visual targets", J. Cogn. Neurosci. 3, 1991). Hand and fingers follow the arm a little later.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from visavis.behavior.curves import frame_times, wander
from visavis.behavior.performing.build import Build
from visavis.behavior.performing.poses import CARRIED, FINGERS, WRIST
from visavis.behavior.performing.schedule import Plan
from visavis.motion.easing import ease

Array = NDArray[np.float64]
Rng = np.random.Generator

HAND_LATE, FINGERS_LATE = 0.03, 0.05
"""Seconds by which palm and fingers follow the wrist."""

UNREST = 0.7
"""Seconds over which small movements forget where they were."""

AT_REST, IN_THE_AIR = 0.0008, 0.0045
"""Metres (one standard deviation) by which a hand that lies on something, and one in the air, is never quite still."""

TREMBLING = np.radians([0.5, 2.2])
"""The same of how the palm is turned."""

RESTLESS = np.radians(2.2)
"""The same of finger joints."""


@dataclass(frozen=True)
class Course:
    """One left hand over time (mirrored if it is the right).

    Attributes:
        numbers: (T, 51) as in `visavis.behavior.performing.poses.Pose.numbers`.
        turn: How the hand is turned from the zero pose (T).
    """

    numbers: Array
    turn: Rotation


def course_of(plan: Plan, build: Build, frames: int) -> Course:
    """The course of a plan, smooth and as planned at the end of each move."""
    times = frame_times(frames)
    pose = plan.first
    numbers = np.tile(pose.numbers(), (frames, 1))
    quaternions = np.tile(pose.turn(build).as_quat(), (frames, 1))
    for move in plan.moves:
        change = move.pose.numbers() - pose.numbers()
        turn = (pose.turn(build).inv() * move.pose.turn(build)).as_rotvec()
        length = max(move.end - move.start, 1e-3)
        start, end = np.searchsorted(times, (move.start, move.end + max(HAND_LATE, FINGERS_LATE)))
        underway = slice(start, end)
        done = (times[underway] - move.start) / length
        numbers[underway, : FINGERS.start] += ease(done)[:, None] * change[: FINGERS.start]
        numbers[underway, FINGERS] += ease(done - FINGERS_LATE / length)[:, None] * change[FINGERS]
        numbers[end:] += change
        if end > start:
            share = ease(done - HAND_LATE / length)
            running = Rotation.from_quat(quaternions[underway]) * Rotation.from_rotvec(share[:, None] * turn)
            quaternions[underway] = running.as_quat()
        quaternions[end:] = move.pose.turn(build).as_quat()
        pose = move.pose
    return Course(numbers, Rotation.from_quat(quaternions))


def never_still(course: Course, rng: Rng) -> Course:
    """The same with the small movements that never stop: less where a hand lies on something."""
    frames = len(course.numbers)
    numbers = course.numbers.copy()
    carried = np.clip(numbers[:, CARRIED, None], 0, 1)
    numbers[:, WRIST] += (AT_REST + carried * (IN_THE_AIR - AT_REST)) * wander(rng, frames, UNREST, 3)
    bends = RESTLESS * wander(rng, frames, UNREST, 5)
    fingers = numbers[:, FINGERS].reshape(frames, 5, 3, 3)
    lengths = np.linalg.norm(fingers[:, 1:], axis=-1, keepdims=True)
    fingers[:, 1:] += bends[:, 1:, None, None] * fingers[:, 1:] / np.maximum(lengths, 0.1)
    numbers[:, FINGERS] = fingers.reshape(frames, 45)
    sway = (TREMBLING[0] + carried * (TREMBLING[1] - TREMBLING[0])) * wander(rng, frames, UNREST, 3)
    return Course(numbers, course.turn * Rotation.from_rotvec(sway))
