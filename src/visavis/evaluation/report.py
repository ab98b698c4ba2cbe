"""Results as text: Markdown for people, CSV and JSON for programs."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from typing import Any

from visavis.evaluation.compare import Comparison, holm
from visavis.evaluation.info import Result
from visavis.evaluation.protocol import Evaluation
from visavis.tables import csv_text

BETTER = {"lower": "lower is better", "higher": "higher is better", "truth": "nearer to the truth's value is better"}


def number(value: float) -> str:
    """Four significant digits, or a dash for nan."""
    return f"{value:.4g}" if math.isfinite(value) else "-"


def interval(low: float, high: float) -> str:
    """``[low, high]``, or a dash."""
    return f"[{number(low)}, {number(high)}]" if math.isfinite(low) else "-"


def by_measure(results: Iterable[Result]) -> dict[str, list[Result]]:
    """Results under the name of their measure, in order."""
    found: dict[str, list[Result]] = {}
    for result in results:
        found.setdefault(result.info.name, []).append(result)
    return found


def summary(evaluation: Evaluation) -> str:
    """Aligned lines for a terminal: measure, part, role, value, interval, the truth's value, unit, direction."""
    rows = [("measure", "part", "role", "value", "95% interval", "truth", "unit", "better")]
    for result in evaluation.results:
        info = result.info
        rows.append(
            (info.name, info.part, info.role, number(result.value), interval(result.low, result.high),
             number(result.truth), info.units, info.direction)
        )  # fmt: skip
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def markdown(
    evaluation: Evaluation, title: str, header: Sequence[tuple[str, str]], comparisons: Sequence[Comparison] = ()
) -> str:
    """The whole report, every measure with its definition above its numbers.

    Args:
        evaluation: What to report.
        title: Its heading.
        header: Lines about the run: name and value.
        comparisons: Of the method with another one.
    """
    first = evaluation.results[0]
    lines = [f"# {title}", "", *(f"- {name}: {value}" for name, value in header)]
    lines += [f"- samples per clip: {first.info.samples}; {first.info.selection}"]
    lines += [f"- note: {note}" for note in evaluation.notes]
    lines += ["", "Intervals are 95%, by bootstrap over conversations. Every row's columns are in `report.csv`.", ""]
    for name, results in by_measure(evaluation.results).items():
        info = results[0].info
        lines += [
            f"## {name}",
            "",
            f"{info.definition}; {info.aggregation}. {BETTER[info.direction].capitalize()}.",
            "",
        ]
        lines += ["| part | role | value | 95% interval | truth | unit | clips | frames | index set |"]
        lines += ["| --- | --- | ---: | ---: | ---: | --- | ---: | ---: | --- |"]
        for r in results:
            lines.append(
                f"| {r.info.part} | {r.info.role} | {number(r.value)} | {interval(r.low, r.high)} | {number(r.truth)} "
                f"| {r.info.units} | {r.clips} | {r.frames} | `{r.info.index_set}` |"
            )
        lines += ["", *(f"Note: {note}." for note in dict.fromkeys(n for r in results for n in r.notes)), ""]
    if comparisons:
        lines += _compared(comparisons)
    return "\n".join(lines).rstrip() + "\n"


def _compared(comparisons: Sequence[Comparison]) -> list[str]:
    corrected = holm([c.p for c in comparisons])
    lines = [
        "## Against the other method", "",
        "Paired over conversations: p of the permutation test, the same after Holm's correction for all rows, and p of "
        "the Wilcoxon signed-rank test where the measure is a mean.", "",
        "| measure | part | role | this | other | difference | 95% interval | p | p (Holm) | Wilcoxon |",
        "| --- | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]  # fmt: skip
    for c, p in zip(comparisons, corrected, strict=True):
        lines.append(
            f"| {c.info.name} | {c.info.part} | {c.info.role} | {number(c.first)} | {number(c.second)} "
            f"| {number(c.difference)} | {interval(c.low, c.high)} | {number(c.p)} | {number(p)} "
            f"| {number(c.wilcoxon)} |"
        )
    return lines


def as_csv(evaluation: Evaluation) -> str:
    """One row per result, with everything that decided it."""
    rows = [result.row() for result in evaluation.results]
    return csv_text(list(rows[0]), (list(row.values()) for row in rows))


def as_json(evaluation: Evaluation, header: Sequence[tuple[str, str]], comparisons: Sequence[Comparison] = ()) -> str:
    """Everything, conversations' own values included; null where there is no number."""
    results = [
        result.row() | {"columns": list(result.info.columns), "notes": list(result.notes)}
        | {"per_conversation": result.per_conversation}
        for result in evaluation.results
    ]  # fmt: skip
    compared = [
        {"measure": c.info.name, "part": c.info.part, "role": c.info.role, "first": c.first, "second": c.second}
        | {"difference": c.difference, "low": c.low, "high": c.high, "p": c.p, "wilcoxon": c.wilcoxon}
        for c in comparisons
    ]
    content = {"profile": evaluation.profile, **dict(header), "notes": list(evaluation.notes)}
    return json.dumps(_plain(content | {"results": results, "comparisons": compared}), indent=1) + "\n"


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(v) for key, v in value.items()}
    if isinstance(value, list):
        return [_plain(v) for v in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
