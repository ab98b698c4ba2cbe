"""Blinks, smiles, nods, head shakes and shrugs, found in motion by simple rules.

Good enough to draw a timeline and to count; each rule and its numbers are stated, and works on any motion that has
ARKit's shapes, `neck` and `head` rotations, or, for shrugs, collarbones. Results are intervals (N, 2) in seconds, in
order.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, find_peaks, sosfiltfilt

from visavis.motion.gaze import head_turn
from visavis.motion.motion import Motion
from visavis.motion.runs import runs

Intervals = NDArray[np.float64]

BLINK_CLOSED, BLINK_STARTS, BLINK_LONGEST = 0.5, 0.25, 0.6
SMILE_ON, SMILE_OFF, SMILE_SHORTEST = 0.2, 0.12, 0.3
NOD_BAND = (0.8, 5.0)
NOD_SWING = np.radians(1.5)
NOD_GAP = 0.6
SHRUG_ON, SHRUG_OFF, SHRUG_SHORTEST, SHRUG_LONGEST = np.radians(6.0), np.radians(3.0), 0.15, 4.0


def blinks(motion: Motion) -> Intervals:
    """Both lids together close past 0.5, from where they pass 0.25 and for at most 0.6 s (longer is closed eyes)."""
    lids = _mean(motion, "eyeBlinkLeft", "eyeBlinkRight")
    found = _hysteresis(lids, BLINK_CLOSED, BLINK_STARTS, motion.fps)
    return found[found[:, 1] - found[:, 0] <= BLINK_LONGEST]


def smiles(motion: Motion) -> Intervals:
    """The mean of both mouthSmile shapes rises past 0.2, until it falls below 0.12; at least 0.3 s."""
    found = _hysteresis(_mean(motion, "mouthSmileLeft", "mouthSmileRight"), SMILE_ON, SMILE_OFF, motion.fps)
    return found[found[:, 1] - found[:, 0] >= SMILE_SHORTEST]


def nods(motion: Motion) -> Intervals:
    """The head's pitch swings down and up by 1.5 degrees or more, at 0.8-5 Hz, and comes back to where it was."""
    return _swings(motion, axis=0, swings=2)


def shakes(motion: Motion) -> Intervals:
    """The same of the head's yaw, three swings or more, as single ones are mostly looks aside."""
    return _swings(motion, axis=1, swings=3)


def shrugs(motion: Motion) -> Intervals:
    """Both collarbones rise together by 6 degrees above where they mostly are, until one is below 3; 0.15 to 4 s.

    The motion needs columns ``leftClavicle.z`` and ``rightClavicle.z``, as `arkit-body` has.
    """
    lifts = np.stack([motion["leftClavicle.z"], -motion["rightClavicle.z"]])
    lifts -= np.median(lifts, axis=1, keepdims=True)
    found = _hysteresis(lifts.min(0), SHRUG_ON, SHRUG_OFF, motion.fps)
    lengths = found[:, 1] - found[:, 0]
    return found[(lengths >= SHRUG_SHORTEST) & (lengths <= SHRUG_LONGEST)]


def _swings(motion: Motion, axis: int, swings: int) -> Intervals:
    """Intervals in which one axis of the head oscillates, more than the other does."""
    if len(motion) < 2 * motion.fps or motion.fps <= 2 * NOD_BAND[1]:
        return np.zeros((0, 2))
    gaze = head_turn(motion).as_matrix()[:, :, 2]
    pitch, yaw = (
        np.arctan2(-gaze[:, 1], np.hypot(gaze[:, 0], gaze[:, 2])),
        np.unwrap(np.arctan2(gaze[:, 0], gaze[:, 2])),
    )
    band = _nod_band(motion.fps)
    angle = pitch if axis == 0 else yaw
    mine, other = sosfiltfilt(band, angle), sosfiltfilt(band, yaw if axis == 0 else pitch)
    peaks = np.sort(np.concatenate([find_peaks(sign * mine, height=NOD_SWING)[0] for sign in (1, -1)]))
    if not len(peaks):
        return np.zeros((0, 2))
    found = []
    for group in np.split(peaks, np.flatnonzero(np.diff(peaks) > NOD_GAP * motion.fps) + 1):
        part = slice(group[0], group[-1] + 1)
        both_ways = mine[group].min() < 0 < mine[group].max()
        # Whoever looks elsewhere and stays there has not nodded: the head comes back.
        margin = round(0.25 * motion.fps)
        before, after = angle[max(group[0] - margin, 0)], angle[min(group[-1] + margin, len(angle) - 1)]
        back = abs(after - before) < 0.5 * np.ptp(mine[group])
        if len(group) >= swings and both_ways and back and np.std(mine[part]) > np.std(other[part]):
            found.append((group[0] / motion.fps - 0.12, (group[-1] + 1) / motion.fps + 0.12))
    return np.clip(np.array(found).reshape(-1, 2), 0, motion.duration)


@lru_cache
def _nod_band(fps: float) -> NDArray[np.float64]:
    sections: NDArray[np.float64] = butter(2, NOD_BAND, "bandpass", fs=fps, output="sos")
    return sections


def _mean(motion: Motion, *names: str) -> NDArray[np.float32]:
    mean: NDArray[np.float32] = motion[names].mean(axis=1)
    return mean


def _hysteresis(signal: NDArray[np.floating], on: float, off: float, fps: float) -> Intervals:
    """Where a signal stays above `off`, if it reaches `on` somewhere in between."""
    above = runs(np.asarray(signal) > off)
    reached = [bool((signal[a:b] > on).any()) for a, b in above]
    intervals: Intervals = above[np.array(reached, bool)] / fps
    return intervals
