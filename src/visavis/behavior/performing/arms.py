"""The performer of arms, hands and trunk: from events to `arkit-body` columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d
from scipy.spatial.transform import Rotation

from visavis.behavior.curves import FPS
from visavis.behavior.events import Event
from visavis.behavior.performing.arm_reach import Reached, reach
from visavis.behavior.performing.build import MIRROR, Build
from visavis.behavior.performing.courses import Course, course_of, never_still
from visavis.behavior.performing.hand_shapes import fingers_of
from visavis.behavior.performing.moments import Moments
from visavis.behavior.performing.poses import CARRIED, FINGERS, LIFT, OUTWARD, WRIST
from visavis.behavior.performing.rests import rests_in
from visavis.behavior.performing.schedule import RestChange, Scheduler
from visavis.behavior.performing.strokes import Stroke, strokes_of
from visavis.behavior.performing.surroundings import Surroundings
from visavis.behavior.performing.torso import Torso, torso_of
from visavis.motion.spaces import ARM_JOINTS, HAND_JOINTS

Array = NDArray[np.float64]
Rng = np.random.Generator

SIDES = {"left": 1, "right": -1}

RIGHT_HANDED = 0.9
"""Share of people whose right hand leads."""
BEHIND = (0.005, 0.025)
"""Seconds by which the other hand follows the leading one."""

USUAL, DIFFERENT = 0.55, 0.5
"""How likely the first rest is to be the most usual of those left, again and again."""

CHANGES = 60.0
"""Seconds from one change of how hands rest to the next, on average; the number is ours."""
WITH_SHIFT = 2.5
"""Seconds from a shift of the weight within which it is that shift which changes how hands rest."""

TRAILING = 0.16
"""Radians by which a hand trails behind per metre a second of its wrist, about."""
MOST_TRAILING = np.radians(22.0)

TURNS_ALONG = np.radians(14.0)
"""By how much the trunk turns with a hand that goes a metre farther ahead than the other."""

CLEAR_WRIST, CLEAR_FINGERS = 0.022, 0.010
"""Metres that the middles of wrist and finger joints keep from everything: flesh is about them."""
CLEAR_ARM = 0.035
"""The same of the middle of the lower arm from the trunk."""
SWING = 12.0
"""By how much more an elbow points outward per metre that the lower arm is in the trunk."""
PUSHES = 10
"""How often hands are pushed out of what they touch; each time smoothly over so many seconds."""
SMOOTH = 0.07
ENOUGH = 1e-3
"""Metres that do not count."""


def perform_arms(events: Sequence[Event], surroundings: Surroundings, away: Array, rng: Rng) -> dict[str, Array]:
    """Spine, arms and fingers of one person: complete poses, by column of `arkit-body`, radians, (T,) each.

    The neck of `arkit-body` is relative to the chest: whoever wants the face to look where it looked turns it back by
    the spine.

    Args:
        events: A person's; ``gesture``, ``posture`` and ``laugh`` count.
        surroundings: What is around the person.
        away: (T, 3) how far the head joint is from the seat's place, metres about the torso's axes, at
            `visavis.behavior.curves.FPS`.
        rng: Everything that varies is drawn from it, from moment to moment: an event that is changed makes a
            difference where it is, and nowhere else.
    """
    build, frames = surroundings.build, len(away)
    gesturing, resting, breathing, *unrest = rng.spawn(3 + len(SIDES))
    strokes = _strokes(events, surroundings, gesturing)
    rests = _rests(events, surroundings, frames / FPS, resting)
    courses = {}
    for side, trembling in zip(SIDES, unrest, strict=True):
        plan = Scheduler(build, rests[side]).plan(strokes[side], frames / FPS)
        courses[side] = never_still(course_of(plan, build, frames), trembling)
    trunk = torso_of(events, away, surroundings.seated, build, breathing)
    trunk.spine[:, 1] += _turning_along(courses)
    columns: dict[str, Array] = {}
    _add(columns, "spine", trunk.spine)
    for side, course in courses.items():
        _add_arm(columns, side, course, surroundings, trunk, away)
    return columns


def _strokes(events: Sequence[Event], surroundings: Surroundings, rng: Rng) -> dict[str, list[Stroke]]:
    """The strokes of each hand, in order of time; of two hands one leads. None where there is no room for hands."""
    leading = "right" if rng.random() < RIGHT_HANDED else "left"
    chance = Moments(rng)
    found: dict[str, list[Stroke]] = {side: [] for side in SIDES}
    for event in events:
        if event.kind != "gesture" or surroundings.cramped:
            continue
        for side in SIDES if event.hand == "both" else (event.hand or leading,):
            own = chance(event.start, SIDES[side] + 1)
            strokes = strokes_of(event, SIDES[side], surroundings, own)
            late = own.uniform(*BEHIND) if event.hand == "both" and side != leading else 0.0
            found[side] += [replace(stroke, apex=stroke.apex + late) for stroke in strokes]
    return {side: sorted(strokes, key=lambda stroke: stroke.apex) for side, strokes in found.items()}


def _rests(
    events: Sequence[Event], surroundings: Surroundings, seconds: float, rng: Rng
) -> dict[str, list[RestChange]]:
    """How each hand rests from when on, both changing at about once.

    When that changes and to what is drawn by time alone; a shift of the weight near such a time takes the change along.
    """
    pairs = rests_in(surroundings)
    shifts = [event.start for event in events if (event.kind, event.label) == ("posture", "shift")]
    now = min(int(rng.geometric(USUAL)) - 1, len(pairs) - 1)
    found: dict[str, list[RestChange]] = {side: [] for side in SIDES}
    time = when = 0.0
    while time < seconds:
        for side, pose in zip(SIDES, pairs[now], strict=True):
            found[side].append(RestChange(when + rng.uniform(0.0, 0.15), pose))
        others = [i for i in range(len(pairs)) if i != now]
        time += 2 * WITH_SHIFT + 0.2 + rng.exponential(CHANGES - 2 * WITH_SHIFT)
        now = others[min(int(rng.geometric(DIFFERENT)) - 1, len(others) - 1)] if others else now
        when = min((s for s in shifts if abs(s - time) < WITH_SHIFT), key=lambda s: abs(s - time), default=time)
    return found


def _turning_along(courses: Mapping[str, Course]) -> Array:
    """The trunk turns with a hand that reaches ahead, a little and a little later, (T,)."""
    left, right = (courses[side].numbers[:, WRIST.start + 2] for side in SIDES)
    turn: Array = TURNS_ALONG * gaussian_filter1d(right - left, 0.15 * FPS, mode="nearest")
    return turn


def _add_arm(
    columns: dict[str, Array],
    side: str,
    course: Course,
    surroundings: Surroundings,
    trunk: Torso,
    away: Array,
) -> None:
    """One arm's columns: carried by the trunk, kept out of everything, solved, and mirrored if it is the right one."""
    sign = np.ones(3) if side == "left" else MIRROR
    back = np.ones(3) if side == "left" else -MIRROR
    build = surroundings.build
    chest, head = Rotation.from_rotvec(trunk.spine * back), away * sign
    carried = course.numbers[:, CARRIED, None]
    numbers = course.numbers
    wrist = (1 - carried) * numbers[:, WRIST] + carried * (head + chest.apply(numbers[:, WRIST]))
    palm = Rotation.from_rotvec(carried * chest.as_rotvec()) * course.turn
    palm = _trailing(wrist, palm, build)
    elbow = np.stack([numbers[:, OUTWARD], np.full(len(wrist), -1.0), np.full(len(wrist), -0.55)], axis=1)
    raised = trunk.lift + numbers[:, LIFT]
    fingers = numbers[:, FINGERS].reshape(-1, 15, 3)
    hand = _points(build, fingers)
    clearance = np.array([CLEAR_WRIST] + [CLEAR_FINGERS] * (hand.shape[1] - 1))
    reached = reach(build, chest, head, wrist, palm, elbow, raised)
    for _ in range(PUSHES):
        push = surroundings.out(placed(reached, hand) * sign, clearance, away) * sign
        deep = surroundings.trunk_depth(_forearm(reached) * sign, CLEAR_ARM, away).max(1)
        # Frame by frame, so that a hand that touches something now is not seen to at any other time.
        push[np.abs(push).max(1) < ENOUGH] = 0.0
        deep[deep < ENOUGH] = 0.0
        if not push.any() and not deep.any():
            break
        wrist = wrist + _smooth(push)
        elbow[:, 0] += SWING * _smooth(deep)
        reached = reach(build, chest, head, wrist, palm, elbow, raised)
    turns = (reached.clavicle, reached.upper, reached.lower, reached.hand)
    for joint, turn in zip(ARM_JOINTS, turns, strict=True):
        _add(columns, side + joint, turn * back)
    for number, joint in enumerate(HAND_JOINTS):
        _add(columns, side + joint, fingers[:, number] * back)


