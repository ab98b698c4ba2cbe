"""Poisson regression of rates of events on what the model of events knows.

The logarithm of a point process's likelihood is the sum of the log rates at its events less the integral of the rate
(Daley & Vere-Jones 2003, "An introduction to the theory of point processes", section 7.2). The integral is taken over
frames drawn at random, each standing for many, which leaves it without bias: hours of speech have millions of frames.
Weights other than those of the states have a normal prior, so that bins in which little happened stay near 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.sparse import csr_matrix, vstack

from visavis.behavior.cues import STATES, columns, cue_matrix, cue_of, state_codes
from visavis.behavior.curves import FPS, Array
from visavis.behavior.observed import Done, Observed
from visavis.behavior.rates import MUTUAL, OWN_EDGES, PARTNER_EDGES, Rate

PRIOR = 0.4
"""Standard deviation of a weight, in log rates."""
SHRINK = 2.0
"""Events that a person's own rate is held back by, towards everybody's."""

LOOKS = ("look.away", "look.partner")


@dataclass(frozen=True)
class Terms:
    """What a kind's rate may depend on besides speech.

    Attributes:
        own: Kinds of one's own events.
        partner: Kinds of the partner's.
        gaze: Whether on the partner's looks and on mutual gaze.
        cues: Whether on speech at all; without, there is one state.
        words: Whether on words.
    """

    own: tuple[str, ...] = ()
    partner: tuple[str, ...] = ()
    gaze: bool = False
    cues: bool = True
    words: bool = True

    @property
    def cue_columns(self) -> list[int]:
        """Which of `visavis.behavior.cues.columns` are used."""
        named = enumerate(columns()) if self.cues else ()
        return [n for n, (name, _) in named if self.words or not cue_of(name).of_words]

    @property
    def names(self) -> list[tuple[str, str, int]]:
        """Group, name and bin of each column after the states'."""
        found = [("cues", *columns()[n]) for n in self.cue_columns]
        found += [("own", kind, i) for kind in self.own for i in range(len(OWN_EDGES) - 1)]
        found += [("partner", kind, i) for kind in self.partner for i in range(len(PARTNER_EDGES) - 1)]
        return found + (
            [("gaze", "looked_at", 0), *(("gaze", "mutual", i) for i in range(len(MUTUAL)))] if self.gaze else []
        )


@dataclass(frozen=True)
class Rows:
    """Frames of one kind's regression.

    Attributes:
        matrix: 0 and 1, (N, 4 states + columns).
        events: Whether the row is an event (N,).
        exposure: Seconds for which the row stands (N,); 0 for events.
        person: Whose (N,).
    """

    matrix: csr_matrix
    events: NDArray[np.bool_]
    exposure: Array
    person: NDArray[np.int_]


@dataclass(frozen=True)
class Fit:
    """Logarithms of rates a second: of the states (4,), and what each column adds (F,)."""

    base: Array
    weights: Array

    def log_rates(self, rows: Rows) -> Array:
        """Of each row (N,)."""
        found: Array = rows.matrix @ np.r_[self.base, self.weights]
        return found


def rows_of(
    seen: Observed, kind: str, terms: Terms, person: int, share: float, rng: np.random.Generator
) -> Rows | None:
    """All events of one person, and a `share` of the other frames; None if that kind was not annotated."""
    if kind not in seen.mine.free:
        return None
    free = seen.mine.free[kind]
    happened = np.zeros(len(free), bool)
    at = seen.mine.spans[kind][:, 0]
    happened[at[free[at]]] = True
    # Speech of both at once is rare, and is looked at more closely.
    codes = state_codes(seen.me, seen.other)
    chance = np.where(codes == STATES.index("overlap"), min(1.0, 3 * share), share)
    drawn = free & (rng.random(len(free)) < chance)
    frames = np.r_[np.flatnonzero(happened), np.flatnonzero(drawn)]
    events = np.arange(len(frames)) < happened.sum()
    matrix = design(seen, terms, frames)
    exposure = np.where(events, 0.0, 1 / FPS / chance[frames])
    return Rows(matrix, events, exposure, np.full(len(frames), person))


def design(seen: Observed, terms: Terms, frames: NDArray[np.int_]) -> csr_matrix:
    """The columns at some frames."""
    states = state_codes(seen.me, seen.other)[frames] if terms.cues else np.zeros(len(frames), int)
    parts = [np.eye(len(STATES), dtype=bool)[states]]
    if terms.cues:
        parts.append(cue_matrix(seen.me, seen.other)[frames][:, terms.cue_columns])
    parts += [_since(_ended(seen.mine, kind), OWN_EDGES, frames) for kind in terms.own]
    parts += [_since(seen.theirs.spans[kind][:, 0] + 1, PARTNER_EDGES, frames, shift=1) for kind in terms.partner]
    if terms.gaze:
        parts.append(_gaze(seen, frames))
    return csr_matrix(np.concatenate(parts, 1).astype(np.float64))


def stack(parts: Sequence[Rows]) -> Rows:
    """All rows, one after the other."""
    return Rows(
        csr_matrix(vstack([part.matrix for part in parts])),
        np.concatenate([part.events for part in parts]),
        np.concatenate([part.exposure for part in parts]),
        np.concatenate([part.person for part in parts]),
    )


