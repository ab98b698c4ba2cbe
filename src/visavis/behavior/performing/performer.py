"""Performs a plan: every event becomes a movement of its own shape, on curves that belong to one person.

The curves are what the events alone decide. Speech, breath and everything else that never stops goes on top of them:
the simulator adds it by rule, Duet and DIM as they have learnt it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from visavis.behavior.curves import FPS, Array, add_bump
from visavis.behavior.events import Event
from visavis.behavior.people import Habits
from visavis.behavior.performing.brows import brow_curves
from visavis.behavior.performing.eyes import (
    Fixation,
    draw_fixations,
    gaze_points,
    head_of_gaze,
    partner_direction,
)
from visavis.behavior.performing.feelings import feeling_tilt
from visavis.behavior.performing.giving_way import GESTURES, TORSO, give_way
from visavis.behavior.performing.head import head_gestures, unrest
from visavis.behavior.performing.lids import closed_lids
from visavis.behavior.performing.moods import FEELINGS, mood_curves
from visavis.behavior.performing.smiling import Smiling, cheer, laughing_head, smiling
from visavis.behavior.plan import Plan
from visavis.conversation import Track
from visavis.motion import Motion, MotionSpace, Seat
from visavis.motion.gaze import EYE_MIDPOINT, eye_positions, look_at, yaw_pitch

COLUMNS = (
    "closed", "smile", "laughter", "calls", "browRaise", "browLower", *FEELINGS, "valence", "arousal",
    "head.x", "head.y", "head.z", "facing.yaw", "facing.pitch", "gaze.yaw", "gaze.pitch",
    "torso.x", "torso.y", "torso.z",
)  # fmt: skip
"""Curves of a performed plan: how far lids, smile, laugh and brows go and how strong each feeling is (0 to 1), mood
(-1 to 1), turns of the head by its gestures (rad), where the looks turn the head and the eyes, relative to the torso
(rad), shifts of the torso in its own frame (m)."""
_TURNS, _SHIFTS = ("head.", "facing.", "gaze."), "torso."
SCALES = np.array([0.15 if c.startswith(_TURNS) else 0.02 if c.startswith(_SHIFTS) else 0.3 for c in COLUMNS], "f4")
"""Usual size of each curve, in its unit: what networks read is a curve divided by it."""


@dataclass(frozen=True)
class Performed:
    """One person's events as curves.

    Attributes:
        values: (T, C) by `COLUMNS`, at `visavis.behavior.curves.FPS`.
        smiling: Smile and laughter.
        fixations: Where the eyes rest.
    """

    values: Array
    smiling: Smiling
    fixations: tuple[Fixation, ...]

    def __getitem__(self, name: str) -> Array:
        """One curve (T,)."""
        column: Array = self.values[:, COLUMNS.index(name)]
        return column

    @property
    def head(self) -> Array:
        """Turns of the head by its gestures (T, 3), rotation vectors."""
        return self._three("head.x")

    @property
    def torso(self) -> Array:
        """Shifts of the torso (T, 3), metres."""
        return self._three("torso.x")

    @property
    def track(self) -> Track:
        """The curves as a participant keeps them."""
        return Track(self.values, FPS, COLUMNS)

    @property
    def feelings(self) -> Array:
        """How strong each of `visavis.behavior.performing.moods.FEELINGS` is (T, 7)."""
        first = COLUMNS.index(FEELINGS[0])
        strengths: Array = self.values[:, first : first + len(FEELINGS)]
        return strengths

    def _three(self, first: str) -> Array:
        i = COLUMNS.index(first)
        vectors: Array = self.values[:, i : i + 3]
        return vectors


def perform(
    plan: Plan, frames: int, seats: tuple[Seat, Seat], habits: tuple[Habits, Habits], seed: int
) -> tuple[Performed, Performed]:
    """Performs the plan of both people.

    Args:
        plan: What they do.
        frames: T, at `visavis.behavior.curves.FPS`.
        seats: Where they are.
        habits: How each moves.
        seed: Decides what a plan leaves open, such as the fixations within a look: from moment to moment, so that
            an event that is changed, added or left out makes a difference where it is, and nowhere else.
    """
    both = []
    shared = cheer(np.random.default_rng([seed & 0xFFFFFFFF, 2, 61]), frames)
    for i in (0, 1):
        rng = np.random.default_rng([seed & 0xFFFFFFFF, i, 61])
        both.append(_perform(rng, plan.people[i], shared, seats[i], seats[1 - i], habits[i]))
    return both[0], both[1]


def _perform(
    rng: np.random.Generator, events: Sequence[Event], shared: Array, seat: Seat, partner: Seat, habits: Habits
) -> Performed:
    frames = len(shared)
    faces, looks, heads, laughs, still = rng.spawn(5)
    feelings, mood = mood_curves(events, frames)
    resting = habits.resting_smile * np.clip(0.5 + np.clip(mood[:, 0], -0.3, 1.0), 0.0, 1.4)
    smiles = smiling(faces, events, frames, resting, shared)
    raised, lowered = brow_curves(events, frames)
    fixations = tuple(draw_fixations(looks, [e for e in events if e.kind == "look"]))
    toward = partner_direction(seat, partner)
    facing = head_of_gaze(heads, fixations, toward, habits.head_follows, habits.eye_shift, frames)
    closed = closed_lids((e for e in events if e.kind == "blink"), frames)
    head = head_gestures(events, frames) + laughing_head(laughs, smiles) + unrest(still, frames)
    head[:, 2] -= feeling_tilt(feelings, habits.asymmetry)
    values = np.column_stack([
        closed, smiles.smile, smiles.laughter, smiles.calls, raised, lowered, feelings, mood,
        give_way(head, GESTURES), facing,
        _gaze(fixations, seat, partner, toward, frames), torso_shifts(events, frames),
    ])  # fmt: skip
    return Performed(values, smiles, fixations)


def torso_shifts(events: Sequence[Event], frames: int) -> Array:
    """Shifts of posture and leans (T, 3) in the torso's frame, metres; what there is at the same time adds up."""
    moves = np.zeros((frames, 3))
    for event in events:
        if event.kind == "posture":
            for axis, size in ((0, event.x), (2, event.y)):
                add_bump(moves[:, axis], event.strength * size, event.start, event.end, 0.9, 1.3)
    return give_way(moves, TORSO)


