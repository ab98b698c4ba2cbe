"""Var, Variation and Diversity: how much generated motion moves, with the truth's own value next to each."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from visavis.evaluation.clip import Clip
from visavis.evaluation.intervals import Array
from visavis.evaluation.metric import ClipMean, Metric
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

    def _start(self, clip: Clip) -> None:
        """The origin near which sums are taken."""
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


def pair_distance(values: NDArray[np.floating], pairs: int, seed: int = 0) -> float:
    """Mean Euclidean distance of `pairs` random pairs of different rows of (N, D)."""
    rng = np.random.default_rng(seed)
    first = rng.integers(len(values), size=pairs)
    second = (first + rng.integers(1, len(values), size=pairs)) % len(values)
    return float(np.linalg.norm(values[first].astype(np.float64) - values[second], axis=1).mean())


class Diversity(ClipMean):
    """Diversity: the mean Euclidean distance of 1,000 random pairs of different frames of a clip.

    MARS, eq. 18, squares the distance; its release and everybody else's does not, nor does this.
    """

    name = "Diversity"
    definition = "mean |x_i-x_j| of 1,000 random pairs of frames within a clip, seed 0"
    direction = "truth"
    reads_truth = True
    pairs = 1000

    def _clip_value(self, motion: Motion, clip: Clip) -> float:
        """The clip's own diversity."""
        return pair_distance(clip.values(motion, self.columns), self.pairs)


class SubsetDiversity(ClipMean):
    """Diversity of releases: two random subsets of frames, each without replacement, compared pair by pair.

    A frame may meet itself. The releases seed nothing; seed 0 is used here.
    """

    name = "Diversity"
    direction = "truth"
    reads_truth = True

    def __init__(self, part: str = "all", *, pairs: int, short: int = 0, **labels: str) -> None:
        """`pairs` frames are drawn twice; `short` instead from clips of no more than `pairs` frames."""
        super().__init__(part, **labels)
        self.pairs, self.short = pairs, short
        self.definition = f"mean distance of {pairs} pairs, drawn twice without replacement"
        if short:
            self.definition += f"; {short} pairs where T <= {pairs}"

    def _clip_value(self, motion: Motion, clip: Clip) -> float:
        """The clip's own diversity; nan for clips that are shorter than the subsets."""
        values = clip.values(motion, self.columns).astype(np.float64)
        count = self.pairs if len(values) > self.pairs else self.short
        if not count or len(values) < count:
            self.notes.append(f"clips of fewer than {(self.short or self.pairs + 1)} frames are excluded")
            return float("nan")
        rng = np.random.default_rng(0)
        first, second = (rng.choice(len(values), count, replace=False) for _ in range(2))
        return float(np.linalg.norm(values[first] - values[second], axis=1).mean())
