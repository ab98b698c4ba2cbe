"""A study's results for people and programs: text, CSV, a chart and a page."""

from __future__ import annotations

import base64
import csv
import io
import math
from dataclasses import asdict
from importlib import resources
from typing import TYPE_CHECKING

from visavis import __version__
from visavis.errors import shown
from visavis.preference.forced_choice.design import Design
from visavis.preference.forced_choice.results import Comparison, Results

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_INK, _MAIN, _SOFT = "#1c2626", "#0b7a75", "#8a9999"
HEADER = ("comparison", "answers", "preferred", "% ± SE", "95% CI (Wilson)", "95% CI (items, people)",
          "p (binomial)", "p (Holm)", "items won:lost", "p (sign, items)", "alpha")  # fmt: skip


def cells(row: Comparison) -> tuple[str, ...]:
    """A comparison as the cells under `HEADER`."""
    return (
        f"{row.ours} vs. {row.other}", str(row.answers), str(row.preferred),
        f"{percent(row.share)} ± {percent(row.error, 2)}" if row.answers else "-",
        span(row.low, row.high), span(row.cluster_low, row.cluster_high), p_value(row.p), p_value(row.p_holm),
        f"{row.items_for}:{row.items_against}", p_value(row.p_items),
        f"{row.alpha:.2f}" if math.isfinite(row.alpha) else "-",
    )  # fmt: skip


def percent(share: float, digits: int = 1) -> str:
    """Of a hundred, without the sign; a dash for nan."""
    return f"{100 * share:.{digits}f}" if math.isfinite(share) else "-"


def span(low: float, high: float) -> str:
    """``[low, high]`` in percent."""
    return f"[{percent(low)}, {percent(high)}]" if math.isfinite(low) else "-"


def p_value(p: float) -> str:
    """Three digits, or that it is less."""
    if not math.isfinite(p):
        return "-"
    return f"{p:.3f}" if p >= 0.001 else "< 0.001"


def facts(design: Design, found: Results) -> list[str]:
    """What one has to know about the answers, in one line each."""
    allowed = design.allowed_failures
    too_many = (
        f"more than {allowed} attention checks" if allowed > 1 else f"{('an', 'a second')[allowed]} attention check"
    )
    lines = [
        f"question: {shown(design.question)}",
        f"{found.joined} people started; the answers of {found.counted} count, {found.finished} of whom finished",
        f"{found.inattentive} failed {too_many}, or answered most pairs in less time than the two videos last; their "
        f"{found.left_out} answers are excluded",
        _rushed(found),
        f"{sum(row.answers for row in found.comparisons)} of {found.wanted} answers to pairs",
    ]
    if found.left.of:
        lines.append(
            f"left was chosen in {percent(found.left.share)}% {span(found.left.low, found.left.high)}; "
            f"p-value for no side bias: {p_value(found.left.p)}"
        )
        lines.append(f"median response time: {found.seconds:.1f} s")
    if found.consistent.of:
        lines.append(
            f"{found.consistent.count} of {found.consistent.of} repeated pairs were answered consistently "
            f"({percent(found.consistent.share)}% {span(found.consistent.low, found.consistent.high)})"
        )
    return lines


def _rushed(found: Results) -> str:
    """How many single answers do not count, and what the result would be if they did."""
    count = sum(row.rushed for row in found.comparisons)
    line = f"{count} other answers came in less time than the two videos last, and are excluded"
    if not count:
        return line
    shares = ", ".join(f"{percent(row.share_with_rushed)}% vs. {row.other}" for row in found.comparisons)
    return f"{line}; with them, {found.comparisons[0].ours} is preferred in {shares}"


def summary(design: Design, found: Results) -> str:
    """Aligned lines for a terminal."""
    rows = [HEADER, *(cells(row) for row in found.comparisons)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(HEADER))]
    table = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows)
    return "\n".join((*table, "", *facts(design, found)))


def as_csv(found: Results) -> str:
    """One line per comparison; shares are from 0 to 1, empty cells are not defined."""
    text = io.StringIO()
    rows = [asdict(row) for row in found.comparisons]
    writer = csv.DictWriter(text, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows({k: "" if isinstance(v, float) and math.isnan(v) else v for k, v in row.items()} for row in rows)
    return text.getvalue()


def draw(design: Design, found: Results) -> Figure:
    """Percent preferred by comparison: the point, Wilson's interval, and thinner the one over items and people."""
    from matplotlib.figure import Figure

    rows = found.comparisons
    figure = Figure(figsize=(7.2, 1.6 + 0.6 * len(rows)), layout="constrained")
    axis = figure.subplots()
    axis.axvline(50, color=_SOFT, linewidth=1, linestyle="--")
    for y, row in enumerate(rows):
        if not row.answers:
            axis.text(50, y, "no answers yet", ha="center", va="center", color=_SOFT, backgroundcolor="white")
            continue
        if math.isfinite(row.cluster_low):
            ends = [100 * row.cluster_low, 100 * row.cluster_high]
            axis.plot(ends, [y, y], color=_MAIN, linewidth=1.2, label="items and people" if y == 0 else None)
        axis.plot([100 * row.low, 100 * row.high], [y, y], color=_MAIN, linewidth=5, alpha=0.45, solid_capstyle="butt",
                  label="Wilson" if y == 0 else None)  # fmt: skip
        axis.plot(100 * row.share, y, "o", color=_MAIN, markersize=8)
        axis.annotate(f"{percent(row.share)}%", (100 * row.share, y), (0, 9), textcoords="offset points",
                      ha="center", color=_INK)  # fmt: skip
    axis.set_yticks(range(len(rows)), [f"{row.ours} vs. {row.other}\n(n = {row.answers})" for row in rows])
    axis.set_ylim(len(rows) - 0.4, -0.6)
    axis.set_xlim(0, 100)
    axis.set_xlabel(f"% of choices for {design.ours}; lines are 95% intervals, dashed is chance")
    if any(row.answers for row in rows):
        axis.legend(frameon=False, fontsize=8, loc="lower right", bbox_to_anchor=(1, 1), ncols=2)
    axis.spines[["top", "right"]].set_visible(False)
    return figure


def as_png(design: Design, found: Results) -> bytes:
    """The chart."""
    picture = io.BytesIO()
    draw(design, found).savefig(picture, format="png", dpi=150)
    return picture.getvalue()


def as_html(design: Design, found: Results, picture: bytes) -> str:
    """One page that needs nothing beside it."""
    from jinja2 import Environment, StrictUndefined

    text = resources.files("visavis.preference.forced_choice").joinpath("page", "results.html.j2").read_text("utf-8")
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(text).render(
        d=design, version=__version__, header=HEADER, rows=[cells(row) for row in found.comparisons],
        facts=facts(design, found), picture=base64.b64encode(picture).decode(),
    )  # fmt: skip
