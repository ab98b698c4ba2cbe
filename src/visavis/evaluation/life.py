"""How alive a person looks: blinks, saccades, looks, the head's speed and bands, smiles, counted in motion.

Everything is counted in what is seen, not in a plan or in labels, so that the same code counts tracked people,
simulated ones and generated ones. Times are seconds, rates are per second unless they say a minute, and angles degrees.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, sosfiltfilt
from scipy.spatial.transform import Rotation

from visavis.motion import Motion, Seat
from visavis.motion.events import blinks
from visavis.motion.gaze import gaze_angle_to_partner, gaze_direction
from visavis.motion.runs import runs

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

SACCADE, FIXATION = 75.0, 30.0
"""Degrees a second that eyes and head together turn at least in a saccade: velocity-threshold identification (Salvucci
& Goldberg 2000, "Identifying fixations and saccades in eye-tracking protocols"). 30 is usual for eye trackers and ends
a fixation; at 25 frames a second it is a turn by 1.2 degrees, as much as face trackers err by, so that what is compared
with tracked faces is counted from 75, a turn by 3 degrees."""
PAUSE = 0.06
"""Seconds between two saccades; what is nearer is one."""
AT_PARTNER = np.radians(8.0)
"""Angle off the midpoint of the partner's eyes up to which the partner's face is looked at: 0.14 m at a distance of
1 m, from the hairline to the chin."""
GLIMPSE = 0.12
"""Seconds up to which looking elsewhere does not end a look, nor does so short a look count: blinks and tracking."""
BANDS = ((0.0, 0.5), (0.5, 2.0), (2.0, 5.0))
"""Hertz: posture and looks, speech and nods, beats."""
SMOOTH = 5.0
"""Hertz above which a head does not move but a tracker does."""
STEEP = 5
"""Order of the low passes, which run both ways: of what is a quarter below an edge nine tenths of the power pass."""
NEAR_LAUGH = 1.0
"""Seconds around a laugh in which a smile comes with it."""


# Lids and eyes


@dataclass(frozen=True)
class Blinking:
    """How a person blinks.

    Attributes:
        per_minute: Blinks.
        closed: Seconds that each blink lasts, from where the lids pass a quarter on their way down.
    """

    per_minute: float
    closed: Array


def blinking(motion: Motion) -> Blinking:
    """Blinks as `visavis.motion.events.blinks` finds them."""
    found = blinks(motion)
    return Blinking(60 * len(found) / max(motion.duration, 1e-9), found[:, 1] - found[:, 0])


def gaze_speed(motion: Motion) -> Array:
    """Degrees a second (T - 1,) by which the gaze turns from frame to frame, eyes and head together.

    An eye that stays on a point while the head turns does not move here.
    """
    direction = gaze_direction(motion, Seat((0.0, 0.0, 0.0), 0.0))
    between = np.linalg.norm(np.cross(direction[1:], direction[:-1]), axis=1)
    turned: Array = np.degrees(np.arctan2(between, (direction[1:] * direction[:-1]).sum(1))) * motion.fps
    return turned


def saccades(motion: Motion, threshold: float = SACCADE) -> Array:
    """When saccades begin (N,), seconds; none are counted in blinks, in which a face tracker sees no eyes.

    Args:
        motion: With neck, head and eyes.
        threshold: Degrees a second; with `FIXATION`, these are the beginnings of fixations.
    """
    fast = (gaze_speed(motion) > threshold) & eyes_seen(motion)
    starts: Array = runs(fast, bridge=PAUSE * motion.fps)[:, 0] / motion.fps
    return starts


def eyes_seen(motion: Motion) -> Mask:
    """Whether the eyes can be seen to move from a frame to the next (T - 1,): not in blinks."""
    seen = np.ones(max(0, len(motion) - 1), bool)
    for start, stop in blinks(motion) * motion.fps:
        seen[max(0, int(start) - 1) : int(np.ceil(stop))] = False
    return seen


# Looks


def at_partner(motion: Motion, seat: Seat, partner: Motion, partner_seat: Seat) -> Mask:
    """Whether a person looks at the partner's face (T,); glimpses away or at it do not count."""
    frames = min(len(motion), len(partner))
    angle = gaze_angle_to_partner(motion.slice(0, frames), seat, partner.slice(0, frames), partner_seat)
    return steady(angle < AT_PARTNER, motion.fps)


