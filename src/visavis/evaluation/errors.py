"""MSE and L2: how far generated columns are from the true ones, frame by frame."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from visavis.evaluation.clip import Clip
from visavis.evaluation.metric import ClipMean, FrameMean
from visavis.motion import Motion


def _difference(motion: Motion, clip: Clip, columns: NDArray[np.intp]) -> NDArray[np.float64]:
    return clip.values(motion, columns).astype(np.float64) - clip.values(clip.true, columns)


class MeanSquaredError(FrameMean):
    """MSE (DIM, section 4.1; Talking Together, suppl. 3.3): the mean over frames and columns of the squared error."""

    name = "MSE"
    definition = "mean over frames and columns of (x'-x)^2"
    power = 2

    def _frame_values(self, motion: Motion, clip: Clip) -> NDArray[np.float64]:
        """(T',)."""
        errors: NDArray[np.float64] = np.square(_difference(motion, clip, self.columns)).mean(1)
        return errors


class L2Distance(FrameMean):
    """L2: the mean over frames of the Euclidean distance between generated and true columns."""

    name = "L2"
    definition = "mean over frames of |x'-x|"

    def _frame_values(self, motion: Motion, clip: Clip) -> NDArray[np.float64]:
        """(T',)."""
        errors: NDArray[np.float64] = np.linalg.norm(_difference(motion, clip, self.columns), axis=1)
        return errors


class ClipMeanSquaredError(ClipMean):
    """MSE of each clip by itself, averaged: short clips count as much as long ones."""

    name = "MSE"
    definition = "mean over frames and columns of (x'-x)^2 within each clip"
    power = 2

    def _clip_value(self, motion: Motion, clip: Clip) -> float:
        """The clip's own MSE."""
        return float(np.square(_difference(motion, clip, self.columns)).mean())


class SquaredL2(ClipMeanSquaredError):
    """What LM-Listener's release calls L2: no root is drawn, so it is the MSE."""

    name = "L2"
    definition = "mean over frames and columns of (x'-x)^2 within each clip (an MSE under the name of L2)"
