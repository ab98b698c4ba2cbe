"""How well drawn people agree with real ones whose recordings were not used for fitting: a table.

The speech of the people in `visavis.behavior.fit.HELD_OUT` is given to the model, and what is drawn is counted in the
same way, and in the same frames, as what these people did. Likelihoods are compared with rates that are constant or
depend on the state of speech only, both taken from the held-out people themselves, which favours those.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from visavis.behavior.counting import Counts, count_observed
from visavis.behavior.cues import STATES
from visavis.behavior.fit import GAZE_SHARE, TERMS, gather, observed_meetings, simulate, telephone_laughs
from visavis.behavior.observed import Observed
from visavis.behavior.rates import HEAD, learnt_rates
from visavis.behavior.regression import fit_of, log_likelihood

NODS = ("nod.concord", "nod.emphasis", "nod.turn")


@dataclass(frozen=True)
class Row:
    """One comparison.

    Attributes:
        what: In words.
        real: Of real people, or what the literature says.
        drawn: Of the model.
        within: How far apart they may be: a share of `real` if `relative`.
        relative: See `within`.
    """

    what: str
    real: float
    drawn: float
    within: float
    relative: bool

    @property
    def holds(self) -> bool:
        """Whether they are close enough."""
        return abs(self.drawn - self.real) <= self.within * (abs(self.real) if self.relative else 1.0)


def agreement(data: Path, draws: int = 3) -> list[Row]:
    """The table.

    Args:
        data: Folder of recordings, with ``ami/`` and ``turn-taking/``.
        draws: Of everybody; more are less random.

    Raises:
        InputError: A recording is missing.
    """
    people = list(observed_meetings(data, held_out=True))
    heads = [seen for seen in people if "nod.concord" in seen.mine.seen]
    rates = learnt_rates()
    drawn = simulate([*heads] * draws, rates, seed=2024).counts
    laughs = Row("laughs a minute (telephone)", telephone_laughs(data).per_minute, drawn.overall("laugh"), 0.25, True)
    return [
        *_nods(count_observed(heads), drawn),
        laughs,
        *_looks(count_observed(people), drawn),
        *_likelihoods(heads),
    ]


def _nods(real: Counts, drawn: Counts) -> list[Row]:
    rows = [
        Row(f"nods a minute, {state}", float(real.per_minute(*NODS)[i]), float(drawn.per_minute(*NODS)[i]), 0.25, True)
        for i, state in enumerate(STATES)
    ]
    for kind in NODS[:2]:
        ours, theirs = (float(c.events[kind].sum() / sum(c.events[nod].sum() for nod in NODS)) for c in (drawn, real))
        rows.append(Row(f"share of {kind.partition('.')[2]} among nods", theirs, ours, 0.1, False))
    delays = [float(np.median(counts.delays)) for counts in (real, drawn)]
    answered = [len(counts.delays) / max(1, counts.chances) for counts in (real, drawn)]
    nodded = [counts.acknowledged[1] / max(1, counts.acknowledged[0]) for counts in (real, drawn)]
    rows.append(Row("answer to the end of a phrase, median delay (s)", delays[0], delays[1], 0.1, False))
    rows.append(Row("ends of phrases that are answered", answered[0], answered[1], 0.25, True))
    rows.append(Row("acknowledgements with a nod", nodded[0], nodded[1], 0.1, False))
    return rows


def _looks(real: Counts, drawn: Counts) -> list[Row]:
    rows = [
        Row(f"looks at the partner, {state} (literature)", GAZE_SHARE[state],
            float(drawn.gaze_share[STATES.index(state)]), 0.08, False)
        for state in ("speaking", "listening")
    ]  # fmt: skip
    for states in (("speaking",), ("listening",), ()):
        where = ", ".join(states) or "all"
        rows.append(Row(f"median look (s), {where}", real.median_look(*states), drawn.median_look(*states), 0.25, True))
    return rows


def _likelihoods(people: Sequence[Observed]) -> list[Row]:
    """Nats per event above a constant rate: of rates by state, and of the model; more is better."""
    rows = []
    for kind in HEAD:
        terms = TERMS[kind]
        table = gather(people, kind, terms)
        events, seconds = table.events, table.exposure
        states = table.matrix[:, : len(STATES)].toarray()
        constant = np.log(events.sum() / seconds.sum()) - 1
        by_state = (states[events].sum(0) + 1e-9) / (seconds @ states)
        state_only = float(np.mean(states[events] @ np.log(by_state)) - 1)
        model = log_likelihood(fit_of(learnt_rates()[kind], terms), table)
        rows.append(Row(f"log-likelihood per {kind} above a constant rate: states only, model", state_only - constant,
                        model - constant, float("inf"), False))  # fmt: skip
    return rows


def as_text(rows: Sequence[Row]) -> str:
    """The table as Markdown."""
    lines = ["| what | real | drawn | within |", "| --- | --- | --- | --- |"]
    for row in rows:
        limit = "" if np.isinf(row.within) else f"{100 * row.within:.0f}%" if row.relative else f"{row.within:g}"
        mark = "" if np.isinf(row.within) else ": yes" if row.holds else ": **no**"
        lines.append(f"| {row.what} | {row.real:.2f} | {row.drawn:.2f} | {limit}{mark} |")
    return "\n".join(lines)