def steady(at: Mask, fps: float) -> Mask:
    """A mask (T,) without gaps, and then without stretches, of up to `GLIMPSE`."""
    result = np.zeros(len(at), bool)
    for start, stop in runs(at, bridge=GLIMPSE * fps):
        if stop - start > GLIMPSE * fps or (start == 0 and stop == len(at)):
            result[start:stop] = True
    return result


@dataclass(frozen=True)
class Looking:
    """How two people look at each other.

    Attributes:
        speaking: Share of the time that whoever speaks alone looks at the other; nan where nobody does.
        listening: The same of whoever listens.
        looks: Seconds of each look at the partner, of both.
        mutual: Share of the time that both look.
        meetings: Seconds of each stretch in which they do.
    """

    speaking: float
    listening: float
    looks: Array
    mutual: float
    meetings: Array


def looking(at: Sequence[Mask], speaks: Sequence[Mask], fps: float) -> Looking:
    """Counts looks of A and B.

    Args:
        at: Of each whether the other is looked at (T,).
        speaks: Of each whether she or he speaks (T,).
        fps: Frames per second.
    """
    alone = [speaks[i] & ~speaks[1 - i] for i in (0, 1)]
    talking = np.concatenate([at[i][alone[i]] for i in (0, 1)])
    hearing = np.concatenate([at[i][alone[1 - i]] for i in (0, 1)])
    both = at[0] & at[1]
    lengths = np.concatenate([np.diff(runs(each), axis=1)[:, 0] for each in at]) / fps
    return Looking(_mean(talking), _mean(hearing), lengths, _mean(both), np.diff(runs(both), axis=1)[:, 0] / fps)


# The head


def head_speed(motion: Motion) -> Array:
    """Degrees a second (T - 1,) at which the head turns relative to the torso, below `SMOOTH`."""
    turned = Rotation.from_rotvec(_low(_head(motion), motion.fps))
    speed: Array = np.degrees((turned[:-1].inv() * turned[1:]).magnitude()) * motion.fps
    return speed


def band_power(motion: Motion) -> Array:
    """How far the head is turned in each of `BANDS` at each moment, squared and summed over axes, (T, 3), deg^2.

    The mean over some frames is the power in these frames.
    """
    angles = np.degrees(_head(motion))
    angles -= angles.mean(0)
    edges = [high for _, high in BANDS]
    below = [np.zeros_like(angles), *(_low(angles, motion.fps, edge) for edge in edges)]
    power: Array = np.stack([((above - under) ** 2).sum(1) for under, above in pairwise(below)], 1)
    return power


def _head(motion: Motion) -> Array:
    """Rotation vectors (T, 3) of the head relative to the torso."""
    turns = Rotation.from_rotvec(motion["neck"].astype(np.float64)) * Rotation.from_rotvec(motion["head"])
    vectors: Array = turns.as_rotvec()
    return vectors


def _low(curves: Array, fps: float, edge: float = SMOOTH) -> Array:
    if edge >= fps / 2 or len(curves) < 16:
        return curves
    sections = butter(STEEP, edge, fs=fps, output="sos")
    passed: Array = sosfiltfilt(sections, curves, axis=0, padlen=min(len(curves) - 1, round(2 * fps / edge)))
    return passed


# Smiles


