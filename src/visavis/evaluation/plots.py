"""Results as pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from visavis.evaluation.protocol import Evaluation
from visavis.evaluation.report import by_measure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ROLES = {"both": "#1f6f78", "speaker": "#d1603d", "listener": "#6a8532"}


def draw_measures(evaluation: Evaluation) -> Figure:
    """Each measure's values by part and role, with intervals; hollow diamonds are the truth's own values."""
    from matplotlib.figure import Figure

    groups = by_measure(evaluation.results)
    columns = min(3, len(groups))
    rows = -(-len(groups) // columns)
    figure = Figure(figsize=(4.2 * columns, 2.8 * rows), layout="constrained")
    axes = np.atleast_1d(figure.subplots(rows, columns, squeeze=False)).ravel()
    for axis, (name, results) in zip(axes, groups.items(), strict=False):
        parts = list(dict.fromkeys(r.info.part for r in results))
        shown = [role for role in ROLES if any(r.info.role == role for r in results)]
        for r in results:
            y = parts.index(r.info.part) + 0.22 * (shown.index(r.info.role) - (len(shown) - 1) / 2)
            color = ROLES[r.info.role]
            axis.plot(r.value, y, "o", color=color, markersize=4)
            axis.plot([r.low, r.high], [y, y], "-", color=color, linewidth=1.5)
            axis.plot(r.truth, y, "D", color=color, markerfacecolor="none", markersize=6)
        axis.set_yticks(range(len(parts)), parts)
        axis.invert_yaxis()
        axis.set_title(f"{name} ({results[0].info.direction})", fontsize=10)
        axis.set_xlabel(" / ".join(dict.fromkeys(r.info.units for r in results)), fontsize=8)
        axis.tick_params(labelsize=8)
    for axis in axes[len(groups) :]:
        axis.set_visible(False)
    for role, color in ROLES.items():
        if any(r.info.role == role for r in evaluation.results):
            axes[0].plot([], [], "o", color=color, label=role, markersize=4)
    axes[0].legend(fontsize=7)
    return figure


def draw_conversations(evaluation: Evaluation) -> Figure:
    """Each conversation's own value of each measure's first part, so that outliers have names."""
    from matplotlib.figure import Figure

    groups = by_measure(evaluation.results)
    columns = min(3, len(groups))
    rows = -(-len(groups) // columns)
    figure = Figure(figsize=(4.2 * columns, 2.4 * rows), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False).ravel()
    for axis, (name, results) in zip(axes, groups.items(), strict=False):
        values = results[0].per_conversation
        axis.plot(list(values.values()), np.arange(len(values)), ".", color=ROLES["both"])
        axis.axvline(results[0].value, color="0.6", linewidth=1)
        axis.set_yticks(range(len(values)), list(values)) if len(values) <= 12 else axis.set_yticks([])
        axis.set_title(f"{name}, {results[0].info.part}", fontsize=10)
        axis.tick_params(labelsize=7)
    for axis in axes[len(groups) :]:
        axis.set_visible(False)
    return figure
