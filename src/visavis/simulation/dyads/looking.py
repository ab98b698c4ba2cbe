"""Gaze of both people: at each other or away, with saccades, and heads that follow.

Each person is in one of two states, and leaves it at a rate that depends on who holds the floor and on whether the
partner looks back; some shifts are tied to turns: away when taking the floor, back when giving it (Kendon 1967).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
from scipy.spatial.transform import Rotation

from visavis.behavior.curves import FPS, Array, frame_times
from visavis.motion import Seat
from visavis.motion.easing import ease
from visavis.motion.gaze import EYE_MIDPOINT, yaw_pitch
from visavis.simulation.dyads.parameters import parameters
from visavis.simulation.dyads.person import SimulatedPerson

PARTNER, AWAY = 1, 0


@dataclass
class Fixation:
    """The eyes rest on one thing from `start` seconds.

    Attributes:
        start: Seconds.
        code: `PARTNER` or `AWAY`.
        offset: Partner: metres (3,) beside the midpoint of the partner's eyes, in the world. Away: yaw and pitch (2,)
            relative to the line to the partner, radians.
    """

    start: float
    code: int
    offset: Array


@dataclass
class Looking:
    """Where one person looks, apart from how the partner moves.

    Attributes:
        fixations: In order of start.
        code: (T,) `PARTNER` or `AWAY`.
        head: Yaw and pitch (T, 2) of the head relative to the torso that go with the gaze, radians.
        shifts: Time (s) and size (rad) of gaze shifts between partner and away.
    """

    fixations: list[Fixation] = field(default_factory=list)
    code: np.ndarray = field(default_factory=lambda: np.zeros(0, int))
    head: Array = field(default_factory=lambda: np.zeros((0, 2)))
    shifts: list[tuple[float, float]] = field(default_factory=list)


def draw_looking(
    rng: np.random.Generator, people: tuple[SimulatedPerson, SimulatedPerson], seats: tuple[Seat, Seat]
) -> tuple[Looking, Looking]:
    """Draws where both people look."""
    codes = _codes(rng, people)
    both = []
    for i, me in enumerate(people):
        fixations = _fixations(rng, me, codes[i])
        toward = partner_direction(seats[i], seats[1 - i])
        head, shifts = _head(rng, me, fixations, toward)
        both.append(Looking(fixations, codes[i], head, shifts))
    return both[0], both[1]


def partner_direction(seat: Seat, partner: Seat) -> Array:
    """Yaw and pitch (2,) from the torso's forward direction to the partner's eyes, both at rest, radians."""
    turn = Rotation.from_euler("y", [[seat.yaw], [partner.yaw]])
    eyes = turn.apply([EYE_MIDPOINT, EYE_MIDPOINT]) + np.array([seat.position, partner.position])
    return np.array(yaw_pitch(turn[0].inv().apply(eyes[1] - eyes[0])))


def _codes(rng: np.random.Generator, people: tuple[SimulatedPerson, SimulatedPerson]) -> list[np.ndarray]:
    """`PARTNER` or `AWAY` per frame, drawn for both people together since mutual gaze is what people break."""
    fitted = parameters()["gaze"]
    frames = people[0].frames
    forced = [_tied_to_turns(rng, me, other, fitted) for me, other in (people, people[::-1])]
    stay = {  # mean seconds in a state: (holds the floor, code)
        (True, PARTNER): fitted["partner_seconds_speaking"], (True, AWAY): fitted["away_seconds_speaking"],
        (False, PARTNER): fitted["partner_seconds_listening"], (False, AWAY): fitted["away_seconds_listening"],
    }  # fmt: skip
    codes = [np.zeros(frames, int), np.zeros(frames, int)]
    state, since, mutual = [PARTNER, PARTNER], [0.0, 0.0], 0.0
    chance = rng.random((frames, 2))
    for t in range(frames):
        mutual = mutual + 1 / FPS if state == [PARTNER, PARTNER] else 0.0
        for i, me in enumerate(people):
            since[i] += 1 / FPS
            rate = 1.0 / stay[bool(me.holds[t]), state[i]]
            if state[i] == PARTNER:
                rate *= me.traits.aversion * (1.0 + 0.5 * (mutual > fitted["mutual_seconds"]))
            else:
                rate /= me.traits.aversion**0.5
            rate *= 1.3 * min(1.0, max(0.0, (since[i] - 0.25) / 0.5))  # hardly ever straight after the last shift
            wanted = forced[i][t]
            switch = wanted != state[i] if wanted >= 0 else chance[t, i] < rate / FPS
            if switch:
                state[i], since[i] = 1 - state[i], 0.0
            codes[i][t] = state[i]
    return codes


def _tied_to_turns(
    rng: np.random.Generator, me: SimulatedPerson, other: SimulatedPerson, fitted: dict[str, Any]
) -> np.ndarray:
    """Code that turns impose on each frame, or -1."""
    forced = np.full(me.frames, -1)

    def impose(start: float, end: float, code: int) -> None:
        forced[max(0, round(start * FPS)) : max(0, round(end * FPS))] = code

    for turn in other.turns:  # whoever begins to speak is looked at
        if rng.random() < fitted["look_at_new_speaker"]:
            impose(turn.start + 0.2, turn.start + rng.uniform(0.8, 2.0), PARTNER)
    for turn in me.turns:
        long = turn.end - turn.start > 1.5
        if long and rng.random() < min(0.97, fitted["avert_at_turn_start"] * me.traits.aversion**0.5):
            start = turn.start + rng.normal(-0.25, 0.2)
            impose(
                start, start + float(np.clip(np.exp(rng.normal(np.log(1.5), 0.4)), 0.6, 0.7 * (turn.end - start))), AWAY
            )
        if rng.random() < fitted["look_at_turn_end"]:
            impose(turn.end - rng.uniform(0.3, 1.0), turn.end + rng.uniform(0.3, 0.9), PARTNER)
    for spurt in me.backchannels:
        if rng.random() < 0.6:
            impose(spurt.start - 0.2, spurt.end, PARTNER)
    return forced


def _fixations(rng: np.random.Generator, me: SimulatedPerson, codes: np.ndarray) -> list[Fixation]:
    """Within each stay the eyes rest on one spot for a while, then on another close by."""
    edges = np.r_[0, np.flatnonzero(np.diff(codes)) + 1, len(codes)]
    fixations: list[Fixation] = []
    for first, last in pairwise(edges):
        clock, end, code = first / FPS, last / FPS, int(codes[first])
        aim = _away(rng, bool(me.holds[min(first, me.frames - 1)]))
        while clock < end:
            if code == PARTNER:
                offset: Array = rng.normal(0.0, [0.007, 0.005, 0.007])
            elif rng.random() < 0.2:
                offset = aim = _away(rng, bool(me.holds[int(clock * FPS)]))
            else:
                offset = aim + rng.normal(0.0, np.radians(1.2), 2)
            fixations.append(Fixation(clock, code, offset))
            clock += 0.2 + float(rng.gamma(2.0, 0.35 if code == PARTNER else 0.25))
    return fixations


def _away(rng: np.random.Generator, speaks: bool) -> Array:
    """A direction beside the partner: yaw and pitch relative to the line to the partner, radians (down is positive)."""
    yaw = rng.choice([-1.0, 1.0]) * np.clip(rng.gamma(4.0, 4.3), 7, 34)
    up = rng.random() < (0.3 if speaks else 0.08)  # thinking; listeners mostly look down or aside
    pitch = -rng.uniform(3, 14) if up else rng.uniform(-2, 20)
    return np.radians([yaw, pitch])


def _head(
    rng: np.random.Generator, me: SimulatedPerson, fixations: list[Fixation], toward: Array
) -> tuple[Array, list[tuple[float, float]]]:
    """The head's share of the gaze: little of small shifts, much of large ones, and later and slower than the eyes.

    Head contribution grows beyond about 20 degrees (Stahl 1999, "Amplitude of human head movements associated with
    horizontal saccades"); the partner is faced so that the eyes keep within a comfortable range.
    """
    times = frame_times(me.frames)
    comfortable = np.radians([9.0, 6.0])
    facing = toward - np.clip(toward * (1 - me.traits.head_follows), -comfortable, comfortable)
    goals, shifts = [], []
    previous: Array = np.zeros(2)
    share = 0.0
    for i, fixation in enumerate(fixations):
        aim = fixation.offset if fixation.code == AWAY else np.zeros(2)
        size = float(np.hypot(*(aim - previous)))
        if i == 0 or fixation.code != fixations[i - 1].code or size > np.radians(6):
            large = np.clip((np.degrees(np.hypot(*aim)) - 8) / 20, 0.05, 1.0)
            share = float(me.traits.head_follows * large * rng.uniform(0.6, 1.1))
            if i:
                shifts.append((fixation.start, size))
        goals.append(facing + share * aim)
        previous = aim
    head = np.tile(goals[0], (me.frames, 1)) if goals else np.tile(facing, (me.frames, 1))
    for before, after, fixation in zip(goals[:-1], goals[1:], fixations[1:], strict=True):
        step = after - before
        seconds = (0.28 + 0.5 * np.degrees(np.hypot(*step)) / 40) / me.traits.eye_shift
        head += ease((times - fixation.start - 0.04) / seconds)[:, None] * step
    return head, shifts


def gaze_points(
    looking: Looking, me: SimulatedPerson, seat: Seat, partner_eyes: Array, own_eyes: Array, toward: Array
) -> Array:
    """World points (T, 3) on which the eyes rest or between which they jump.

    Args:
        looking: The fixations.
        me: The person.
        seat: The person's seat.
        partner_eyes: World positions (T, 3) of the midpoint of the partner's eyes.
        own_eyes: Of the person's own.
        toward: `partner_direction` of the person.
    """
    frames = me.frames
    starts = np.array([f.start for f in looking.fixations])
    spots = np.zeros((len(starts), 3))
    partner = np.array([f.code == PARTNER for f in looking.fixations])
    torso = Rotation.from_euler("y", seat.yaw)
    distance = float(np.linalg.norm(partner_eyes[0] - own_eyes[0]))
    for i, fixation in enumerate(looking.fixations):
        if fixation.code == PARTNER:
            spots[i] = fixation.offset
        else:
            yaw, pitch = toward + fixation.offset
            ray = np.array([np.sin(yaw) * np.cos(pitch), -np.sin(pitch), np.cos(yaw) * np.cos(pitch)])
            spots[i] = own_eyes[0] + torso.apply(ray) * distance * 1.3
    times = frame_times(frames)
    current = np.maximum(0, np.searchsorted(starts, times, side="right") - 1)
    where = spots[current] + partner[current, None] * partner_eyes
    earlier = np.maximum(0, current - 1)
    whence = spots[earlier] + partner[earlier, None] * partner_eyes
    a, b = where - own_eyes, whence - own_eyes
    size = np.degrees(np.arctan2(np.linalg.norm(np.cross(a, b), axis=1), np.sum(a * b, axis=1)))
    # Main sequence: a saccade takes 21 ms and 2.2 ms for each degree (Carpenter 1988).
    seconds = (0.021 + 0.0022 * size) / me.traits.eye_shift
    done = ease((times - starts[current]) / seconds)[:, None]
    points: Array = whence + done * (where - whence)
    return points