def coupling(pairs: Sequence[tuple[NDArray[np.floating], NDArray[np.floating]]]) -> tuple[float, float]:
    """Correlation of A's curve with B's, mean over conversations, and the same of every A with the other B's.

    Args:
        pairs: Curves (T,) of both people of each conversation, such as AU12; cut to the shorter one to be compared.

    Returns:
        Both means; the second is nan of a single conversation. Curves that do not move correlate 0.
    """
    own = [_correlation(a, b) for a, b in pairs]
    crossed = [_correlation(a, b) for i, (a, _) in enumerate(pairs) for k, (_, b) in enumerate(pairs) if i != k]
    return _mean(np.array(own)), _mean(np.array(crossed))


def _correlation(first: NDArray[np.floating], second: NDArray[np.floating]) -> float:
    frames = min(len(first), len(second))
    a, b = (np.asarray(x[:frames], np.float64) - np.mean(x[:frames]) for x in (first, second))
    spread = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / spread if spread > 1e-9 else 0.0


def smiles_with_laughs(smiles: Sequence[Array], laughs: Sequence[Array], seconds: Sequence[float]) -> float:
    """How much likelier a smile is within `NEAR_LAUGH` of the person's own laughter than elsewhere.

    Args:
        smiles: Of each person the intervals (N, 2) of smiles.
        laughs: Of each the intervals of laughter.
        seconds: How long each was seen.

    Returns:
        Share of the time near laughter in which people smile, over the same share elsewhere; nan where nobody laughs,
        or nobody smiles elsewhere.
    """
    step = 25.0
    near_smiling = near = far_smiling = far = 0
    for smile, laugh, length in zip(smiles, laughs, seconds, strict=True):
        frames = int(length * step)
        smiling = _during(smile, frames, step)
        around = np.add(np.asarray(laugh, np.float64).reshape(-1, 2), (-NEAR_LAUGH, NEAR_LAUGH))
        close = _during(around, frames, step)
        near_smiling, near = near_smiling + int((smiling & close).sum()), near + int(close.sum())
        far_smiling, far = far_smiling + int((smiling & ~close).sum()), far + int((~close).sum())
    if not near or not far_smiling:
        return float("nan")
    return (near_smiling / near) / (far_smiling / far)


def _during(intervals: Array, frames: int, fps: float) -> Mask:
    inside = np.zeros(frames, bool)
    for start, stop in np.asarray(intervals, np.float64).reshape(-1, 2):
        inside[max(0, round(start * fps)) : max(0, round(stop * fps))] = True
    return inside


# Moments


def to_nearest(moments: Array, marks: Array) -> Array:
    """Seconds (N,) from each of some moments (N,) to the nearest mark; inf where there is none."""
    if not len(marks):
        return np.full(len(moments), np.inf)
    return np.asarray(np.abs(np.subtract.outer(moments, marks)).min(1), np.float64)


def moments_within(intervals: Array, count: int, rng: np.random.Generator) -> Array:
    """`count` moments drawn evenly from intervals (N, 2): what chance is compared with."""
    spans = np.asarray(intervals, np.float64).reshape(-1, 2)
    lengths = spans[:, 1] - spans[:, 0]
    if not lengths.sum() > 0:
        return np.zeros(0)
    which = rng.choice(len(spans), count, p=lengths / lengths.sum())
    return np.asarray(spans[which, 0] + rng.random(count) * lengths[which], np.float64)


def by_state(starts: Array, speaks: Sequence[Mask], fps: float) -> tuple[Array, Array]:
    """How many moments (N,) of the first of two people lie in each state of speech, and the minutes of each, (4,) each.

    States are nobody, the first alone, the second alone, both, as in `visavis.behavior.cues.STATES`.
    """
    codes = speaks[0] + 2 * speaks[1].astype(int)
    at = np.clip(np.round(np.asarray(starts) * fps).astype(int), 0, len(codes) - 1)
    minutes = np.bincount(codes, minlength=4) / fps / 60
    return np.bincount(codes[at], minlength=4).astype(np.float64), minutes


def _mean(values: Array | Mask) -> float:
    return float(np.mean(values)) if len(values) else float("nan")
