"""The key frames of a clip: those with the strongest expression (RealTalk, appendix A.1, algorithm 1)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from visavis.errors import InputError
from visavis.motion import Motion

FRAMES = 5
"""Key frames of a clip; the paper does not say how many it takes."""
APART = 0.2
"""Seconds between two key frames at least, so that one smile does not take them all."""
_RESTLESS = ("eyeBlink", "eyeLook")
"""Beginnings of the names of ARKit's blendshapes that move all the time whatever the face expresses."""


def expressiveness(motion: Motion) -> NDArray[np.float32]:
    """How far the face is from the neutral face, in each frame (T,): the Euclidean norm of its expression code.

    The paper takes the norm of FLAME's expression parameters as EMOCA regresses them, with zero for the neutral face.
    Here the code is the columns of group ``expression``, in whatever space, and zero is neutral too: a median of the
    clip would make a face that smiles all along neutral, and the moment in which the smile lapses a peak. Of ARKit's
    blendshapes, blinks and looks are left out: they are the largest and say the least.

    Raises:
        InputError: The motion has no expression.
    """
    names = motion.space.names
    columns = [i for i in motion.space.indices("expression") if not names[i].startswith(_RESTLESS)]
    strength: NDArray[np.float32] = np.linalg.norm(motion.values[:, columns], axis=1).astype(np.float32)
    return strength


def key_frames(motion: Motion, count: int = FRAMES) -> NDArray[np.intp]:
    """The `count` highest peaks of the expression's norm over time, in order of time.

    Peaks are those of `scipy.signal.find_peaks`, `APART` at least. Where there are too few, as in a face that holds one
    expression or does not move, the highest frames that are as far from all others are added, and when the clip is too
    short for that, frames are evenly spaced (`uniform_frames`).

    Args:
        motion: Of the listener.
        count: How many; a shorter clip gives some frames more than once.

    Raises:
        InputError: The motion has no frames or no expression, or less than one frame is asked for.
    """
    from scipy.signal import find_peaks

    evenly = uniform_frames(motion, count)
    height = expressiveness(motion)
    apart = max(1, round(APART * motion.fps))
    peaks, _ = find_peaks(height, distance=apart)
    chosen = list(peaks[np.argsort(-height[peaks], kind="stable")][:count])
    free = np.ones(len(height), bool)
    for frame in chosen:
        free[max(0, frame - apart + 1) : frame + apart] = False
    while len(chosen) < count and free.any():
        frame = int(np.where(free, height, -1).argmax())
        chosen.append(frame)
        free[max(0, frame - apart + 1) : frame + apart] = False
    return np.sort(np.array(chosen, np.intp)) if len(chosen) == count else evenly


def uniform_frames(motion: Motion, count: int = FRAMES) -> NDArray[np.intp]:
    """The middles of `count` equal parts of the clip: what key frames are compared with (RealTalk, section 5.1).

    Raises:
        InputError: The motion has no frames, or less than one is asked for.
    """
    if count < 1:
        raise InputError(f"{count} key frames; at least 1 is needed")
    if not len(motion):
        raise InputError("a clip without frames has no key frames")
    return ((np.arange(count) + 0.5) * len(motion) / count).astype(np.intp)
