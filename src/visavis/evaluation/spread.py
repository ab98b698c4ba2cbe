"""Var, Variation and Diversity: how much generated motion moves, with the truth's own value next to each."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from visavis.evaluation.clip import Clip
from visavis.evaluation.intervals import Array
from visavis.evaluation.metric import ClipMean, Metric
from visavis.evaluation.moments import one_thread
from visavis.motion import Motion


class Variance(ClipMean):
    """Var: the variance over time of each column within a clip (divisor T), mean over columns, mean over clips.

    After Learning2Listen and MARS, eq. 19. Neither high nor low is good in itself: the truth's value is the aim.
    """

    name = "Var"
    definition = "mean over columns of the variance over time within a clip"
    direction = "truth"
    power = 2
    reads_truth = True

    def _clip_value(self, motion: Motion, clip: Clip) -> float:
        """The clip's own variance."""
        return float(clip.values(motion, self.columns).astype(np.float64).var(0).mean())


class Variation(Metric):
    """Variation: the variance of each column over all frames of all clips, mean over columns.

    Beside `Variance` it also counts what differs from clip to clip, such as one listener's smile and another's frown.
    """

    name = "Variation"
    definition = "mean over columns of the variance over all frames of all clips"
    direction = "truth"
    power = 2
    reads_truth = True

    def _collect(self, clip: Clip) -> None:
        """Takes the origin near which sums are taken from the first clip."""
        if self.clips == 1:
            self._shift = clip.values(clip.true, self.columns).mean(0, dtype=np.float64)

    def _state(self, motion: Motion, clip: Clip) -> Array:
        """Count, sums and sums of squares."""
        values = clip.values(motion, self.columns) - self._shift
        return np.concatenate([[len(values)], values.sum(0), np.square(values).sum(0)])

    def _value(self, state: Array) -> float:
        """The mean variance."""
        if state[0] < 1:
            return float("nan")
        mean, square = np.split(state[1:] / state[0], 2)
        return float((square - mean**2).mean())


class FlattenedVariance(Metric):
    """Var of DIM's release: the variance of all numbers in one heap, so offsets between columns count as motion."""

    name = "Var"
    definition = "variance of all values of all columns, frames and clips pooled"
    direction = "truth"
    power = 2
    reads_truth = True

    def _state(self, motion: Motion, clip: Clip) -> Array:
        """Count, sum and sum of squares."""
        values = clip.values(motion, self.columns).astype(np.float64)
        return np.array([values.size, values.sum(), np.square(values).sum()])

    def _value(self, state: Array) -> float:
        """The variance."""
        return float(state[2] / state[0] - (state[1] / state[0]) ** 2) if state[0] else float("nan")


ALL_PAIRS = 10_000
"""Rows of which all pairs are compared; of more, every second, third, ... one is taken, evenly over time."""


def pair_distance(values: NDArray[np.floating]) -> float:
    """Mean Euclidean distance of all pairs of different rows of (N, D): what random pairs have on average.

    Of more than `ALL_PAIRS` rows every k-th is taken, so that time does not grow with the square of their number.
    """
    rows = values[:: -(-len(values) // ALL_PAIRS)].astype(np.float64)
    if len(rows) < 2:
        return float("nan")
    rows -= rows.mean(0)  # so that nothing cancels in |a|^2 + |b|^2 - 2 a b
    square = np.square(rows).sum(1)
    total = 0.0
    with one_thread():
        for start in range(0, len(rows), _BLOCK):
            part = slice(start, start + _BLOCK)
            apart = square[part, None] + square[start:] - 2 * (rows[part] @ rows[start:].T)
            distances = np.sqrt(np.maximum(apart, 0.0, out=apart), out=apart)
            size = distances.shape[0]
            total += distances[:, size:].sum() + np.triu(distances[:, :size], 1).sum()
    return float(total / (len(rows) * (len(rows) - 1) / 2))


_BLOCK = 512
"""Rows that are compared with all others at a time."""


class Diversity(ClipMean):
    """Diversity: the mean Euclidean distance of two different frames of a clip, over all pairs of frames.

    Others draw some pairs; this is what such draws have on average. MARS, eq. 18, squares the distance; its release
    and everybody else's does not, nor does this.
    """

    name = "Diversity"
    definition = f"mean |x_i-x_j| of all pairs of different frames within a clip (of every k-th above {ALL_PAIRS:,})"
    direction = "truth"
    reads_truth = True

    def _clip_value(self, motion: Motion, clip: Clip) -> float:
        """The clip's own diversity."""
        return pair_distance(clip.values(motion, self.columns))


class SubsetDiversity(Diversity):
    """Diversity of releases that draw two random subsets of frames and compare them pair by pair.

    A frame may meet itself, which it does in one of N pairs. The releases draw without a seed; here is what their draws
    have on average, which no number of pairs changes.
    """

    definition = "mean |x_i-x_j| of frames i, j drawn apart from each other within a clip, in expectation"

    def _clip_value(self, motion: Motion, clip: Clip) -> float:
        """The clip's own diversity."""
        values = clip.values(motion, self.columns)
        return pair_distance(values) * (1 - 1 / len(values))
