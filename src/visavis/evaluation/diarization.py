"""Diarization error rate: estimated against true speaker activity."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Active = NDArray[np.bool_]


def diarization_errors(guess: Active, truth: Active, fps: float, collar: float = 0.0) -> tuple[int, int]:
    """Frames of speech that were missed, invented or given to the wrong speaker, and all frames of speech.

    Speakers are assigned to each other as fits best; speech of several people at once counts for each of them. The
    diarization error rate is the first number over the second.

    Args:
        guess: (G, T) who is said to speak.
        truth: (S, T) who speaks, any number of people.
        fps: Frames per second.
        collar: Seconds on both sides of every true boundary that do not count (NIST's convention).
    """
    from scipy.optimize import linear_sum_assignment

    scored = np.ones(truth.shape[1], bool)
    width = round(collar * fps)
    for edge in np.flatnonzero(np.diff(truth, axis=1, prepend=False, append=False).any(0)) if width else ():
        scored[max(0, edge - width) : edge + width] = False
    guess, truth = guess[:, scored], truth[:, scored]
    together = (truth[:, None] & guess[None]).sum(2)
    rows, columns = linear_sum_assignment(-together)
    right = (truth[rows] & guess[columns]).sum(0)
    wrong = np.maximum(truth.sum(0), guess.sum(0)) - right
    return int(wrong.sum()), int(truth.sum())
