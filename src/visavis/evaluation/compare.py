"""Is one method better than another: paired tests over the conversations on which both were measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import nan

import numpy as np
from numpy.typing import NDArray

from visavis.errors import InputError
from visavis.evaluation.info import MetricInfo
from visavis.evaluation.intervals import groups_of, jackknife_interval, pseudo_values
from visavis.evaluation.metric import Metric
from visavis.evaluation.significance import sign_flips

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Comparison:
    """Two methods under one measure.

    Attributes:
        info: The measure.
        first: The first method's value.
        second: The second's.
        difference: First minus second.
        low: Lower end of its 95% interval over conversations; nan where there is none.
        high: Its upper end.
        p: Two-sided p-value of the paired test, as if it had been the only one.
        p_family: The same for all comparisons that were made together: below 0.05, the chance that any of them is
            found by accident is below 5%.
        conversations: How many.
        unit: What they are, if not conversations.
    """

    info: MetricInfo
    first: float
    second: float
    difference: float
    low: float
    high: float
    p: float
    p_family: float
    conversations: int
    unit: str = "conversation"


def compare(first: Metric, second: Metric) -> Comparison:
    """Tests whether two methods differ under one measure; see `compare_all`."""
    return compare_all([(first, second)])[0]


def compare_all(pairs: Sequence[tuple[Metric, Metric]]) -> list[Comparison]:
    """Tests whether methods differ, under any number of measures that are judged together.

    What each conversation says of a difference (its pseudo-value; of a mean, its own difference) is as likely to have
    the other sign if the methods are alike: see `visavis.evaluation.significance`. That asks for no distribution, and
    holds for distances between pooled distributions, too.

    Args:
        pairs: A measure that saw one method's clips, and the same measure over another method's clips of the same
            conversations.

    Raises:
        InputError: The measures of a pair, or the conversations they saw, are not the same.
    """
    units = sorted({unit for first, _ in pairs for unit in first.states()})
    groups = groups_of(units)
    said = [_differences(first, second, groups) for first, second in pairs]
    tested = sign_flips(np.stack([each.by_group for each in said], 1)) if said else None
    return [
        Comparison(
            first.info, *each.values, each.values[0] - each.values[1], *each.interval, float(tested.alone[row]),
            float(tested.together[row]), each.conversations,
            first.independent,
        )
        for row, ((first, _), each) in enumerate(zip(pairs, said, strict=True)) if tested
    ]  # fmt: skip


@dataclass(frozen=True)
class _Difference:
    """Both values, what each group of conversations says of the difference (nan: nothing), and its interval."""

    values: tuple[float, float]
    by_group: Array
    interval: tuple[float, float]
    conversations: int


def _differences(first: Metric, second: Metric, groups: list[list[str]]) -> _Difference:
    a, b = first.states(), second.states()
    if type(first) is not type(second) or (first.part, first.role) != (second.part, second.role):
        raise InputError("two methods can be compared only under the same measure")
    if set(a) != set(b):
        odd = sorted(set(a) ^ set(b))
        raise InputError(f"{first.name}: conversations {', '.join(odd[:3])} were measured for one method only")
    pairs = {unit: np.stack([a[unit], b[unit]]) for unit in a if a[unit].any() or b[unit].any()}
    found = np.full(len(groups), nan)
    measured = [i for i, group in enumerate(groups) if any(unit in pairs for unit in group)]
    if not measured:
        return _Difference((nan, nan), found, (nan, nan), 0)
    states = np.stack([np.sum([pairs[u] for u in groups[i] if u in pairs], 0) for i in measured])

    def difference(totals: Array) -> Array:
        return first.values_of(totals[:, 0]) - first.values_of(totals[:, 1])

    found[measured] = pseudo_values(states, difference)
    one, other = (float(value) for value in first.values_of(states.sum(0)))
    doubtful = len(states) < 2 or any(first.doubt(states[:, i]) for i in (0, 1))
    widest = first.most - first.least
    interval = (nan, nan) if doubtful else jackknife_interval(one - other, found, least=-widest, most=widest)
    return _Difference((one, other), found, interval, len(pairs))


def holm(p_values: list[float]) -> list[float]:
    """Holm's correction for several tests (1979): p-values that hold for all of them together; nan stays."""
    order = sorted((i for i, p in enumerate(p_values) if np.isfinite(p)), key=lambda i: p_values[i])
    corrected = list(p_values)
    highest = 0.0
    for rank, i in enumerate(order):
        highest = max(highest, min(1.0, (len(order) - rank) * p_values[i]))
        corrected[i] = highest
    return corrected
