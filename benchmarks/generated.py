"""Methods side by side: what each generates for people it has not seen, kept on disk, and measured together."""

from __future__ import annotations

import functools
import json
import math
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from visavis.conversation import Conversation
from visavis.evaluation.clip import Clip
from visavis.evaluation.compare import compare
from visavis.evaluation.info import Result
from visavis.evaluation.metric import Metric
from visavis.motion import Motion

Generate = Callable[[Conversation, int, int], Motion]
"""How a method moves a person (0 or 1) of a conversation for a seed; the person's own motion is not there."""
Metrics = Callable[[], dict[str, Metric]]
"""Fresh measures by the title of their column."""
tested = functools.cache(compare)
"""`compare`, once for each two measures: distances between distributions take seconds."""


@dataclass(frozen=True)
class Case:
    """Somebody held out.

    Attributes:
        conversation: As it really was.
        person: Who is to be generated.
        unit: What is independent of other units, such as the people who call.
    """

    conversation: Conversation
    person: int
    unit: str

    @property
    def truth(self) -> Motion:
        """What the person did."""
        motion = self.conversation.participants[self.person].motion
        assert motion is not None
        return motion

    @property
    def partner(self) -> Motion | None:
        """What the other one did."""
        return self.conversation.participants[1 - self.person].motion

    @property
    def name(self) -> str:
        """Of its files."""
        return f"{self.conversation.id}-{'ab'[self.person]}"


def generated(
    folder: Path, cases: Sequence[Case], samples: int, make: Callable[[], Generate]
) -> list[tuple[Motion, ...]]:
    """What a method generates, `samples` times for each case; what lies in `folder` already is not made again.

    Beside the motion, times.json says how many seconds fitting took (0 where it was done before) and generating.

    Args:
        folder: Of this method (and fold).
        cases: Who.
        samples: How often, with seeds 0, 1 and so on.
        make: Fits or trains the method; called only if something is missing.
    """
    done = folder / "times.json"
    if not done.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        began = time.perf_counter()
        method = make()
        fitted = time.perf_counter()
        for case in cases:
            blind = case.conversation.participants[case.person]
            seen = _without(case.conversation, case.person) if blind.motion is not None else case.conversation
            for seed in range(samples):
                np.save(folder / f"{case.name}-{seed}.npy", method(seen, case.person, seed).values)
        seconds = samples * sum(case.conversation.duration for case in cases)
        times = {"fit": fitted - began, "generate": time.perf_counter() - fitted, "of": seconds}
        done.write_text(json.dumps(times), "utf-8")
        print(f"   {folder.parent.name} / {folder.name}: {times['fit']:.0f} s, {times['generate']:.0f} s", flush=True)
    return [
        tuple(
            Motion(np.load(folder / f"{case.name}-{seed}.npy"), case.truth.fps, case.truth.space)
            for seed in range(samples)
        )
        for case in cases
    ]


def _without(conversation: Conversation, person: int) -> Conversation:
    """The conversation without that person's motion, so that nobody can peep."""
    from dataclasses import replace

    people = [replace(p, motion=None) if i == person else p for i, p in enumerate(conversation.participants)]
    return conversation.with_participants(people[0], people[1])


def clips_of(cases: Sequence[Case], motions: Iterable[tuple[Motion, ...]]) -> list[Clip]:
    """Clips to measure; a motion a frame longer or shorter than the truth is cut with it."""
    found = []
    for case, samples in zip(cases, motions, strict=True):
        others = [case.partner] if case.partner is not None else []
        frames = min(len(m) for m in (case.truth, *samples, *others))
        cut = [m.slice(0, frames) for m in (case.truth, *others, *samples)]
        partner = cut[1] if others else None
        found.append(Clip(case.name, tuple(cut[1 + len(others) :]), cut[0], partner, conversation=case.unit))
    return found


def measured(clips: Sequence[Clip], metrics: Metrics) -> dict[str, Metric]:
    """Fresh measures that have seen all clips, by the title of their column."""
    found = metrics()
    for clip in clips:
        for metric in found.values():
            metric.add(clip)
    return found


def table(rows: dict[str, dict[str, Metric]], *, first: str = "method", against: str | None = None) -> list[str]:
    """A Markdown table: a line per method, a column per measure, with 95% intervals over units.

    Args:
        rows: Measures that have seen their clips, by method and by the column's title.
        first: Title of the first column.
        against: A method with which all others are compared; a star marks p < 0.05 of the paired permutation test.
    """
    titles = list(next(iter(rows.values())))
    lines = [f"| {first} | " + " | ".join(titles) + " |", "| --- |" + " ---: |" * len(titles)]
    truths = []
    for method, metrics in rows.items():
        cells = []
        for title, metric in metrics.items():
            result = metric.compute()
            star = ""
            if against is not None and method != against and metric.comparable:
                star = "*" if tested(metric, rows[against][title]).p < 0.05 else ""
            cells.append(cell(result) + star)
            truths.append((title, result.truth))
        lines.append(f"| {method} | " + " | ".join(cells) + " |")
    known = dict(truths)
    if any(math.isfinite(known[title]) for title in titles):
        shown = [f"{known[title]:.3g}" if math.isfinite(known[title]) else "" for title in titles]
        lines.append("| *truth* | " + " | ".join(shown) + " |")
    return lines


def cell(result: Result) -> str:
    """``value [low, high]``."""
    if not math.isfinite(result.low):
        return f"{result.value:.3g}"
    return f"{result.value:.3g} [{result.low:.3g}, {result.high:.3g}]"
