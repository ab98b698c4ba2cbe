"""Figures beside real people's and beside what they should be: the rows of a table."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from visavis.workflows.benchmark.life import Figures

COLUMNS = ("real", "simulator", "held-out", "recordings")
HEADER = (
    "what", "real people", "target", "simulator", "this version, held-out speech", "this version, recordings", "0.1.0",
)  # fmt: skip


@dataclass(frozen=True)
class Goal:
    """What a figure should be.

    Attributes:
        words: For people.
        least: Fixed, or as a share of the real figure.
        most: The same.
        relative: Whether these are shares of the real figure.
        off: If given, how far from the real figure at most.
    """

    words: str
    least: float = -math.inf
    most: float = math.inf
    relative: bool = False
    off: float = math.inf

    def misses(self, value: float, real: float) -> bool:
        """Whether a figure is known and is not what it should be; without a real figure nothing relative is missed."""
        if not math.isfinite(value):
            return False
        if self.off < math.inf or self.relative:
            if not math.isfinite(real):
                return False
            least, most = (self.least * real, self.most * real) if self.relative else (real - self.off, real + self.off)
            return not least <= value <= most
        return not self.least <= value <= self.most


NONE = Goal("-")


def between(least: float, most: float) -> Goal:
    """From one number to another."""
    return Goal(f"{least:g}-{most:g}", least, most)


def at_most(most: float) -> Goal:
    """A limit."""
    return Goal(f"at most {most:g}", most=most)


def at_least(least: float) -> Goal:
    """The other limit."""
    return Goal(f"at least {least:g}", least)


def share(off: float) -> Goal:
    """Off the real figure by a share of it at most."""
    return Goal(f"within {100 * off:.0f} %", 1 - off, 1 + off, relative=True)


def within(off: float) -> Goal:
    """Off the real figure by so much at most."""
    return Goal(f"within {off:g}", off=off)


@dataclass(frozen=True)
class Line:
    """One row.

    Attributes:
        what: For people.
        key: Of the figure.
        goal: What it should be.
        before: Of version 0.1.0, where it was measured.
        digits: After the point.
        real: Of real people, where the literature says it and no recording here.
        source: Of that.
    """

    what: str
    key: str
    goal: Goal = NONE
    before: str = "-"
    digits: int = 2
    real: float = math.nan
    source: str = ""

    def text(self, figures: Mapping[str, Figures]) -> str:
        """As a row of Markdown; what misses its goal is bold."""
        known = figures.get("real", {}).get(self.key, math.nan)
        real = known if math.isnan(self.real) else self.real
        cells = [self.what, _cell(self, real, figures.get("real", {})), self.goal.words]
        if self.source:
            cells[1] = f"{real:.{self.digits}f} ({self.source})"
        for column in COLUMNS[1:]:
            found = figures.get(column, {})
            value = found.get(self.key, math.nan)
            cell = _cell(self, value, found)
            cells.append(f"**{cell}**" if self.goal.misses(value, real) else cell)
        return f"| {' | '.join([*cells, self.before])} |"


def _cell(line: Line, value: float, found: Figures) -> str:
    if not math.isfinite(value):
        return "-"
    text = f"{value:.{line.digits}f}"
    low, high = (found.get(f"{line.key} {end}", math.nan) for end in ("low", "high"))
    return f"{text} ({low:.{line.digits}f}-{high:.{line.digits}f})" if math.isfinite(low) else text


def table(lines: Sequence[Line], figures: Mapping[str, Figures]) -> list[str]:
    """Markdown."""
    head = [f"| {' | '.join(HEADER)} |", f"| --- | --- | --- |{' ---: |' * (len(HEADER) - 3)}"]
    return head + [line.text(figures) for line in lines]