def _trailing(wrist: Array, palm: Rotation, build: Build) -> Rotation:
    """Hands that trail behind their wrists, as loose ones do."""
    if len(wrist) < 2:
        return palm
    velocity = gaussian_filter1d(np.gradient(wrist, 1 / FPS, axis=0), 0.05 * FPS, axis=0, mode="nearest")
    turn = -TRAILING * np.cross(palm.apply(build.along), velocity)
    angle = np.linalg.norm(turn, axis=1, keepdims=True)
    turn *= MOST_TRAILING * np.tanh(angle / MOST_TRAILING) / np.maximum(angle, 1e-9)
    return Rotation.from_rotvec(turn) * palm


def _points(build: Build, fingers: Array) -> Array:
    """Wrist, knuckles, middle joints and pads of a left hand in the zero pose, (T, 16, 3) from the wrist."""
    joints = fingers_of(build, fingers)[:, :, [0, 1, 3]]
    return np.concatenate([np.zeros((len(joints), 1, 3)), joints.reshape(len(joints), 15, 3)], axis=1)


def _forearm(reached: Reached) -> Array:
    """Elbow and points on the lower arm, (T, 3, 3)."""
    share = np.array([0.0, 0.4, 0.7])[:, None]
    places: Array = reached.elbow_place[:, None] + share * (reached.wrist_place - reached.elbow_place)[:, None]
    return places


def placed(reached: Reached, points: Array) -> Array:
    """Points (T, P, 3) of a hand in the zero pose, where the arm has brought them."""
    moved: Array = np.einsum("tij,tpj->tpi", reached.palm.as_matrix(), points)
    return moved + reached.wrist_place[:, None]


def _smooth(push: Array) -> Array:
    smooth: Array = gaussian_filter1d(push, SMOOTH * FPS, axis=0, mode="nearest")
    return smooth


def _add(columns: dict[str, Array], joint: str, turns: Array) -> None:
    columns |= {f"{joint}.{axis}": turns[:, i] for i, axis in enumerate("xyz")}
