"""Results as text: Markdown for people, CSV and JSON for programs."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from typing import Any

from visavis.evaluation.compare import Comparison
from visavis.evaluation.info import Result
from visavis.evaluation.protocol import Evaluation
from visavis.evaluation.significance import FEWEST, LEVEL
from visavis.tables import csv_text

UNDEFINED = "undefined"
BETTER = {"lower": "lower is better", "higher": "higher is better", "truth": "nearer to the truth's value is better"}


def number(value: float, otherwise: str = "-") -> str:
    """Four significant digits, or a dash for nan."""
    return f"{value:.4g}" if math.isfinite(value) else otherwise


def interval(low: float, high: float) -> str:
    """``[low, high]``, or a dash."""
    return f"[{number(low)}, {number(high)}]" if math.isfinite(low) else "-"


def by_measure(results: Iterable[Result]) -> dict[str, list[Result]]:
    """Results under the name of their measure, in order."""
    found: dict[str, list[Result]] = {}
    for result in results:
        found.setdefault(result.info.name, []).append(result)
    return found


def remarks(results: Sequence[Result]) -> list[str]:
    """What one must know to read the numbers, and why some are missing: a line each, with the measures concerned."""
    found: dict[str, list[Result]] = {}
    for result in results:
        for note in result.notes:
            found.setdefault(note, []).append(result)
    measures = by_measure(results)
    return [
        f"{', '.join(_which(name, some, measures[name]) for name, some in by_measure(concerned).items())}: {note}"
        for note, concerned in found.items()
    ]


def _which(name: str, some: Sequence[Result], of: Sequence[Result]) -> str:
    """The measure's name, and parts and role where not all of its rows are meant."""
    if len(some) == len(of):
        return name
    roles = {
        role: [r.info.part for r in some if r.info.role == role] for role in dict.fromkeys(r.info.role for r in some)
    }
    said = []
    for role, parts in roles.items():
        every = len(parts) == sum(r.info.role == role for r in of)
        said.append(" ".join(([] if every else ["/".join(parts)]) + ([] if role == "both" and not every else [role])))
    return f"{name} ({', '.join(said)})"


def summary(evaluation: Evaluation) -> str:
    """Aligned lines for a terminal: measure, part, role, value, interval, the truth's value, unit, direction.

    Below them stands what one must know to read them.
    """
    rows = [("measure", "part", "role", "value", "95% interval", "truth", "unit", "better")]
    for result in evaluation.results:
        info = result.info
        rows.append(
            (info.name, info.part, info.role, number(result.value, UNDEFINED), interval(result.low, result.high),
             number(result.truth), info.units, info.direction)
        )  # fmt: skip
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([*lines, *(f"note: {line}" for line in remarks(evaluation.results))])


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
    lines += ["", "Intervals are 95%, over conversations. Every row's columns are in `report.csv`.", ""]
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
                f"| {r.info.part} | {r.info.role} | {number(r.value, UNDEFINED)} | {interval(r.low, r.high)} "
                f"| {number(r.truth)} "
                f"| {r.info.units} | {r.clips} | {r.frames} | `{r.info.index_set}` |"
            )
        lines += ["", *(f"Note: {line}." for line in remarks(results)), ""]
    if comparisons:
        lines += _compared(comparisons)
    return "\n".join(lines).rstrip() + "\n"


def too_few_to_compare(comparisons: Sequence[Comparison]) -> str:
    """Why no difference can be told from chance, however great; empty if one can."""
    best = max(comparisons, key=lambda c: c.conversations, default=None)
    if best is None or (most := best.conversations) >= FEWEST:
        return ""
    return (
        f"methods cannot be told apart by {most} {best.unit}{'s' * (most != 1)}: chance gives all differences the same "
        f"sign with p = {min(1, 2 / 2**most):.3g}; {FEWEST} are needed"
    )


def _compared(comparisons: Sequence[Comparison]) -> list[str]:
    few = too_few_to_compare(comparisons)
    lines = [
        "## Against the other method", "",
        "Paired over conversations, whose signs are flipped. *p*: as if the row had been the only one that was looked "
        f"at; *p, all rows*: below {LEVEL:g}, the chance that any of these rows is found by accident is below it, too.",
        "", *([f"Note: {few}.", ""] if few else []),
        "| measure | part | role | this | other | difference | 95% interval | p | p, all rows |",
        "| --- | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]  # fmt: skip
    for c in comparisons:
        lines.append(
            f"| {c.info.name} | {c.info.part} | {c.info.role} | {number(c.first)} | {number(c.second)} "
            f"| {number(c.difference)} | {interval(c.low, c.high)} | {number(c.p)} | {number(c.p_family)} |"
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
        | {"difference": c.difference, "low": c.low, "high": c.high, "p": c.p, "p_all_rows": c.p_family}
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
