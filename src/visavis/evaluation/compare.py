"""Is one method better than another: paired tests over the conversations on which both were measured."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from visavis.errors import InputError
from visavis.evaluation.info import MetricInfo
from visavis.evaluation.metric import Metric, bootstrap, weighted_values


@dataclass(frozen=True)
class Comparison:
    """Two methods under one measure.

    Attributes:
        info: The measure.
        first: The first method's value.
        second: The second's.
        difference: First minus second.
        low: Lower end of its 95% interval, by bootstrap over conversations; nan under three.
        high: Its upper end.
        p: Two-sided p-value of the paired permutation test: conversations swap methods.
        wilcoxon: That of the Wilcoxon signed-rank test on the conversations' own values, for measures that are means;
            nan for the others.
        conversations: How many.
    """

    info: MetricInfo
    first: float
    second: float
    difference: float
    low: float
    high: float
    p: float
    wilcoxon: float
    conversations: int


def compare(first: Metric, second: Metric, *, seed: int = 0) -> Comparison:
    """Tests whether two methods differ under one measure.

    The permutation test asks how often a difference as large comes about when, conversation by conversation, the two
    methods' outputs are swapped at random; it needs no distribution and holds for distances between pooled
    distributions, too, since states of conversations add up (see `visavis.evaluation.metric`).

    Args:
        first: A measure that saw one method's clips.
        second: The same measure over the other method's clips of the same conversations.
        seed: Of the permutations and the resampling.

    Raises:
        InputError: The measures, or the conversations they saw, are not the same.
    """
    a, b = first.states(), second.states()
    if type(first) is not type(second) or (first.part, first.role) != (second.part, second.role):
        raise InputError("two methods can be compared only under the same measure")
    if set(a) != set(b):
        odd = sorted(set(a) ^ set(b))
        raise InputError(f"{first.name}: conversations {', '.join(odd[:3])} were measured for one method only")
    units = sorted(a)
    pairs = np.stack([np.stack([a[unit], b[unit]]) for unit in units])  # (units, 2, samples, K)

    def differences(totals: np.ndarray) -> np.ndarray:
        return first.values_of(totals[:, 0]) - first.values_of(totals[:, 1])

    total = pairs.sum(0)
    values = first.values_of(total)
    observed = float(values[0] - values[1])
    low = high = float("nan")
    if len(units) >= 3:
        low, high = bootstrap(pairs, differences, observed, first.resamples, seed)
    # Swapping a conversation moves the difference of its states from one method's total to the other's.
    moves = pairs[:, ::-1] - pairs
    swaps = _all_swaps(len(units), 2 * first.resamples, seed).astype(np.float64)
    swapped = weighted_values(swaps, moves, lambda change: differences(total + change))
    extreme = float(np.mean(np.abs(swapped) >= abs(observed) * (1 - 1e-9)))
    return Comparison(
        first.info, float(values[0]), float(values[1]), observed, low, high, extreme,
        _wilcoxon(first, pairs), len(units),
    )  # fmt: skip


def _all_swaps(units: int, most: int, seed: int) -> np.ndarray:
    """Every way to swap conversations, bool (N, units), if there are few, else `most` random ones."""
    if 2**units <= most:
        swaps: np.ndarray = (np.arange(2**units)[:, None] >> np.arange(units)) & 1 == 1
        return swaps
    drawn = np.random.default_rng(seed).random((most, units)) < 0.5
    drawn[0] = False  # what was observed is one of the ways, so that p is never 0
    return drawn


def _wilcoxon(metric: Metric, pairs: np.ndarray) -> float:
    if not metric.per_clip and metric.aggregation != "pooled over all frames":
        return float("nan")
    if pairs.shape[-1] != 2:  # no sum and count: not a mean
        return float("nan")
    values = metric.values_of(pairs)
    values = values[np.isfinite(values).all(1)]
    difference = values[:, 0] - values[:, 1]
    if len(difference) < 2 or not difference.any():
        return 1.0 if len(difference) else float("nan")
    return float(stats.wilcoxon(difference).pvalue)


def holm(p_values: list[float]) -> list[float]:
    """Holm's correction for several tests (1979): p-values that hold for all of them together; nan stays."""
    order = sorted((i for i, p in enumerate(p_values) if np.isfinite(p)), key=lambda i: p_values[i])
    corrected = list(p_values)
    highest = 0.0
    for rank, i in enumerate(order):
        highest = max(highest, min(1.0, (len(order) - rank) * p_values[i]))
        corrected[i] = highest
    return corrected
