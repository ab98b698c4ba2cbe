"""By how much looks must be shifted for the partner to be looked at for a given share of the time.

Looking away becomes rarer by the factor ``exp(-shift / 2)``, and looking back more frequent by its inverse. The looks
of both people are simulated many times at once, always with the same random numbers, until the share is the wanted one.
"""

from __future__ import annotations

import numpy as np

from visavis.behavior.curves import FPS, Array
from visavis.behavior.rates import LONG_LOOK, MUTUAL, OWN_EDGES, Rate

REPLICAS = 96
"""Simulated conversations; their share has a standard error below 0.01 over two minutes."""
ROUNDS = 6
CLOSE = 0.003
"""Difference of shares that is small enough."""
LARGEST = 12.0
"""Shift at which nobody ever looks elsewhere."""
BLOCK = 512
"""Frames whose random numbers are drawn at once."""

_AGES = int(OWN_EDGES[-1] * FPS) + 1
"""Frames of a look, or of a mutual one, up to which its age matters."""


def solve_shares(
    looks: Array, rates: tuple[Rate, Rate], wanted: tuple[float | None, float | None]
) -> tuple[float, float]:
    """The shift of each person whose expected share is `wanted`; 0 for whom nothing is.

    Args:
        looks: Rates of looking away and of looking back at the partner, of both people (T, 2 people, 2).
        rates: For what depends on drawn looks.
        wanted: Share of the time at the partner, by person.
    """
    goal = np.array([np.nan if share is None else np.clip(share, 1e-4, 1 - 1e-4) for share in wanted])
    shift = np.zeros(2)
    for _ in range(ROUNDS):
        # Of two states that are left at constant rates, the log odds grow by the shift: a step is nearly exact.
        share = np.clip(simulated_shares(looks, rates, shift), 1e-4, 1 - 1e-4)
        if np.nanmax(np.abs(share - goal)) < CLOSE:
            break
        step = np.log(goal / (1 - goal)) - np.log(share / (1 - share))
        shift = np.clip(shift + np.nan_to_num(step), -LARGEST, LARGEST)
    return float(shift[0]), float(shift[1])


def simulated_shares(looks: Array, rates: tuple[Rate, Rate], shift: Array) -> Array:
    """Share of the time that either person looks at the partner (2,), over `REPLICAS` simulations."""
    rng = np.random.default_rng(0)
    frames = len(looks)
    # Index 0 is the rate of leaving the partner, which ones who look there have, 1 that of coming back.
    moved = looks * np.exp(np.stack([-shift, shift], 1) / 2)
    alone, together = _by_look(rates), _by_mutual_gaze(rates[0])
    person, last = np.arange(2)[:, None], alone.shape[1] - 1
    away = (rng.random((2, REPLICAS)) >= 0.6).astype(int)
    began = np.zeros((2, REPLICAS), int)
    frames_away = np.zeros((2, REPLICAS), int)
    for first in range(0, frames, BLOCK):
        rate_of = moved[first : first + BLOCK]
        # Of an exponential variate: somebody looks elsewhere where it is below rate / FPS.
        need = -np.log1p(-rng.random((len(rate_of), 2, REPLICAS))) * FPS
        for t, (rates_now, needed) in enumerate(zip(rate_of, need, strict=True), first):
            frames_away += away
            age = np.minimum(t - began, last)
            rate = rates_now[person, away] * alone[2 * away + away[::-1], age]
            rate *= together[away[0] | away[1], age.min(0)]
            switch = needed < rate
            away ^= switch
            began[switch] = t
    shares: Array = (frames - frames_away.mean(1)) / max(1, frames)
    return shares


def _by_look(rates: tuple[Rate, Rate]) -> Array:
    """Factor on the rate by who looks away, twice oneself plus the other, and by the age of one's look, (4, ages)."""
    factors = []
    for rate, kind in zip(rates, ("look.away", "look.partner"), strict=True):
        by_age = _by_age(rate, kind)
        factors += [by_age * np.exp(rate.looked_at), by_age]
    return np.stack(factors)


def _by_mutual_gaze(leaving: Rate) -> Array:
    """Factor on the rate, while both look at each other and while they do not, by the age of that, (2, ages)."""
    factor = np.exp(np.cumsum(np.r_[0.0, leaving.mutual]))
    by_age = factor[np.searchsorted(np.array(MUTUAL) * FPS, np.arange(_AGES), side="right")]
    return np.stack([by_age, np.ones(_AGES)])


def _by_age(rate: Rate, kind: str) -> Array:
    """Factor on the rate of a look by how many frames the other look has lasted."""
    ages = np.arange(_AGES) / FPS
    total = np.zeros(len(ages))
    since = "look.partner" if kind == "look.away" else "look.away"
    if since in rate.own:
        total += np.r_[rate.own[since], 0.0][np.searchsorted(OWN_EDGES, ages, side="right") - 1]
    begins, added = LONG_LOOK[kind]
    factor: Array = np.exp(total + added * (ages >= begins))
    return factor
