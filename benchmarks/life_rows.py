"""The rows of docs/results/life.md: what is counted, what is aimed at, and what 0.1.0 had."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from visavis.workflows.benchmark.life import BAND_NAMES, Figures

COLUMNS = ("real", "simulator", "held-out", "recordings")
HEADER = (
    "what", "real people", "target", "simulator", "this version, held-out speech", "this version, recordings", "0.1.0",
)  # fmt: skip
OPEN = (-math.inf, math.inf)


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
    return Goal(f"{least:g}-{most:g}", least, most)


def at_most(most: float) -> Goal:
    return Goal(f"at most {most:g}", most=most)


def at_least(least: float) -> Goal:
    return Goal(f"at least {least:g}", least)


def share(off: float) -> Goal:
    return Goal(f"within {100 * off:.0f} %", 1 - off, 1 + off, relative=True)


def within(off: float) -> Goal:
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


ARGYLE = "Argyle & Ingham 1972"
SECTIONS: dict[str, tuple[Line, ...]] = {
    "Lids and eyes": (
        Line("blinks a minute", "blinks a minute", between(15, 30), "5.5", 1),
        Line("a blink lasts, median (ms)", "blink ms", between(100, 300), digits=0),
        Line("saccades a second", "saccades", before="0.34"),
        Line("fixations that begin a second", "fixations", share(0.2)),
        Line("from one fixation to the next, median (ms)", "fixation ms", share(0.2), digits=0),
        Line("looks at the partner, speaking", "look speaking", within(0.08), "0.82", real=0.41, source=ARGYLE),
        Line("looks at the partner, listening", "look listening", within(0.08), "0.96", real=0.75, source=ARGYLE),
        Line("a look at the partner lasts, median (s)", "look s", share(0.25)),
        Line("both look (share of time)", "mutual", before="0.78", real=0.31, source=ARGYLE),
        Line("both look, mean length (s)", "mutual s", before="2.2", real=1.2, source="Argyle & Cook 1976"),
    ),
    "Nods": (
        Line("nods a minute planned, listening", "planned nods listening", share(0.25)),
        Line("nods a minute planned, talking", "planned nods speaking", share(0.25)),
        Line("nods a minute planned, overlap", "planned nods overlap", share(0.25)),
        Line("nods a minute planned, silence", "planned nods silence", share(0.25)),
        Line("nods a minute seen in motion, listening", "nods listening"),
        Line("nods a minute seen in motion, talking", "nods speaking"),
        Line("shakes a minute seen in motion", "shakes a minute"),
        Line("planned nods that are seen in motion", "nods performed"),
        Line("the same, shifted in time", "nods performed by chance"),
    ),
    "The head": (
        Line("speed, speaking (deg/s)", "head speed speaking", Goal("0.7-1.3 x", 0.7, 1.3, True), "13", 1),
        Line("speed, listening (deg/s)", "head speed listening", Goal("0.7-1.3 x", 0.7, 1.3, True), "5.7", 1),
        *(
            Line(f"power at {band} Hz, {state} (deg^2)", f"head {band} {state}", Goal("0.7-1.3 x", 0.7, 1.3, True))
            for state in ("speaking", "listening") for band in BAND_NAMES
        ),
    ),
    "Smiles and brows": (
        Line("smiles of A and B, correlation (AU12)", "smile r", between(0.17, 0.27)),
        Line("the same, re-paired", "smile r re-paired", between(-0.03, 0.03)),
        Line("smiles, standard deviation", "smile std", before="0.076", digits=3),
        Line("raised inner brows, standard deviation", "brow std", before="0.067", digits=3),
        Line("smiling within 1 s of one's laughter against elsewhere", "smiles with laughs",
             Goal("at least half of real", 0.5, relative=True), digits=1),
    ),
    "Hands": (
        Line("planned strokes to the nearest pitch accent, median (ms)", "stroke ms, plan", at_most(120), digits=0),
        Line("strokes in motion to the nearest pitch accent, median (ms)", "stroke ms, motion", at_most(120), digits=0),
        Line("moments drawn from the same person's speech, median (ms)", "stroke ms, chance", digits=0),
        Line("planned strokes to the nearest in motion, median (ms)", "stroke ms, performed", digits=0),
    ),
    "Told from real people": (
        Line("by smile, gaze and body of video calls, AUC", "told calls", at_most(0.65)),
        Line("the same, share told rightly", "told calls right"),
        Line("by head and lids of tracked faces, AUC", "told faces", at_most(0.65)),
        Line("the same, share told rightly", "told faces right"),
    ),
    "Mouths": (
        Line("jaw p95-p5 while speaking", "jaw", between(0.38, 0.48), "0.29"),
        Line("openings past 0.2 a second", "openings", between(0.8, 1.1), "0.62"),
        Line("articulation error x 100", "articulation error x 100", at_most(8.5), "10.4"),
        Line("jaw, correlation with the truth", "jaw correlation"),
        Line("jawOpen on three tracked English speakers, correlation", "clips", at_least(0.41), "0.41"),
        Line("right person's lips, separate tracks, AUC", "lips apart", at_least(0.93), "0.93"),
        Line("right person's lips, mono mix, AUC", "lips mono", at_least(0.90), "0.88"),
    ),
    "Beside held-out simulated people": (
        *(
            Line(f"standard deviation against the truth's, {part}", part, between(0.85, 1.15), before)
            for part, before in (("blink", "0.37"), ("eyes", "0.48"), ("head", "0.46"), ("brows", "0.53"))
        ),
        Line("FD expression", "FD expression", at_most(0.06), "0.159", 3),
        Line("FD pose", "FD pose", at_most(0.006), "0.018", 4),
        Line("network passes a window", "passes", at_most(8), "16", 0),
    ),
    "Emotion": (
        Line("a speaker's face, own words, times chance", "emotion speaker", at_least(2)),
        Line("the same, another turn's words", "emotion speaker shuffled"),
        Line("a listener's face, own words, times chance", "emotion listener"),
        Line("the same, another turn's words", "emotion listener shuffled"),
    ),
}  # fmt: skip
