"""PCC, rPCC and TLCC: how one person's motion correlates with the partner's."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from visavis.evaluation.clip import Clip
from visavis.evaluation.intervals import Array
from visavis.evaluation.metric import ClipMean, Metric
from visavis.motion import Motion

STILL = 1e-6
"""A column whose standard deviation is below this does not move."""


def column_correlations(a: NDArray[np.floating], b: NDArray[np.floating]) -> Array:
    """Pearson correlation of each column of (T, K) with the same column of the other; nan where one does not move."""
    a, b = a - a.mean(0, dtype=np.float64), b - b.mean(0, dtype=np.float64)
    size = np.sqrt((a * a).mean(0)), np.sqrt((b * b).mean(0))
    moves = (size[0] > STILL) & (size[1] > STILL)
    found = np.full(a.shape[1], np.nan)
    found[moves] = (a * b).mean(0)[moves] / (size[0] * size[1])[moves]
    return found


class _Coupled(ClipMean):
    needs_partner = True
    undefined = "no column moves in any true pair"

    @property
    def units(self) -> str:
        """Without."""
        return "1"

    def reset(self) -> None:
        """Forgets all clips."""
        super().reset()
        self._resting: set[str] = set()

    def _finish(self) -> None:
        """Names what could not be correlated."""
        if self._resting:
            names = sorted(self._resting)
            shown = ", ".join(names[:3]) + (" ..." if len(names) > 3 else "")
            self.notes.append(
                f"{len(names)} columns are constant in the true pair of some clip and excluded there: {shown}"
            )

    def _correlations(self, motion: Motion, clip: Clip) -> Array:
        """By column that moves in the truth and in the true partner; a generated column that rests correlates 0."""
        partner = clip.partner_of(motion)
        found = column_correlations(clip.values(motion, self.columns), clip.values(partner, self.columns))
        moves = np.isfinite(self._true_correlations(clip))
        self._resting.update(self._names[i] for i in np.flatnonzero(~moves))
        return np.nan_to_num(found[moves])

    def _true_correlations(self, clip: Clip) -> Array:
        true, partner = clip.values(clip.true, self.columns), clip.values(clip.partner_of(clip.true), self.columns)
        return column_correlations(true, partner)


class Correlation(_Coupled):
    """PCC: the mean over columns of the Pearson correlation over time with the partner's same column, clip by clip.

    Columns that do not move in the true pair are left out.
    """

    name = "PCC"
    definition = "mean over moving columns of the correlation with the partner's same column within a clip"
    direction = "truth"
    reads_truth = True
    least, most = -1.0, 1.0

    def _clip_value(self, motion: Motion, clip: Clip) -> float:
        """The clip's own."""
        found = self._correlations(motion, clip)
        return float(found.mean()) if len(found) else float("nan")


class ResidualCorrelation(_Coupled):
    """rPCC (DIM, section 4.1): L1 distance between the generated and the true correlations with the partner.

    Column by column and clip by clip, so that too much in one place does not make up for too little in another.
    """

    name = "rPCC"
    definition = "mean over moving columns of |PCC'-PCC| within a clip"
    most = 2.0

    def _clip_value(self, motion: Motion, clip: Clip) -> float:
        """The clip's own."""
        true = self._true_correlations(clip)
        found = self._correlations(motion, clip)
        return float(np.abs(found - true[np.isfinite(true)]).mean()) if len(found) else float("nan")


def _flat_sums(a: NDArray[np.floating], b: NDArray[np.floating]) -> Array:
    """Count, sums, sums of squares and sum of products of two heaps of numbers."""
    x, y = a.astype(np.float64).ravel(), b.astype(np.float64).ravel()
    return np.array([len(x), x.sum(), y.sum(), x @ x, y @ y, x @ y])


def _pair_sums(motion: Motion, clip: Clip, columns: NDArray[np.intp]) -> Array:
    return _flat_sums(clip.values(motion, columns), clip.values(clip.partner_of(motion), columns))


def _flat_correlation(sums: Array) -> float:
    count, x, y, xx, yy, xy = sums
    spread = (xx - x * x / count) * (yy - y * y / count) if count else 0.0
    return float((xy - x * y / count) / np.sqrt(spread)) if spread > 0 else float("nan")


