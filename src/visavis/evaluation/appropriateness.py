"""FRC and FRD: similarity to any of the reactions that were appropriate (Song et al., REACT 2023 and 2024).

What is appropriate is said by a neighbour matrix over clips, its diagonal by whether a clip's own truth is.
"""

from __future__ import annotations

from math import nan
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

from visavis.evaluation.clip import Clip
from visavis.evaluation.intervals import Array
from visavis.evaluation.metric import ClipMean
from visavis.motion import Column, Motion, MotionSpace

_ACTION_UNITS = tuple(f"AU{i:02d}" for i in (1, 2, 4, 6, 7, 9, 10, 12, 14, 15, 17, 23, 24, 25, 26))
_EMOTIONS = ("neutral", "happy", "sad", "surprise", "fear", "disgust", "anger", "contempt")

REACT25 = MotionSpace(
    name="react25",
    columns=tuple(Column(n, "coefficient", "expression") for n in (*_ACTION_UNITS, "valence", "arousal", *_EMOTIONS)),
    sets=MappingProxyType({"action_units": _ACTION_UNITS, "affect": ("valence", "arousal"), "emotions": _EMOTIONS}),
    description="REACT's 25 facial attributes: 15 action units, valence and arousal, 8 expression probabilities.",
)


def concordance(a: NDArray[np.floating], b: NDArray[np.floating]) -> float:
    """Lin's concordance correlation coefficient of each column of (T, K), mean over columns; 1e-8 in the divisor."""
    x, y = a.astype(np.float64), b.astype(np.float64)
    mean_x, mean_y = x.mean(0), y.mean(0)
    covariance = ((x - mean_x) * (y - mean_y)).mean(0)
    return float((2 * covariance / (x.var(0) + y.var(0) + (mean_x - mean_y) ** 2 + 1e-8)).mean())


def dynamic_time_warping(a: NDArray[np.floating], b: NDArray[np.floating]) -> float:
    """Root of the least sum of squared distances along a path that aligns (T, K) with (U, K), each step forward."""
    cost = cdist(a.astype(np.float64), b.astype(np.float64), "sqeuclidean")
    rows, columns = cost.shape
    # Cells of one anti-diagonal depend on the two before it alone; row i of each is kept at index i + 1.
    before, last = np.full(rows + 1, np.inf), np.full(rows + 1, np.inf)
    for diagonal in range(rows + columns - 1):
        first, stop = max(0, diagonal - columns + 1), min(rows, diagonal + 1)
        i = np.arange(first, stop)
        best = np.minimum(np.minimum(last[i + 1], last[i]), before[i])
        now = np.full(rows + 1, np.inf)
        now[i + 1] = cost[i, diagonal - i] + (0.0 if diagonal == 0 else best)
        before, last = last, now
    return float(np.sqrt(last[rows]))


class _Appropriate(ClipMean):
    by_role = False
    react = False

    def __init__(self, part: str = "all", *, react: bool = False, **labels: str) -> None:
        """Args: part: which columns. react: whether samples are summed, as REACT does. labels: as for `Metric`."""
        super().__init__(part, **labels)
        self.react = react

    def values_of(self, totals: Array) -> Array:
        """The mean over samples, or REACT's sum."""
        return super().values_of(totals) * (totals.shape[-2] if self.react else 1)


class ReactionCorrelation(_Appropriate):
    """FRC: the highest concordance of a generated reaction with any appropriate one, mean over samples and clips.

    Reactions of other lengths have no concordance. In REACT all clips are equally long.
    """

    name = "FRC"
    direction = "higher"
    definition = "max over appropriate reactions of the mean over columns of Lin's concordance correlation"
    undefined = "no clip is as long as a reaction that would be appropriate"

    def reset(self) -> None:
        """Forgets all clips."""
        super().reset()
        self._unequal = 0

    def _start(self, clip: Clip) -> None:
        """A concordance is from -1 to 1; so is the mean over samples, but not their sum."""
        self.most = float(len(clip.predicted) if self.react else 1)
        self.least = -self.most

    def _collect(self, clip: Clip) -> None:
        """Counts what cannot be compared."""
        self._unequal += sum(len(motion) != len(clip.true) for motion in clip.appropriate)

    def _finish(self) -> None:
        """Says how much cannot be compared."""
        if self._unequal:
            self.notes.append(
                f"{self._unequal} appropriate reactions are longer or shorter than the clip and left out, since FRC "
                "compares frame by frame; cut all clips to one length"
            )

    @property
    def units(self) -> str:
        """Without."""
        return "1"

    def _clip_value(self, motion: Motion, clip: Clip) -> float:
        """One sample's."""
        own = clip.values(motion, self.columns)
        fitting = [clip.values(other, self.columns) for other in clip.appropriate if len(other) == len(clip.true)]
        return max((concordance(other, own) for other in fitting), default=nan)


class ReactionDistance(_Appropriate):
    """FRD: the least dynamic-time-warping distance to any appropriate reaction, mean over samples and clips.

    Blocks of columns are warped apart and weighted: in REACT's space action units by 1/15, valence and arousal by 1,
    expressions by 1/8; elsewhere each group of columns by one over its size. Lengths may differ.
    """

    name = "FRD"
    definition = "min over appropriate reactions of sum over blocks of weight * DTW"

    def _start(self, clip: Clip) -> None:
        """The blocks."""
        space = clip.true.space
        if all(name in space.sets for name in REACT25.sets):
            blocks = {"action_units": 1 / 15, "affect": 1.0, "emotions": 1 / 8}
            self._blocks = [(space.indices(name), weight) for name, weight in blocks.items()]
        else:
            inside = [np.intersect1d(space.indices(group), self.columns) for group in space.groups]
            self._blocks = [(columns, 1 / len(columns)) for columns in inside if len(columns)]

    def _clip_value(self, motion: Motion, clip: Clip) -> float:
        """One sample's."""
        return min(self._distance(motion, other) for other in clip.appropriate)

    def _distance(self, motion: Motion, other: Motion) -> float:
        return sum(
            weight * dynamic_time_warping(motion.values[:, columns], other.values[:, columns])
            for columns, weight in self._blocks
        )
