"""Motion of a reacting listener: the simulator's idle movements, blinks and glances, plus the expression."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.spatial.transform import Rotation

from visavis.behavior.context import Person, Phrase
from visavis.behavior.curves import FPS, Array, bump, frame_times, wander
from visavis.behavior.drawing.blinks import draw_blinks
from visavis.behavior.drawing.frowns import draw_frowns
from visavis.behavior.events import Event
from visavis.behavior.people import Habits, draw_habits
from visavis.behavior.performing.brows import brow_curves
from visavis.behavior.performing.eyes import draw_fixations, gaze_points, head_of_gaze, partner_direction
from visavis.behavior.performing.head import unrest
from visavis.behavior.performing.lids import closed_lids
from visavis.behavior.performing.smiling import Smiling
from visavis.behavior.process import draw
from visavis.conversation import Interval
from visavis.motion import ARKIT, Motion, Seat
from visavis.motion.easing import ease
from visavis.motion.gaze import eye_positions, look_at, split_head
from visavis.motion.runs import runs
from visavis.simulation.dyads.brows import brow_shapes
from visavis.simulation.dyads.face import face_shapes
from visavis.simulation.dyads.speech_head import head_with_speech, sway
from visavis.simulation.reactions.episodes import ExpressionEpisode, draw_episodes, strengths
from visavis.simulation.reactions.expressions import expressions

Events = dict[str, tuple[Interval, ...]]
_RESTING = ("mouthSmile", "mouthFrown", "mouthPress", "browDown", "browInnerUp", "eyeSquint", "mouthRollLower")


@dataclass(frozen=True)
class Manner:
    """One person's way of showing what one feels.

    Attributes:
        left: Whether the left half of the face is the stronger one.
        tilt: -1 or 1: to which side the head tilts and turns.
        gains: On each shape, by column.
        resting: Shapes that are always there, by column.
    """

    left: bool
    tilt: float
    gains: Mapping[str, float]
    resting: Mapping[str, float]


def draw_manner(rng: np.random.Generator) -> Manner:
    """A person: the same emotion moves some muscles more in one face than in another."""
    gains = dict(zip(ARKIT.names[:52], np.exp(rng.normal(0.0, 0.18, 52)), strict=True))
    for name in ARKIT.names[:52]:
        if name.endswith("Right"):  # the halves of a face go mostly together
            left = gains[name.removesuffix("Right") + "Left"]
            gains[name] = left * float(np.exp(rng.normal(0.0, 0.06)))
    resting: dict[str, float] = {}
    for shape in rng.choice(_RESTING, 2, replace=False):
        weight = float(rng.uniform(0.0, 0.1))
        resting |= {name: weight for name in (shape, f"{shape}Left", f"{shape}Right") if name in ARKIT.names}
    return Manner(bool(rng.random() < 0.5), float(rng.choice([-1.0, 1.0])), gains, resting)


def quiet_person(frames: int) -> Person:
    """A person who says nothing in a conversation."""
    return Person(frames, (), (), (), np.zeros(frames), np.zeros(frames), ())


def talking_person(frames: int) -> Person:
    """A person who talks all the time, of whom nothing else is known."""
    return replace(quiet_person(frames), phrases=(Phrase(0.0, frames / FPS, opens=True, closes=True),))


def seats_for_two(rng: np.random.Generator) -> tuple[Seat, Seat]:
    """Two chairs that face each other, as in talks that are filmed: nearly across, about an arm's length apart."""
    half = float(rng.uniform(0.5, 0.75))
    heights = np.clip(rng.normal(1.16, 0.04, 2), 1.05, 1.3)
    turned = rng.normal(0.0, 0.06, 2)
    return (
        Seat((-half, float(heights[0]), 0.0), np.pi / 2 + float(turned[0]), True),
        Seat((half, float(heights[1]), 0.0), -np.pi / 2 + float(turned[1]), True),
    )


