"""The input of the motion tower: facial shapes, and head and gaze direction relative to the speaker.

Nothing tells who somebody is or where in a room: the left and the right of a shape come as their mean and how far
they are apart, angles are relative to where the eyes rest, and a position is known only by its speed. Nods and shakes
are found by rule, as swings of a degree or two drown in the turns of the head otherwise.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from visavis.models.retrieval.facts import FPS, at_own_rate, gaze_angles, head_gestures, resting_gaze
from visavis.motion import Motion

_PAIRS = (
    "eyeBlink", "eyeSquint", "eyeWide", "mouthSmile", "mouthFrown", "mouthDimple", "mouthStretch", "mouthPress",
    "mouthLowerDown", "mouthUpperUp", "browDown", "browOuterUp", "cheekSquint", "noseSneer",
)  # fmt: skip
_SINGLE = (
    "jawForward", "jawOpen", "mouthClose", "mouthFunnel", "mouthPucker", "mouthRollLower", "mouthRollUpper",
    "mouthShrugLower", "mouthShrugUpper", "browInnerUp", "cheekPuff", "tongueOut",
)  # fmt: skip
_SIGNED = ("jaw", "mouth")
_GESTURES = ("nod", "slow nod", "quick nod", "head shake")
_LEFT = [f"{name}Left" for name in (*_PAIRS, *_SIGNED)]
_RIGHT = [f"{name}Right" for name in (*_PAIRS, *_SIGNED)]

COLUMNS: tuple[str, ...] = (
    *_PAIRS, *(f"{name} apart" for name in _PAIRS), *_SINGLE, *(f"{name} aside" for name in _SIGNED),
    "gaze yaw", "gaze pitch", "gaze off", "head yaw", "head pitch", "head roll", "eyes yaw", "eyes pitch",
    "yaw speed", "pitch speed", "roll speed", "place speed",
    *_GESTURES,
)  # fmt: skip
"""What the features are, in order."""
MIRRORED = np.array([-1.0 if n.endswith((" yaw", " roll", "yaw speed", "roll speed")) else 1.0 for n in COLUMNS])
"""Factors that turn features into those of the mirrored person."""


def features(motion: Motion, parts: int = 1) -> NDArray[np.float32]:
    """Features of a clip.

    Args:
        motion: `arkit` or a space with its columns, at any frame rate.
        parts: Into how many parts the clip is to be divided later.

    Returns:
        float32 (T, F), at `FPS` frames per second, in the order of `COLUMNS`.

    Raises:
        InputError: The space has not the columns, or a part would have fewer than 3 frames.
    """
    motion = at_own_rate(motion, parts)
    left, right = motion[_LEFT], motion[_RIGHT]
    pairs = len(_PAIRS)
    apart = np.abs(left - right)
    look, rest = gaze_angles(motion), resting_gaze(motion)
    gaze, nose = look.gaze - rest, look.nose - rest
    angles = np.column_stack([gaze, np.hypot(*gaze.T), nose, look.roll, look.eyes])
    turning = np.gradient(gaussian_filter1d(np.column_stack([look.nose, look.roll]), 1.0, axis=0), axis=0) * FPS
    gestures = head_gestures(motion, look.nose)
    during = np.column_stack([_during(gestures[name], len(motion)) for name in _GESTURES])
    place = np.gradient(gaussian_filter1d(motion["translation"].astype(np.float64), 2.0, axis=0), axis=0) * FPS
    columns = [
        (left + right)[:, :pairs] / 2, apart[:, :pairs], motion[_SINGLE], (left - right)[:, pairs:],
        angles, turning, np.linalg.norm(place, axis=1)[:, None], during,
    ]  # fmt: skip
    return np.concatenate(columns, axis=1).astype(np.float32)


def _during(intervals: NDArray[np.float64], frames: int) -> NDArray[np.float64]:
    """1 in the frames (T,) that lie in intervals of seconds (N, 2), else 0."""
    inside = np.zeros(frames)
    for start, stop in intervals:
        inside[round(start * FPS) : round(stop * FPS)] = 1.0
    return inside
