"""Methods under the same metrics: figures for tables, and which methods differ significantly."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from visavis.evaluation.clip import Clip
from visavis.evaluation.compare import Comparison, compare_all
from visavis.evaluation.intervals import Interval
from visavis.evaluation.metric import Metric
from visavis.evaluation.side_by_side import Figures, Rows, interval_of
from visavis.evaluation.significance import LEVEL

Measured = dict[str, Metric]
"""Measures that have seen a method's clips, by the title of their column."""
Differences = Mapping[tuple[str, str], Comparison]
"""By method and column, the method of reference compared with it."""


def measured(clips: Iterable[Clip], metrics: Measured) -> Measured:
    """The measures, having seen all clips; those between two people only where the partner is known."""
    for clip in clips:
        for metric in metrics.values():
            if clip.partner is not None or not metric.needs_partner:
                metric.add(clip)
    return metrics


def rows_of(found: Mapping[str, Measured | str]) -> Rows:
    """Values and intervals; last, those of the true motion."""
    rows: dict[str, Figures | str] = {}
    truth: dict[str, Interval] = {}
    for name, row in found.items():
        if isinstance(row, str):
            rows[name] = row
            continue
        results = {title: metric.compute() for title, metric in row.items()}
        rows[name] = {title: interval_of(result) for title, result in results.items()}
        nan = float("nan")
        truth |= {title: (result.truth, nan, nan) for title, result in results.items() if math.isfinite(result.truth)}
    return {**rows, "*truth*": truth} if truth else rows


def compared(found: Mapping[str, Measured | str], reference: str) -> Differences:
    """A method with each other one under all measures, tested together, where they can be tested."""
    own = found[reference]
    if isinstance(own, str):
        return {}
    pairs = {
        (name, title): (own[title], metric)
        for name, row in found.items() if name != reference and not isinstance(row, str)
        for title, metric in row.items() if metric.comparable and metric.clips and own[title].clips
    }  # fmt: skip
    return dict(zip(pairs, compare_all(list(pairs.values())), strict=True))


def stars(differences: Differences) -> dict[tuple[str, str], str]:
    """A star behind what is told apart from the method of reference, all tests of the table taken together."""
    return {where: "*" for where, comparison in differences.items() if comparison.p_family < LEVEL}