def draw_reaction(rng: np.random.Generator, name: str, frames: int = 384) -> Motion:
    """A listener who reacts somewhere in the first half, without anything said: quick to draw in numbers.

    Args:
        rng: Where chance comes from.
        name: One of `expressions`.
        frames: T, at 25 per second.

    Returns:
        `arkit` motion of T frames.

    Raises:
        InputError: No expression has the name.
    """
    seats = seats_for_two(rng)
    onset = float(rng.uniform(0.05, 0.55)) * frames / FPS
    episodes = draw_episodes(rng, name, onset, frames)
    habits = draw_habits(rng)
    speaker, listener = talking_person(frames), quiet_person(frames)
    done = draw((speaker, listener), rng, (draw_habits(rng), habits))
    partner = np.array(seats[0].position) + [0.0, 0.04, 0.0] + 0.004 * wander(rng, frames, 3.0, 3)
    return perform(rng, episodes, listener, habits, done[1], (seats[1], seats[0]), partner, draw_manner(rng))[0]


def perform(
    rng: np.random.Generator,
    episodes: Sequence[ExpressionEpisode],
    me: Person,
    habits: Habits,
    done: Sequence[Event],
    seats: tuple[Seat, Seat],
    partner_eyes: Array,
    manner: Manner,
    lips: Array | None = None,
) -> tuple[Motion, Events]:
    """One person's motion with expressions on top.

    Args:
        rng: Where chance comes from.
        episodes: The expressions.
        me: The person's speech.
        habits: The person's.
        done: What the person does but for what the expressions change; ``look`` and ``brow`` count.
        seats: The person's and the partner's.
        partner_eyes: World positions (T, 3), metres.
        manner: How the person shows things.
        lips: Articulation (T, 52), of whoever speaks.

    Returns:
        `arkit` motion, and the events ``reaction``, ``nod`` and ``blink``.
    """
    frames, seat = me.frames, seats[0]
    looks = [event for event in done if event.kind == "look"]
    levels = strengths(rng, episodes, frames)
    weights = _shares(levels, frames)
    rotation, leaning, nods = _head(rng, levels, weights, me, habits, manner)
    fixations, toward = draw_fixations(rng, looks), partner_direction(seat, seats[1])
    yaw, pitch = head_of_gaze(rng, fixations, toward, habits.head_follows, habits.eye_shift, frames).T
    aside, glance = _glances(rng, weights, frames, manner)
    total = Rotation.from_euler("YX", np.stack([yaw, pitch], 1)) * Rotation.from_rotvec(rotation)
    turned = Rotation.from_euler("YX", np.radians(glance) * 0.4) * total
    neck, head = split_head(turned.as_rotvec())
    place = sway(rng, me, habits, seat.seated) + np.stack([np.zeros(frames), -0.15 * np.abs(leaning), leaning], 1)
    translation = Rotation.from_euler("y", seat.yaw).apply(place) + seat.position
    motion = Motion.zeros(frames, FPS, ARKIT).with_columns("neck", neck).with_columns("head", head)
    motion = motion.with_columns("translation", translation)
    own = eye_positions(motion, seat)
    points = gaze_points(fixations, seat, partner_eyes, own, toward, habits.eye_shift)
    points = points + aside[:, None] * (_beside(glance, own, seat, toward) - points)
    eyes = look_at(points, motion, seat)
    rate = habits.blink_rate * float(_mixed(weights, "blinks", frames).mean())
    blinks = draw_blinks(rng, me, looks, rate)
    curves = _shapes(rng, levels, me, habits, manner, lips)
    frowns = draw_frowns(rng, me, habits.expressiveness)
    raised, lowered = brow_curves([*(event for event in done if event.kind == "brow"), *frowns], frames)
    for name, curve in brow_shapes(rng, raised, lowered, np.zeros((frames, 2)), me.speaking, habits).items():
        curves[name] = curves.get(name, 0.0) + curve
    mouth = np.zeros((frames, 52)) if lips is None else lips
    quiet = Smiling(np.zeros(frames), np.zeros(frames), np.zeros(frames))
    shapes = face_shapes(rng, habits, mouth, quiet, closed_lids(blinks, frames), curves, eyes)
    motion = motion.with_columns(ARKIT.names[:52], shapes).with_columns("eyes", np.concatenate(eyes, 1))
    shown = [
        Interval(name, start, min(end, frames / FPS))
        for name, level in levels.items()
        for start, end in (runs(level > 0.4) / FPS).tolist()
    ]
    return motion, {
        "reaction": tuple(sorted(shown, key=lambda w: w.start)),
        "nod": nods,
        "blink": tuple(Interval("blink", b.start, b.end) for b in blinks),
    }


