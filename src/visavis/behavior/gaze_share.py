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
    moved = looks * np.exp(np.stack([-shift, shift], 1) / 2)
    stay = np.stack([_by_age(rates[0], "look.away"), _by_age(rates[1], "look.partner")])
    looked_at = np.exp([rate.looked_at for rate in rates])
    mutual = np.exp(np.cumsum(np.r_[0.0, rates[0].mutual])), np.exp(np.cumsum(np.r_[0.0, rates[1].mutual]))
    limits = np.array(MUTUAL) * FPS
    at = rng.random((2, REPLICAS)) < 0.6
    age = np.zeros((2, REPLICAS), int)
    last = stay.shape[1] - 1
    share = np.zeros(2)
    for t in range(frames):
        share += at.mean(1)
        # Index 0 is the rate of leaving the partner, 1 that of coming back.
        which = (~at).astype(int)
        rate = moved[t][np.arange(2)[:, None], which] * stay[which, np.minimum(age, last)]
        rate = np.where(at[::-1], rate * looked_at[which], rate)
        both = at[0] & at[1]
        if both.any():
            index = np.searchsorted(limits, np.minimum(age[0], age[1]), side="right")
            rate = np.where(both, rate * mutual[0][index], rate)
        switch = rng.random((2, REPLICAS)) < 1 - np.exp(-rate / FPS)
        at, age = at ^ switch, np.where(switch, 1, age + 1)
    return share / max(1, frames)


def _by_age(rate: Rate, kind: str) -> Array:
    """Factor on the rate of a look by how many frames the other look has lasted."""
    ages = np.arange(int(OWN_EDGES[-1] * FPS) + 1) / FPS
    total = np.zeros(len(ages))
    since = "look.partner" if kind == "look.away" else "look.away"
    if since in rate.own:
        total += np.r_[rate.own[since], 0.0][np.searchsorted(OWN_EDGES, ages, side="right") - 1]
    begins, added = LONG_LOOK[kind]
    factor: Array = np.exp(total + added * (ages >= begins))
    return factor
