"""When hands arrive: gesture strokes found in the motion of the wrists, whatever a plan says.

The apex of a stroke is where the hand stops or turns (Kendon 2004, "Gesture"; Loehr 2012, "Temporal, structural, and
pragmatic synchrony between intonation and gesture"). Here it is the moment of least speed after a fast movement, unless
the hand then rests: such a movement is a retraction, or a change of rest. Preparations that stop before their stroke
count, too, as motion alone does not tell them apart.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d
from scipy.signal import find_peaks

from visavis.bodies.skeleton import BODY
from visavis.errors import InputError
from visavis.motion import Motion

Array = NDArray[np.float64]

FAST = 0.35
"""Metres a second that a wrist reaches in a stroke."""
STILL = 0.08
"""Metres a second below which a wrist rests or is held."""
RESTS = 0.8
"""Seconds of stillness after which the hand is at rest; holds after a stroke are shorter (Kita 1993)."""
JITTER = 0.04
"""Seconds, standard deviation of the smoothing of places: nobody gestures faster than about 5 Hz."""


def wrists(motion: Motion, joints: NDArray[np.floating]) -> Array:
    """Where the left and the right wrist are in the torso's frame (2, T, 3), metres.

    Args:
        motion: In `arkit-body`.
        joints: (J, 3) where the bones of `visavis.bodies.skeleton.BODY` begin in the zero pose.

    Raises:
        InputError: The motion has no arms.
    """
    import torch

    if not motion.space.has("body"):
        raise InputError(f"strokes are found in arms; motion space {motion.space.name!r} has none")
    columns = torch.from_numpy(motion.values.astype(np.float64))
    _, places = BODY.pose(columns, torch.from_numpy(np.asarray(joints, np.float64)))
    found: Array = places[:, [BODY.names.index(f"wrist.{side}") for side in "LR"]].numpy().transpose(1, 0, 2)
    return found


def apexes(places: Array, fps: float) -> Array:
    """Seconds (N,) at which one wrist arrives.

    Args:
        places: (T, 3), metres.
        fps: Frames per second.
    """
    speed = wrist_speed(places, fps)
    peaks = find_peaks(speed, height=FAST, distance=max(1, round(0.12 * fps)))[0]
    found = []
    for i, peak in enumerate(peaks):
        stop = peaks[i + 1] if i + 1 < len(peaks) else len(speed)
        after = speed[peak:stop]
        slow = np.flatnonzero(after < STILL)
        # A hand that is held has no least speed to speak of: it has arrived when it is still.
        at = peak + int(slow[0] if len(slow) else after.argmin())
        if not _rests(speed, at, round(RESTS * fps)):
            found.append(at)
    return np.array(sorted(set(found)), np.float64) / fps


def wrist_speed(places: Array, fps: float) -> Array:
    """Metres a second (T,)."""
    smooth = gaussian_filter1d(places, JITTER * fps, axis=0, mode="nearest")
    speed: Array = np.linalg.norm(np.gradient(smooth, axis=0), axis=1) * fps
    return speed


def _rests(speed: Array, at: int, frames: int) -> bool:
    following = speed[at : at + frames]
    return len(following) < frames or bool((following[1:] < STILL).all())