class FlattenedResidualCorrelation(Metric):
    """rPCC of DIM's release: correlations of all numbers in one heap, over columns, frames and clips."""

    name = "rPCC"
    definition = "|PCC(pred, partner) - PCC(truth, partner)|, each on all values pooled"
    needs_partner = True
    most = 2.0
    undefined = "all values of somebody are the same"

    @property
    def units(self) -> str:
        """Without."""
        return "1"

    def _state(self, motion: Motion, clip: Clip) -> Array:
        """Sums of the generated pair, then of the true pair."""
        pairs = [(m, clip.partner_of(m)) for m in (motion, clip.true)]
        return np.concatenate(
            [_flat_sums(clip.values(m, self.columns), clip.values(p, self.columns)) for m, p in pairs]
        )

    def _value(self, state: Array) -> float:
        """The difference."""
        generated, true = np.split(state, 2)
        return abs(_flat_correlation(generated) - _flat_correlation(true))


class ClipFlattenedResidualCorrelation(ClipMean):
    """rPCC of DualTalk's release: the same, file by file, then averaged."""

    name = "rPCC"
    definition = "|PCC(pred, partner) - PCC(truth, partner)|, each on all values of a clip pooled"
    needs_partner = True
    most = 2.0
    undefined = "in no clip do the values of everybody differ"

    @property
    def units(self) -> str:
        """Without."""
        return "1"

    def _clip_value(self, motion: Motion, clip: Clip) -> float:
        """The clip's own."""
        found = [_flat_correlation(_pair_sums(m, clip, self.columns)) for m in (motion, clip.true)]
        return abs(found[0] - found[1])


def lagged_correlations(motion: NDArray[np.floating], partner: NDArray[np.floating], lags: int) -> Array:
    """Mean over moving columns of |Pearson correlation| at each lag from -`lags` to `lags` frames, (2 lags + 1,).

    At a positive lag the person follows the partner: frame t + lag of `motion` is set beside frame t of `partner`.
    """
    count = len(motion)
    found = np.zeros(2 * lags + 1)
    for i, lag in enumerate(range(-lags, lags + 1)):
        own = motion[max(0, lag) : count + min(0, lag)]
        other = partner[max(0, -lag) : count - max(0, lag)]
        size = np.abs(column_correlations(own, other))
        size = size[np.isfinite(size)]
        found[i] = size.mean() if len(size) else 0.0
    return found


class LaggedCorrelation(_Coupled):
    """TLCC: the highest correlation with the partner at any lag up to 2 s either way, mean over clips.

    At each lag the absolute correlations are averaged over the columns; the highest such average counts. Chance alone
    lifts it above 0, the more the shorter the clip, so read it beside the truth's value.
    """

    name = "TLCC"
    definition = "max over lags within 2 s of the mean over moving columns of |correlation with the partner|"
    direction = "truth"
    reads_truth = True
    by_role = False
    most = 1.0
    seconds = 2.0

    def _curve(self, motion: Motion, clip: Clip) -> Array:
        key = ("lagged", id(motion), self.part)
        if key not in clip.cache:
            lags = min(round(self.seconds * motion.fps), len(motion) // 3)
            partner = clip.partner_of(motion)
            clip.cache[key] = lagged_correlations(motion.values[:, self.columns], partner.values[:, self.columns], lags)
        curve: Array = clip.cache[key]
        return curve

    def _clip_value(self, motion: Motion, clip: Clip) -> float:
        """The clip's own."""
        curve = self._curve(motion, clip)
        return float(curve.max()) if curve.any() else float("nan")


class CorrelationLag(LaggedCorrelation):
    """The lag at which TLCC is reached, in seconds, mean over clips; positive where the person follows the partner."""

    name = "TLCC lag"
    definition = "lag at which TLCC is reached; positive where the person follows the partner"
    least, most = -LaggedCorrelation.seconds, LaggedCorrelation.seconds

    @property
    def units(self) -> str:
        """Seconds."""
        return "s"

    def _clip_value(self, motion: Motion, clip: Clip) -> float:
        """The clip's own."""
        curve = self._curve(motion, clip)
        return float((int(curve.argmax()) - len(curve) // 2) / motion.fps) if curve.any() else float("nan")
