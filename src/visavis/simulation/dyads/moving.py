"""How two simulated people move, once it is known what is said and what both do."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.spatial.transform import Rotation

from visavis.behavior.context import Person
from visavis.behavior.curves import FPS, Array
from visavis.behavior.people import Habits
from visavis.behavior.performing.body import add_body
from visavis.behavior.performing.feelings import feeling_shapes
from visavis.behavior.performing.giving_way import HEAD, PLACE, give_way
from visavis.behavior.performing.performer import Performed, aimed, perform
from visavis.behavior.performing.smiling import laughing_torso
from visavis.behavior.plan import TRACK, Plan
from visavis.behavior.planner import Chance
from visavis.conversation import Conversation, Participant, Track
from visavis.motion import ARKIT, Motion, MotionSpace, Seat
from visavis.motion.gaze import split_head
from visavis.simulation.dyads.brows import brow_shapes
from visavis.simulation.dyads.face import face_shapes
from visavis.simulation.dyads.lips import lip_curves
from visavis.simulation.dyads.speech_head import head_with_speech, sway


def show(
    chance: Chance, heard: Conversation, people: tuple[Person, Person], habits: tuple[Habits, Habits], plan: Plan,
    seats: tuple[Seat, Seat], space: MotionSpace, seed: int,
) -> tuple[Participant, Participant]:  # fmt: skip
    """Both people with motion that performs a plan.

    Args:
        chance: Where chance comes from.
        heard: What is said: events ``phone``, and the voices where there is sound.
        people: What is known of both.
        habits: Of both.
        plan: What both do.
        seats: Where they are.
        space: `ARKIT` or `ARKIT_BODY`.
        seed: Decides what the plan leaves open.

    Returns:
        The participants of `heard` with motion at `visavis.behavior.curves.FPS`, seats, the plan's events, and tracks
        ``gaze_target`` (1 partner, 0 away), ``emotion`` (valence, arousal: the plan's) and ``performed``.
    """
    frames = people[0].frames
    performed = perform(plan, frames, seats, habits, seed)
    motions = _move(chance, heard, people, habits, performed, seats)
    done = [
        replace(
            heard.participants[i],
            motion=add_body(motion, plan, i, seats, space, seed),
            seat=seats[i],
            tracks={
                "gaze_target": Track(_at_partner(plan, i, frames), FPS, ("code",)),
                "emotion": Track(_mood(performed[i]), FPS, ("valence", "arousal")),
                TRACK: performed[i].track,
            },
            events={**heard.participants[i].events, **plan.intervals(i)},
        )
        for i, motion in enumerate(motions)
    ]
    return done[0], done[1]


def _move(
    chance: Chance, heard: Conversation, people: tuple[Person, Person], habits: tuple[Habits, Habits],
    performed: tuple[Performed, Performed], seats: tuple[Seat, Seat],
) -> tuple[Motion, Motion]:  # fmt: skip
    """How both people move: heads first, since where the eyes are decides where the other's eyes must point."""
    posed = []
    for i in (0, 1):
        rng = chance(f"head {i}")
        small = head_with_speech(rng, people[i], habits[i], _mood(performed[i])) + performed[i].head
        posed.append(_pose(rng, people[i], habits[i], performed[i], small, seats[i]))
    looking = aimed((posed[0], posed[1]), seats, performed, habits)
    moved = []
    for i, participant in enumerate(heard.participants):
        rng, mine = chance(f"face {i}"), performed[i]
        style = int(rng.integers(2**31))
        lips = lip_curves(participant.events["phone"], participant.audio, heard.duration, FPS, style)
        speaking = people[i].speaking
        shapes = brow_shapes(rng, mine["browRaise"], mine["browLower"], _mood(mine), speaking, habits[i])
        for name, curve in feeling_shapes(mine.feelings, speaking).items():
            shapes[name] = shapes.get(name, 0.0) + curve
        eyes = (looking[i]["eyes"][:, :3], looking[i]["eyes"][:, 3:])
        face = face_shapes(rng, habits[i], lips[: people[i].frames], mine.smiling, mine["closed"], shapes, eyes)
        moved.append(looking[i].with_columns(ARKIT.names[:52], face))
    return moved[0], moved[1]


def _mood(performed: Performed) -> Array:
    return np.stack([performed["valence"], performed["arousal"]], 1)


def _pose(
    rng: np.random.Generator, me: Person, habits: Habits, performed: Performed, small: Array, seat: Seat
) -> Motion:
    """Neck, head and translation: the gaze's share of the head, with gestures and speech movements on top.

    Necks give way: somebody who looks down at a close partner has little left to nod with.
    """
    facing = np.stack([performed["facing.yaw"], performed["facing.pitch"]], 1)
    total = (Rotation.from_euler("YX", facing) * Rotation.from_rotvec(small)).as_rotvec()
    neck, head = split_head(give_way(total, HEAD))
    shifts = sway(rng, me, habits, seat.seated) + performed.torso + laughing_torso(performed.smiling)
    translation = Rotation.from_euler("y", seat.yaw).apply(give_way(shifts, PLACE)) + seat.position
    motion = Motion.zeros(me.frames, FPS, ARKIT)
    return motion.with_columns("neck", neck).with_columns("head", head).with_columns("translation", translation)


def _at_partner(plan: Plan, person: int, frames: int) -> Array:
    """1 (T,) where the person looks at the partner."""
    code = np.zeros(frames)
    for look in plan.of(person, "look"):
        code[round(look.start * FPS) : round(look.end * FPS)] = look.label == "partner"
    return code