def _shares(levels: Mapping[str, Array], frames: int) -> dict[str, Array]:
    """How far behaviour (T,) is that of each expression; what is left is neutral's."""
    total = np.sum([np.zeros(frames), *levels.values()], axis=0)
    shares = {name: level / np.maximum(1.0, total) for name, level in levels.items() if name != "neutral"}
    return {**shares, "neutral": np.clip(1 - total, 0.0, 1.0) + levels.get("neutral", 0.0) / np.maximum(1.0, total)}


def _mixed(shares: Mapping[str, Array], attribute: str, frames: int) -> Array:
    """A number of the expressions (T,), weighted."""
    known = expressions()
    values = [share * getattr(known[name], attribute) for name, share in shares.items()]
    mixed: Array = np.sum(values, axis=0) / np.maximum(1e-6, np.sum(list(shares.values()), axis=0))
    return mixed


def _shapes(
    rng: np.random.Generator,
    levels: Mapping[str, Array],
    me: Person,
    habits: Habits,
    manner: Manner,
    lips: Array | None,
) -> dict[str, Array]:
    """Curves (T,) by column: the expressions', within what the person is capable of."""
    frames = me.frames
    curves = {name: np.full(frames, weight) for name, weight in manner.resting.items()}
    lively = habits.expressiveness**0.6
    # What is said shapes the mouth of whoever speaks; of the expression little is left there.
    free = np.ones(frames) if lips is None else 1 - 0.6 * me.speaking
    for name, level in levels.items():
        expression = expressions()[name]
        own = expression.shapes if manner.left else expression.mirrored()
        for shape, weight in own.items():
            curve = np.clip(level * lively * weight * manner.gains[shape], 0.0, 1.0)
            if expression.laughs and shape.startswith(("jawOpen", "mouthLowerDown")):
                curve = curve * _bursts(rng, frames)
            if shape.startswith(("mouth", "jaw")):
                curve = curve * free
            curves[shape] = 1 - (1 - curves.get(shape, 0.0)) * (1 - curve)
    return curves


def _bursts(rng: np.random.Generator, frames: int) -> Array:
    """The jaw (T,) in laughter: bursts of some seconds at 4 to 5 pulses a second, with breaths between."""
    phase = 2 * np.pi * np.cumsum(np.full(frames, rng.uniform(4.2, 5.2))) / FPS
    swell = np.clip(0.65 + 0.5 * wander(rng, frames, 0.7)[:, 0], 0.1, 1.2)
    jaw: Array = swell * (0.8 + 0.25 * np.sin(phase))
    return jaw