def fit(rows: Rows, *, only_states: bool = False, people: bool = True) -> Fit:
    """The most probable weights.

    People differ in how much they do: after a first fit each has a factor of their own, held back towards 1, which is
    then taken as given, so that it is not mistaken for one event bringing about the next.

    Args:
        rows: Of all people.
        only_states: Leave out everything but the state of speech.
        people: Whether people differ.
    """
    states = len(STATES)
    matrix = rows.matrix[:, :states] if only_states else rows.matrix
    found = _maximise(matrix, rows, np.zeros(len(rows.exposure)))
    if people:
        expected = np.bincount(rows.person, rows.exposure * np.exp(matrix @ found))
        happened = np.bincount(rows.person, rows.events, minlength=len(expected))
        factor = (happened + SHRINK) / (expected + SHRINK)
        factor /= np.sum(factor * expected) / np.sum(expected)
        found = _maximise(matrix, rows, np.log(factor)[rows.person])
    weights = np.zeros(rows.matrix.shape[1])
    weights[: len(found)] = found
    return Fit(weights[:states], weights[states:])


def log_likelihood(fitted: Fit, rows: Rows) -> float:
    """Natural logarithm per event."""
    logs = fitted.log_rates(rows)
    total = logs[rows.events].sum() - np.sum(rows.exposure * np.exp(logs))
    return float(total / max(1, rows.events.sum()))


def fit_of(rate: Rate, terms: Terms) -> Fit:
    """A rate of the file as a fit, to be measured against rows."""
    columns_of = {(name, i): weight for (name, i), weight in zip(columns(), rate.weights.tolist(), strict=True)}
    groups = {"own": rate.own, "partner": rate.partner}
    gaze = {("looked_at", 0): rate.looked_at, **{("mutual", i): w for i, w in enumerate(rate.mutual.tolist())}}
    weights = [
        float(groups[group][name][i]) if group in groups else (columns_of if group == "cues" else gaze)[name, i]
        for group, name, i in terms.names
    ]
    return Fit(np.log(np.maximum(rate.base, 1e-9) / 60), np.array(weights))


def without(rows: Rows, fitted: Fit, gone: NDArray[np.bool_]) -> list[float]:
    """By which factor the rate in each state would be too low if the columns `gone` (F,) were always 0."""
    logs = fitted.log_rates(rows)
    less = Fit(fitted.base, np.where(gone, 0.0, fitted.weights)).log_rates(rows)
    states = rows.matrix[:, : len(STATES)].toarray() > 0
    factors = []
    for of in states.T:
        whole, part = (float(np.sum(rows.exposure[of] * np.exp(some[of]))) for some in (logs, less))
        factors.append(whole / part if part > 0 else 1.0)
    return factors


def _maximise(matrix: csr_matrix, rows: Rows, offset: Array) -> Array:
    states = len(STATES)
    precision = np.r_[np.full(states, 1e-3), np.full(matrix.shape[1] - states, PRIOR**-2)]
    begin = np.zeros(matrix.shape[1])
    overall = np.log(max(1, rows.events.sum()) / rows.exposure.sum())
    begin[:states] = overall
    centre = begin.copy()  # rates of states without any exposure stay at the overall one
    observed = matrix.T @ rows.events.astype(float)

    def loss(weights: Array) -> tuple[float, Array]:
        expected = rows.exposure * np.exp(np.minimum(matrix @ weights + offset, 10.0))
        value = expected.sum() - weights @ observed + 0.5 * np.sum(precision * (weights - centre) ** 2)
        return float(value), matrix.T @ expected - observed + precision * (weights - centre)

    found: Array = minimize(loss, begin, jac=True, method="L-BFGS-B", options={"maxiter": 400}).x
    return found


def _ended(done: Done, kind: str) -> NDArray[np.int_]:
    """Frames at which events of a kind have ended, or looks have begun."""
    return np.sort(done.spans[kind][:, 0] if kind in LOOKS else done.spans[kind][:, 1])


def _since(
    moments: NDArray[np.int_], edges: tuple[float, ...], frames: NDArray[np.int_], shift: int = 0
) -> NDArray[np.bool_]:
    """Whether the last of the moments (frames) up to each frame lies in each bin of seconds before it, (N, bins)."""
    moments = np.sort(moments)
    last = np.searchsorted(moments, frames, side="right") - 1
    ago = np.where(last >= 0, frames - (moments[np.maximum(last, 0)] - shift if len(moments) else 0), 1e9) / FPS
    return np.stack([(ago >= a) & (ago < b) for a, b in pairwise(edges)], 1)


def _gaze(seen: Observed, frames: NDArray[np.int_]) -> NDArray[np.bool_]:
    """Whether the partner looked in the frame before, and whether both have for longer than each of `MUTUAL`."""
    both = seen.mine.at_partner & seen.theirs.at_partner
    index = np.arange(len(both))
    began = np.maximum.accumulate(np.where(~both, index, -1))
    lasted = (index - began) * both / FPS
    before = np.maximum(frames - 1, 0)
    return np.stack([seen.theirs.at_partner[before], *(lasted[before] >= limit for limit in MUTUAL)], 1)
