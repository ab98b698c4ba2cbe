"""Random: somebody's motion from another conversation, a little disturbed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import numpy as np

from visavis.models.baselines.base import Array, Baseline, Dyad

NOISE = 0.1
"""Standard deviation of the disturbance, in standard deviations of each column."""


class RandomMotion(Baseline):
    """Some stretch of some conversation of the corpus, with a little noise (DIM, 4.1, "Random")."""

    name: ClassVar[str] = "random"

    def learn(self, dyads: Iterator[Dyad], steps: int | None, seed: int) -> None:
        """Remembers the corpus."""
        self.bank = [np.stack(dyad.pair()) for dyad in dyads]
        self.std = np.concatenate([values.reshape(-1, self.space.dim) for values in self.bank]).std(0)

    def move(self, dyad: Dyad, person: int, seed: int) -> Array:
        """As one of a pair moved; short stretches go to and fro.

        The draw does not depend on `person`: with one seed, A and B get the two people of one conversation.
        """
        rng = np.random.default_rng(seed)
        values = self.bank[rng.integers(len(self.bank))]
        while values.shape[1] < dyad.frames:
            values = np.concatenate([values, values[:, ::-1]], 1)
        start = rng.integers(values.shape[1] - dyad.frames + 1)
        values = values[:, start : start + dyad.frames]
        noisy = values + NOISE * self.std * rng.standard_normal(values.shape)
        return noisy[person].astype(np.float32)
