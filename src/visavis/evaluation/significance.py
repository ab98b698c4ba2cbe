"""Which of many differences between methods are more than chance, all of them judged together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

LEVEL = 0.05
"""Below which a difference counts as shown."""
EXACT = 14
"""Units up to which every way to flip their signs is tried, 2^14 of them."""
FLIPS = 20_000
"""Random ways to flip, where there are more units."""
FEWEST = 6
"""Units from which a p below `LEVEL` exists: all differences of five have the same sign once in 16."""


@dataclass(frozen=True)
class Significance:
    """Two-sided p-values of some differences.

    Attributes:
        alone: (rows,) as if each had been the only one that was looked at.
        together: (rows,) the chance that any of them is as extreme where none is real.
    """

    alone: Array
    together: Array


def sign_flips(differences: Array, seed: int = 0) -> Significance:
    """Tests whether paired differences are more than chance.

    If two methods are alike, each unit's difference might as well have had the other sign; so signs are flipped at
    random, for all rows at once, which keeps how rows go together. A row's statistic is the sum of its differences
    over the root of the sum of their squares. Where many rows are looked at, each is compared with the greatest
    statistic of all rows that are no more extreme (the step-down maxT method of Westfall and Young 1993): the chance
    of any false finding then stays below the level, and rows that say the same cost nothing.

    Args:
        differences: (units, rows), nan where a unit says nothing of a row.
        seed: Of the flips, where not all are tried.

    Returns:
        p-values; nan for rows of which nothing is known, 1 where nothing differs.
    """
    known = np.isfinite(differences).any(0)
    values = np.nan_to_num(differences[:, known])
    size = np.sqrt(np.square(values).sum(0))
    scaled = values / np.where(size > 0, size, 1.0)
    observed = np.abs(scaled.sum(0)) * (1 - 1e-9)  # equal ones shall count as equal
    order = np.argsort(observed)
    alone, together, count = np.zeros(len(order)), np.zeros(len(order)), 0
    for flips in _flips(len(values), seed):
        found = np.abs(flips @ scaled)
        alone += (found >= observed).sum(0)
        greatest = np.maximum.accumulate(found[:, order], axis=1)
        together[order] += (greatest >= observed[order]).sum(0)
        count += len(flips)
    # A row may not be more significant than one that is more extreme.
    together[order[::-1]] = np.maximum.accumulate(together[order[::-1]])
    out = np.full((2, differences.shape[1]), np.nan)
    out[:, known] = np.stack([alone, together]) / max(count, 1)
    return Significance(out[0], out[1])


def _flips(units: int, seed: int) -> list[Array]:
    """Signs (N, units) in blocks: every way to flip, or many random ones, of which the first changes nothing."""
    if units <= EXACT:
        ways = (np.arange(2**units)[:, None] >> np.arange(units)) & 1
        return [np.asarray(1.0 - 2.0 * ways, np.float64)]
    rng = np.random.default_rng(seed)
    blocks = [rng.choice([-1.0, 1.0], size=(FLIPS // 20, units)) for _ in range(20)]
    blocks[0][0] = 1.0
    return blocks
