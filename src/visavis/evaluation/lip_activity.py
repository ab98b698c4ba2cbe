"""Do the right person's lips move: lip activity compared with who really speaks."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from visavis.errors import InputError
from visavis.motion import Motion

WINDOW = 0.5
"""Seconds over which lips are said to move or not."""


def lip_activity(motion: Motion, seconds: float = WINDOW) -> NDArray[np.float64]:
    """Standard deviation of the lip columns over a centred window, mean over the columns, (T,)."""
    lips = motion["lips"].astype(np.float64)
    width = max(3, round(seconds * motion.fps) | 1)
    padded = np.pad(lips, ((width // 2, width // 2), (0, 0)), "edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, width, axis=0)
    activity: NDArray[np.float64] = windows.std(-1).mean(-1)
    return activity


def activity_auc(activity: NDArray[np.floating], speaks: NDArray[np.bool_]) -> float:
    """Area under the ROC curve: the probability that a frame of speech has more lip activity than one without.

    Args:
        activity: (T,).
        speaks: (T,) the truth.

    Raises:
        InputError: The person always or never speaks, so there is nothing to tell apart.
    """
    from sklearn.metrics import roc_auc_score

    if speaks.all() or not speaks.any():
        raise InputError("an AUC needs frames with speech and frames without")
    return float(roc_auc_score(speaks, activity))


def who_auc(
    a: NDArray[np.floating], b: NDArray[np.floating], a_speaks: NDArray[np.bool_], b_speaks: NDArray[np.bool_]
) -> float:
    """AUC of A's minus B's lip activity for A, over the frames in which exactly one of the two speaks."""
    one = a_speaks ^ b_speaks
    return activity_auc((a - b)[one], a_speaks[one])
