"""Nearest motion: the motion of whoever saw what looks most alike."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import numpy as np

from visavis.models.baselines.base import Array, Baseline, Dyad, spread
from visavis.models.baselines.segments import Bank, by_distance

SEGMENT = 50
"""Frames of a retrieved segment: 2 s at 25 frames per second."""


class NearestMotion(Baseline):
    """Per segment, the motion that answered the nearest motion of a partner in the corpus (DIM, 4.1, "NN-motion")."""

    name: ClassVar[str] = "nearest motion"

    def learn(self, dyads: Iterator[Dyad], steps: int | None, seed: int) -> None:
        """Indexes every segment of the corpus by how the partner moved meanwhile."""
        clips: list[tuple[Array, Array]] = []
        for dyad in dyads:
            clips += [(dyad.motion(i), dyad.motion(1 - i)) for i in dyad.targets()]
        _, self.std, self.moves = spread(np.concatenate([partner for _, partner in clips]), f"{self.name}: the motion")
        self.bank = Bank.of([(own, self._curves(partner)) for own, partner in clips], SEGMENT, self.fps, self.name)

    def move(self, dyad: Dyad, person: int, seed: int) -> Array:
        """The segments whose partners moved most like this one, faded into one another."""
        return self.bank.follow(self._curves(dyad.motion(1 - person)), lambda key: by_distance(self.bank.keys, key))

    def _curves(self, partner: Array) -> Array:
        """Columns that move, each on its own scale."""
        return (partner / self.std)[:, self.moves]
