"""Where the eyes rest within looks, and how they get from one place to the next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from visavis.behavior.curves import FPS, Array, frame_times
from visavis.behavior.events import Event
from visavis.behavior.marks import drawn_length
from visavis.behavior.performing.giving_way import HEAD, give_way
from visavis.behavior.performing.moments import Moments
from visavis.motion import Seat
from visavis.motion.easing import ease
from visavis.motion.gaze import EYE_MIDPOINT, yaw_pitch

FACE = np.array([[0.032, 0.0, 0.0], [-0.032, 0.0, 0.0], [0.0, -0.04, 0.01], [0.0, -0.07, 0.01]])
"""What is looked at in a face, metres beside the midpoint of its eyes: either eye, nose, mouth."""
SHARES = np.array([0.36, 0.36, 0.08, 0.20])
"""How often each is: the eyes most, the mouth more than the nose (Rogers et al. 2018, "Using dual eye tracking to
uncover personal gaze patterns during social interaction")."""
BESIDE = 0.006
"""Spread about each, metres."""
ABOUT = np.radians(2.5)
"""Spread of the fixations of a look away about what is looked at."""
ANEW = 0.12
"""Share of the fixations of a look away that go somewhere else than close by."""
ASIDE = np.radians(10.0)
"""Least angle beside the partner's eyes at which one looks away: a face is 8 degrees high at the distance of a talk."""


@dataclass(frozen=True)
class Fixation:
    """The eyes rest on one thing from `start` seconds.

    Attributes:
        start: Seconds.
        partner: Whether it is the partner.
        offset: Partner: metres (3,) beside the midpoint of the partner's eyes, in the world. Elsewhere: yaw (to the
            left) and pitch (down) (2,) relative to the line to the partner, radians.
    """

    start: float
    partner: bool
    offset: Array


def draw_fixations(rng: np.random.Generator, looks: Sequence[Event]) -> list[Fixation]:
    """Divides looks into fixations: on a face from eye to eye, nose and mouth, elsewhere about one direction.

    How long it takes from one to the next is drawn from what an eye tracker measured of people in dialogue (Dembinsky
    et al. 2024, "Eye movement in a controlled dialogue setting"): 3.4 a second.

    Args:
        rng: Where chance comes from.
        looks: Events ``look``, in order of start.
    """
    fixations: list[Fixation] = []
    chance = Moments(rng)
    for look in looks:
        own = chance(look.start)
        clock, aim, feature = look.start, np.array([look.x, look.y]), -1
        partner = look.label == "partner"
        while clock < look.end:
            if partner:
                feature = _another(own, feature)
                offset: Array = FACE[feature] + own.normal(0.0, BESIDE, 3)
            elif clock == look.start:
                offset = aim
            else:
                if own.random() < ANEW:
                    aim = aim * own.uniform(0.5, 1.3) + own.normal(0.0, np.radians(5.0), 2)
                offset = _aside(aim + own.normal(0.0, ABOUT, 2))
            fixations.append(Fixation(_on_frame(clock), partner, offset))
            clock += drawn_length(own, "fixation")
    return fixations or [Fixation(0.0, True, np.zeros(3))]


def _on_frame(seconds: float) -> float:
    """The frame's time: a shift that is faster than a frame is seen as one jump, not as two half ones."""
    return round(seconds * FPS) / FPS


def _another(rng: np.random.Generator, feature: int) -> int:
    """What of the face is looked at next: something else than now."""
    shares = np.where(np.arange(len(SHARES)) == feature, 0.0, SHARES)
    return int(rng.choice(len(SHARES), p=shares / shares.sum()))


def _aside(offset: Array) -> Array:
    """A direction beside the partner (2,), not nearer than `ASIDE`."""
    angle = float(np.hypot(*offset))
    aside: Array = offset * max(1.0, ASIDE / max(angle, 1e-6))
    return aside


def partner_direction(seat: Seat, partner: Seat) -> Array:
    """Yaw and pitch (2,) from the torso's forward direction to the partner's eyes, both at rest, radians."""
    turn = Rotation.from_euler("y", [[seat.yaw], [partner.yaw]])
    eyes = turn.apply([EYE_MIDPOINT, EYE_MIDPOINT]) + np.array([seat.position, partner.position])
    return np.array(yaw_pitch(turn[0].inv().apply(eyes[1] - eyes[0])))


def head_of_gaze(
    rng: np.random.Generator, fixations: Sequence[Fixation], toward: Array, follows: float, speed: float, frames: int
) -> Array:
    """The head's share of the gaze: yaw and pitch (T, 2) relative to the torso, radians.

    Little of small shifts, much of large ones, later and slower than the eyes: the head's share grows beyond about 20
    degrees (Stahl 1999, "Amplitude of human head movements associated with horizontal saccades"). The partner is faced
    so that the eyes keep within a comfortable range.

    Args:
        rng: Where chance comes from.
        fixations: In order of start.
        toward: `partner_direction`.
        follows: Share of a large shift that the head takes over.
        speed: Factor on the speed, 1 as usual.
        frames: T.
    """
    times = frame_times(frames)
    comfortable = np.radians([9.0, 6.0])
    facing = toward - np.clip(toward * (1 - follows), -comfortable, comfortable)
    goals = []
    share = 0.0
    chance = Moments(rng)
    previous: Array = np.zeros(2)
    for i, fixation in enumerate(fixations):
        aim: Array = np.zeros(2) if fixation.partner else fixation.offset
        changes = i > 0 and fixation.partner != fixations[i - 1].partner
        if i == 0 or changes or np.hypot(*(aim - previous)) > np.radians(6):
            large = np.clip((np.degrees(np.hypot(*aim)) - 8) / 20, 0.05, 1.0)
            share = float(follows * large * chance(fixation.start).uniform(0.6, 1.1))
        goals.append(facing + share * aim)
        previous = aim
    head = np.tile(goals[0], (frames, 1))
    reached = goals[0]
    for goal, fixation in zip(goals[1:], fixations[1:], strict=True):
        step = goal - reached
        if (size := np.degrees(np.hypot(*step))) > 0.05:
            seconds = (0.28 + 0.5 * size / 40) / speed
            first = max(0, int(fixation.start * FPS))
            head[first:] += ease((times[first:] - fixation.start - 0.04) / seconds)[:, None] * step
            reached = goal
    return give_way(head[:, ::-1], HEAD[:, :2])[:, ::-1]


def gaze_points(
    fixations: Sequence[Fixation], seat: Seat, partner_eyes: Array, own_eyes: Array, toward: Array, speed: float = 1.0
) -> Array:
    """World points (T, 3) on which the eyes rest or between which they jump.

    A saccade takes 21 ms and 2.2 ms for each degree (the main sequence, Carpenter 1988); at the partner the eyes
    follow the other's eyes.

    Args:
        fixations: In order of start.
        seat: The person's seat.
        partner_eyes: World positions (T, 3) of the midpoint of the partner's eyes.
        own_eyes: Of the person's own.
        toward: `partner_direction` of the person.
        speed: Factor on the speed, 1 as usual.
    """
    frames = len(own_eyes)
    starts = np.array([f.start for f in fixations])
    partner = np.array([f.partner for f in fixations])
    spots = _spots(fixations, seat, own_eyes[0], float(np.linalg.norm(partner_eyes[0] - own_eyes[0])), toward)
    times = frame_times(frames)
    current = np.maximum(0, np.searchsorted(starts, times, side="right") - 1)
    where = spots[current] + partner[current, None] * partner_eyes
    earlier = np.maximum(0, current - 1)
    whence = spots[earlier] + partner[earlier, None] * partner_eyes
    a, b = where - own_eyes, whence - own_eyes
    size = np.degrees(np.arctan2(np.linalg.norm(np.cross(a, b), axis=1), np.sum(a * b, axis=1)))
    seconds = (0.021 + 0.0022 * size) / speed
    done = ease((times - starts[current]) / seconds)[:, None]
    points: Array = whence + done * (where - whence)
    return points


def _spots(
    fixations: Sequence[Fixation], seat: Seat, eyes: Array, distance: float, toward: Array
) -> NDArray[np.float64]:
    """Per fixation the offset from the partner's eyes, or the world point somewhat beyond the partner (N, 3)."""
    torso = Rotation.from_euler("y", seat.yaw)
    spots = np.zeros((len(fixations), 3))
    for i, fixation in enumerate(fixations):
        if fixation.partner:
            spots[i] = fixation.offset
        else:
            yaw, pitch = toward + fixation.offset
            ray = np.array([np.sin(yaw) * np.cos(pitch), -np.sin(pitch), np.cos(yaw) * np.cos(pitch)])
            spots[i] = eyes + torso.apply(ray) * distance * 1.3
    return spots