def _gaze(fixations: Sequence[Fixation], seat: Seat, partner: Seat, toward: Array, frames: int) -> Array:
    """Yaw and pitch (T, 2) of the gaze relative to the torso, if nobody moved, radians."""
    eyes = [_resting_eyes(place, frames) for place in (seat, partner)]
    points = gaze_points(fixations, seat, eyes[1], eyes[0], toward)
    away = Rotation.from_euler("y", -seat.yaw).apply(points - eyes[0])
    return np.stack(yaw_pitch(away), 1)


def _resting_eyes(seat: Seat, frames: int) -> Array:
    where: Array = Rotation.from_euler("y", seat.yaw).apply(EYE_MIDPOINT) + np.array(seat.position)
    return np.tile(where, (frames, 1))


def aimed(
    motions: tuple[Motion, Motion], seats: tuple[Seat, Seat], performed: tuple[Performed, Performed],
    habits: tuple[Habits, Habits], people: Sequence[int] = (0, 1),
) -> tuple[Motion, Motion]:  # fmt: skip
    """The motions with the eyes on what the plan looks at and the lids as the plan blinks.

    Wherever heads and bodies have got to, the eyes meet: they are turned last.

    Args:
        motions: Of A and B, at `visavis.behavior.curves.FPS`, in a space with eyes and places.
        seats: Where they are.
        performed: Their events.
        habits: Their habits.
        people: Whose eyes are turned, 0 for A and 1 for B.
    """
    eyes_at = [eye_positions(motions[i], seats[i]) for i in (0, 1)]
    done = list(motions)
    for i in people:
        motion, mine = motions[i], performed[i]
        toward = partner_direction(seats[i], seats[1 - i])
        points = gaze_points(mine.fixations, seats[i], eyes_at[1 - i], eyes_at[i], toward, habits[i].eye_shift)
        left, right = look_at(points, motion, seats[i])
        changed = motion.with_columns("eyes", np.concatenate([left, right], 1))
        done[i] = _with_lids(changed, mine["closed"])
    return done[0], done[1]


def _with_lids(motion: Motion, closed: Array) -> Motion:
    from visavis.motion.constraints import constrain

    values: NDArray[np.float32] = motion.values.copy()
    for name in lids(motion.space):
        values[:, motion.space.index(name)] = closed
    return Motion(constrain(values, motion.space), motion.fps, motion.space)


def lids(space: MotionSpace) -> tuple[str, ...]:
    """The columns that close the eyes."""
    return tuple(name for name in ("eyeBlinkLeft", "eyeBlinkRight") if name in space.names)
