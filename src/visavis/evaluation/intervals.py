"""Confidence intervals: of a mean, of a share, of a median, and of any function of summed contributions.

How often they hold the true value is measured in ``docs/results/statistics.md``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import inf, nan

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from visavis.evaluation.moments import one_thread

Array = NDArray[np.float64]
Interval = tuple[float, float, float]
"""A value, and the lower and upper end of its confidence interval, nan where there is none."""
Totals = Callable[[Array], Array]
"""Values of many totals, (N, ...) to (N,)."""

GROUPS = 100
"""Units are left out one by one up to this many; more are joined to so many groups first."""
HELD_AT_ONCE = 4_000_000
"""Numbers of resampled totals in memory."""


def mean_interval(values: ArrayLike, level: float = 0.95, least: float = -inf, most: float = inf) -> Interval:
    """Mean and its confidence interval by Student's t, cut to what a value can be.

    Args:
        values: (N,), one per independent unit, such as a conversation; nan is left out.
        level: Of confidence.
        least: Below which no value lies.
        most: Above which none does.

    Returns:
        Mean, lower and upper end; no ends of fewer than two units, which do not say how far values scatter.
    """
    known = np.asarray(values, np.float64)
    known = known[np.isfinite(known)]
    mean = float(known.mean()) if len(known) else nan
    return mean, *jackknife_interval(mean, known, level, least, most)


def share_interval(hits: ArrayLike, level: float = 0.95) -> Interval:
    """The share of what is true, (N,), and Wilson's interval, which has a width even where all or none is."""
    known = np.asarray(hits, bool)
    if not len(known):
        return nan, nan, nan
    found = stats.binomtest(int(known.sum()), len(known)).proportion_ci(level, method="wilson")
    return float(known.mean()), float(found.low), float(found.high)


def median_interval(values: ArrayLike, level: float = 0.95) -> Interval:
    """The median of (N,) and its interval by order statistics, which exists from six values on."""
    known = np.asarray(values, np.float64)
    if not len(known):
        return nan, nan, nan
    median = float(np.median(known))
    found = stats.quantile_test(known, q=median, p=0.5).confidence_interval(level)
    return median, float(found.low), float(found.high)


def groups_of(units: Iterable[str]) -> list[list[str]]:
    """Units that are left out together: each by itself, or, of more than `GROUPS`, as many at random in each group."""
    names = sorted(units)
    if len(names) <= GROUPS:
        return [[name] for name in names]
    order = np.random.default_rng(0).permutation(len(names))
    return [[names[i] for i in part] for part in np.array_split(order, GROUPS)]


def pseudo_values(states: Array, values_of: Totals) -> Array:
    """What each unit says of a function of the sum over all of them, by the jackknife (Tukey 1958).

    Of a mean they are the units' own values. Of a function that few units bias, such as a distance between
    distributions, their mean is the value without that bias (Quenouille 1956).

    Args:
        states: (units, ...), contributions that add up.
        values_of: Of totals (N, ...), (N,).

    Returns:
        (units,), nan where the others have no value without a unit, and for a single unit.
    """
    count, total = len(states), states.sum(0)
    if count < 2:
        return np.full(count, nan)
    block = max(1, HELD_AT_ONCE // max(1, states[0].size))
    with one_thread():
        whole = values_of(total[None])
        without = [values_of(total - states[i : i + block]) for i in range(0, count, block)]
    found: Array = count * whole - (count - 1) * np.concatenate(without)
    return found


def jackknife_interval(
    value: float, pseudo: Array, level: float = 0.95, least: float = -inf, most: float = inf
) -> tuple[float, float]:
    """A confidence interval of a value by Student's t of its `pseudo_values`, cut to what a value can be.

    It is laid about both the value and the mean of the pseudo-values, which is the value without the bias of small
    numbers: an interval about that alone ends too low, since where a distance happens to come out small, its
    pseudo-values scatter little, too.

    Returns:
        Lower and upper end; nan of fewer than two pseudo-values.
    """
    known = pseudo[np.isfinite(pseudo)]
    if len(known) < 2:
        return nan, nan
    half = float(stats.t.ppf((1 + level) / 2, len(known) - 1) * stats.sem(known))
    low, high = sorted((value, float(known.mean())))
    return min(max(low - half, least), most), max(min(high + half, most), least)


def ratio_interval(sums: Array, power: float = 1.0, least: float = 0.0, most: float = inf) -> Interval:
    """A power of a ratio of sums over units, such as a root mean square, and its interval by the jackknife.

    Args:
        sums: (units, 2), numerators and denominators.
        power: Of the ratio.
        least: Below which no value lies.
        most: Above which none does.

    Returns:
        Value, lower and upper end; nan where the denominators sum to nothing.
    """

    def values_of(totals: Array) -> Array:
        known = totals[:, 1] > 0
        ratios: Array = np.where(known, totals[:, 0] / np.where(known, totals[:, 1], 1.0), nan)
        return np.asarray(ratios**power, np.float64)

    value = float(values_of(sums.sum(0)[None])[0])
    return value, *jackknife_interval(value, pseudo_values(sums[sums.any(1)], values_of), least=least, most=most)
