"""Mean pose: nobody moves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import numpy as np

from visavis.models.baselines.base import Array, Baseline, Dyad


class MeanPose(Baseline):
    """The corpus's mean of every column, held still."""

    name: ClassVar[str] = "mean pose"

    def learn(self, dyads: Iterator[Dyad], steps: int | None, seed: int) -> None:
        """Averages all people whose motion is wanted and known."""
        total, count = np.zeros(self.space.dim), 0
        for dyad in dyads:
            for values in map(dyad.motion, dyad.targets()):
                total += values.sum(0, dtype=np.float64)
                count += len(values)
        self.mean = (total / count).astype(np.float32)

    def move(self, dyad: Dyad, person: int, seed: int) -> Array:
        """Still."""
        return np.tile(self.mean, (dyad.frames, 1))