def _head(
    rng: np.random.Generator,
    levels: Mapping[str, Array],
    shares: Mapping[str, Array],
    me: Person,
    habits: Habits,
    manner: Manner,
) -> tuple[Array, Array, tuple[Interval, ...]]:
    """Rotation (T, 3) beyond where the gaze puts the head, lean (T,) in metres toward the partner, and the nods."""
    frames = me.frames
    restless = head_with_speech(rng, me, habits, np.zeros((frames, 2))) + unrest(rng, frames)
    rotation = restless * _mixed(shares, "unrest", frames)[:, None]
    leaning = np.zeros(frames)
    nods: list[Interval] = []
    for name, level in levels.items():
        expression = expressions()[name]
        pitch, yaw, roll = np.radians(expression.head) * np.exp(rng.normal(0.0, 0.35, 3))
        rotation += level[:, None] * np.array([pitch, manner.tilt * yaw, manner.tilt * roll])
        leaning += level * expression.lean * rng.uniform(0.4, 1.3)
        if expression.laughs:
            shaking = np.sin(2 * np.pi * rng.uniform(4.2, 5.2) * np.arange(frames) / FPS)
            rotation[:, 0] += np.radians(0.9) * level * shaking
    for name, share in shares.items():
        rate, size, hertz = expressions()[name].nods
        nods += _nods(rng, rotation, share, rate * habits.nod_rate**0.5, np.radians(size), hertz)
    return rotation, leaning, tuple(sorted(nods, key=lambda nod: nod.start))


def _nods(
    rng: np.random.Generator, rotation: Array, share: Array, per_minute: float, size: float, hertz: float
) -> list[Interval]:
    """Adds nods to a rotation (T, 3) in place: runs of one to three dips that die away."""
    seconds = len(rotation) / FPS
    times = frame_times(len(rotation))
    nods: list[Interval] = []
    clock = float(rng.exponential(30 / max(per_minute, 0.1)))
    while clock < seconds - 0.5:
        frequency = hertz * rng.uniform(0.8, 1.25)
        cycles = int(rng.choice([1, 2, 3], p=[0.35, 0.4, 0.25]))
        end = min(seconds, clock + cycles / frequency)
        if rng.random() < share[int(clock * FPS)]:
            phase = np.clip((times - clock) * frequency, 0, cycles)
            height = size * rng.gamma(8.0, 1 / 8.0) * bump(times, clock - 0.05, end + 0.05, 0.15, 0.2)
            rotation[:, 0] += height * 0.5 * (1 - np.cos(2 * np.pi * phase)) * 0.8**phase
            nods.append(Interval("nod", clock, end))
        clock = end + 0.3 + float(rng.exponential(60 / max(per_minute, 0.1)))
    return nods


def _glances(rng: np.random.Generator, shares: Mapping[str, Array], frames: int, manner: Manner) -> tuple[Array, Array]:
    """How far (T,) the eyes are off the partner because of an expression, and to where: yaw and pitch (T, 2), degrees.

    Glances of one to three seconds, as many as the expression wants.
    """
    known = expressions()
    times = frame_times(frames)
    aside, where = np.zeros(frames), np.zeros((frames, 2))
    clock = 0.0
    while clock < frames / FPS:
        frame = min(int(clock * FPS), frames - 1)  # 135 frames of 1/25 s are a little more than 5.4 s
        name = max(shares, key=lambda n: shares[n][frame] * (n != "neutral"))
        expression, share = known[name], shares[name][frame]
        if name == "neutral" or share < 0.25 or rng.random() > share * expression.away / 0.7:
            clock += 0.6
            continue
        length = rng.uniform(1.0, 3.0)
        yaw, pitch = np.array(expression.where) * rng.uniform(0.6, 1.2, 2)
        course = ease((times - clock) / 0.1) * ease((clock + length - times) / 0.1)
        aside = np.maximum(aside, course)
        slow = ease((times - clock) / 0.6) * ease((clock + length + 0.3 - times) / 0.6)
        where = np.where((slow > 0)[:, None], slow[:, None] * [manner.tilt * yaw, pitch], where)
        clock += length + rng.uniform(0.4, 1.2)
    return aside, where


def _beside(glance: Array, own: Array, seat: Seat, toward: Array) -> Array:
    """World points (T, 3) where the eyes are when they are off the partner; glance is yaw and pitch in degrees."""
    yaw, pitch = (toward + np.radians(glance)).T
    ray = np.stack([np.sin(yaw) * np.cos(pitch), -np.sin(pitch), np.cos(yaw) * np.cos(pitch)], 1)
    points: Array = own + Rotation.from_euler("y", seat.yaw).apply(ray) * 1.2
    return points
