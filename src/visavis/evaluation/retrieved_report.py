"""Retrieval methods side by side: a table, comparisons, a figure."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from visavis.evaluation import side_by_side
from visavis.evaluation.intervals import Interval
from visavis.evaluation.ranking import chance_median, chance_recall
from visavis.evaluation.retrieved import Measured, Queries

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLOURS = ("#1f6f78", "#d1603d", "#6a8532", "#7a5195", "#b08a2e", "#4a6fa5", "#a5484a", "#5c5c5c")
Rows = Mapping[str, Measured | str]
"""Methods by name: measured, or why not."""


def table(rows: Rows, queries: Queries) -> list[str]:
    """Lines of Markdown, one per method, every value with its interval; at the end what chance gives."""
    figures = figures_of(rows)
    known = {f"R@{k}": f"{chance_recall(k, queries.clips):.2f}" for k in queries.recalls}
    known["median rank"] = f"{chance_median(queries.clips):.0f}"
    chance = " | ".join(known.get(name, "") for name in side_by_side.measures_of(figures))
    return [*side_by_side.table(figures, shown=_cell), f"| chance | {chance} |"]


def summary(rows: Rows, queries: Queries) -> str:
    """Aligned lines for a terminal, values without intervals."""
    return side_by_side.summary(table(rows, queries))


def figures_of(rows: Rows) -> side_by_side.Rows:
    """Every method's measures, or why it was not measured."""
    return {name: row if isinstance(row, str) else row.figures() for name, row in rows.items()}


def order(low: Measured, middle: Measured, high: Measured) -> dict[str, str]:
    """Whether three methods' distances rise, for each face space: ``holds, intervals apart``, ``holds`` or not."""
    found = {}
    for s, space in enumerate(low.spaces):
        a, b, c = (row.distance(s) for row in (low, middle, high))
        if not all(math.isfinite(mean) for mean, _, _ in (a, b, c)):
            found[space] = "cannot be told, as too few faces are seen"
            continue
        apart = a[2] < b[1] and b[2] < c[1]
        found[space] = "holds, intervals apart" if apart else "holds" if a[0] < b[0] < c[0] else "does not hold"
    return found


def times_chance(row: Measured, queries: Queries) -> dict[int, Interval]:
    """By k, how many times as high as by chance R@k is, and its 95% interval."""
    figures = row.figures()
    found = {}
    for k in queries.recalls:
        value, low, high = (end / chance_recall(k, queries.clips) for end in figures[f"R@{k}"])
        found[k] = value, low, high
    return found


def draw(rows: Rows, queries: Queries) -> Figure:
    """R@k of all methods for every k, and how far what they find looks from the true listener."""
    from matplotlib.figure import Figure

    measured = {name: row for name, row in rows.items() if isinstance(row, Measured)}
    colours = {name: COLOURS[i % len(COLOURS)] for i, name in enumerate(measured)}
    panels = 1 + bool(queries.spaces)
    figure = Figure(figsize=(6 * panels, 3.4 + 0.3 * len(measured)), layout="constrained")
    recall, *others = np.atleast_1d(figure.subplots(1, panels)).ravel()
    for name, row in measured.items():
        found = np.arange(1, len(row.ranks) + 1) / len(row.ranks)
        recall.step([0, *np.sort(row.ranks), queries.clips], [0, *found, 1], where="post", color=colours[name],
                    label=name, linewidth=1.4)  # fmt: skip
    recall.plot([0, queries.clips], [0, 1], "--", color="0.6", linewidth=1, label="chance")
    recall.set(xlabel="k", ylabel="R@k", xlim=(0, queries.clips), ylim=(0, 1))
    recall.set_title("True listeners among the first k (higher is better)", fontsize=10)
    figure.legend(*recall.get_legend_handles_labels(), loc="outside lower center", ncols=panels, fontsize=7)
    for axis in others:
        _draw_distances(axis, measured, colours, queries.spaces)
    return figure


def _draw_distances(axis: Any, rows: Mapping[str, Measured], colours: Mapping[str, str], spaces: Sequence[str]) -> None:
    """Each space by itself in units of its largest value, so that spaces of other scales fit beside it."""
    for s in range(len(spaces)):
        values = {name: row.distance(s) for name, row in rows.items()}
        largest = max((v[0] for v in values.values() if math.isfinite(v[0])), default=1.0)
        for i, (name, (mean, low, high)) in enumerate(values.items()):
            y = i + 0.25 * (s - (len(spaces) - 1) / 2)
            axis.plot([low / largest, high / largest], [y, y], "-", color=colours[name], linewidth=1.6)
            axis.plot(mean / largest, y, "os^D"[s % 4], color=colours[name], markersize=4)
    for s, space in enumerate(spaces):
        axis.plot([], [], "os^D"[s % 4], color="0.4", markersize=4, linestyle="none", label=space)
    axis.set_yticks(range(len(rows)), [textwrap.fill(name, 32) for name in rows], fontsize=7)
    axis.invert_yaxis()
    axis.set_xlabel("over the largest in its space", fontsize=8)
    axis.set_title("Distance of the first clip from the true listener (lower is better)", fontsize=10)
    axis.legend(fontsize=7, framealpha=0.6)


def _cell(measure: str, values: Interval) -> str:
    if not math.isfinite(values[0]):
        return "-"
    digits = 0 if measure == "median rank" else 2 if measure.startswith("R@") or measure in ("fits", "offends") else 3
    value, low, high = (f"{v:.{digits}f}" for v in values)
    return f"{value} [{low}, {high}]" if math.isfinite(values[1]) else value
