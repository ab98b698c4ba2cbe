"""Methods side by side under the same metrics: a table for people, rows for programs."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from visavis.evaluation.info import Result
from visavis.evaluation.intervals import Interval
from visavis.tables import csv_text

Figures = Mapping[str, Interval]
"""A method's measures by name: value, and lower and upper end of the 95% interval (nan where there is none)."""
Rows = Mapping[str, Figures | str]
"""Methods by name: measured, or why not."""


def interval_of(result: Result) -> Interval:
    """A result's value with its interval."""
    return result.value, result.low, result.high


def cell(_measure: str, values: Interval) -> str:
    """``value [low, high]`` in three digits, or a dash."""
    value, low, high = values
    if not math.isfinite(value):
        return "-"
    return f"{_digits(value)} [{_digits(low)}, {_digits(high)}]" if math.isfinite(low) else _digits(value)


def _digits(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def measures_of(rows: Rows) -> list[str]:
    """Names of all measures that any method has, in order."""
    return list(dict.fromkeys(name for row in rows.values() if not isinstance(row, str) for name in row))


def table(
    rows: Rows, *, first: str = "method", shown: Callable[[str, Interval], str] = cell,
    marks: Mapping[tuple[str, str], str] | None = None,
) -> list[str]:  # fmt: skip
    """Lines of Markdown, one per method, every value with its interval.

    Args:
        rows: Methods; what a method was not measured by stays empty.
        first: Title of the first column.
        shown: How a measure's value is written.
        marks: By method and measure, what is put behind a value, such as a star.
    """
    names = measures_of(rows)
    lines = [f"| {first} | {' | '.join(names)} |", f"| --- |{' ---: |' * len(names)}"]
    for method, row in rows.items():
        if isinstance(row, str):
            lines.append(f"| {method} | {row} |{' |' * (len(names) - 1)}")
        else:
            cells = [
                shown(name, row[name]) + (marks or {}).get((method, name), "") if name in row else "" for name in names
            ]
            lines.append(f"| {method} | {' | '.join(cells)} |")
    return lines


def summary(lines: Sequence[str]) -> str:
    """A table of Markdown as aligned lines for a terminal, values without intervals."""
    cells = [[cell.strip() for cell in line.removeprefix("|").removesuffix("|").split(" |")] for line in lines]
    cells = [[cell.partition(" [")[0] for cell in row] for row in (cells[0], *cells[2:])]
    widths = [max(len(row[i]) for row in cells if _whole(row)) for i in range(len(cells[0]))]
    return "\n".join(_aligned(row, widths) if _whole(row) else f"{row[0].ljust(widths[0])}  {row[1]}" for row in cells)


def as_csv(tables: Mapping[str, Rows]) -> str:
    """One line per table, method and measure: value and interval, or why there is none."""
    lines: list[list[Any]] = []
    for title, rows in tables.items():
        for method, row in rows.items():
            if isinstance(row, str):
                lines.append([title, method, "", "", "", "", row])
                continue
            lines += [[title, method, measure, *map(plain, values), ""] for measure, values in row.items()]
    return csv_text(["table", "method", "measure", "value", "low", "high", "note"], lines)


def as_dict(rows: Rows) -> dict[str, Any]:
    """By method every measure as value, low and high; None where there is none; or why it was not measured."""
    return {
        method: {"not measured": row}
        if isinstance(row, str)
        else {
            measure: dict(zip(("value", "low", "high"), map(plain, values), strict=True))
            for measure, values in row.items()
        }
        for method, row in rows.items()
    }


def plain(value: float) -> float | None:
    """Six digits after the point are enough for a file; None for nan."""
    return float(f"{value:.7g}") if math.isfinite(value) else None


def _whole(row: Sequence[str]) -> bool:
    """Whether a line holds values; one that says why a method was not measured holds a sentence and nothing else."""
    return len(row) <= 2 or any(row[2:])


def _aligned(row: Sequence[str], widths: Sequence[int]) -> str:
    first, *others = row
    return "  ".join([first.ljust(widths[0]), *(c.rjust(w) for c, w in zip(others, widths[1:], strict=False))]).rstrip()
