"""Mirror: the other person's motion, smoothed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import numpy as np
from scipy.ndimage import uniform_filter1d

from visavis.models.baselines.base import Array, Baseline, Dyad
from visavis.motion import Motion
from visavis.motion.resampling import filter_columns

SECONDS = 0.6
"""Of the partner's motion that one frame averages. What is copied lags by half of that."""


class Mirror(Baseline):
    """The partner's motion, averaged over the moments just past (DIM, 4.1, "Mirror").

    Nobody copies what has not happened yet, so that the average looks back and the copy lags. Columns are copied as
    they are: who leans to the left makes the other lean to the left.
    """

    name: ClassVar[str] = "mirror"

    def learn(self, dyads: Iterator[Dyad], steps: int | None, seed: int) -> None:
        """Nothing is learnt from the corpus; that it is in the right space is checked."""
        for dyad in dyads:
            dyad.pair()

    def move(self, dyad: Dyad, person: int, seed: int) -> Array:
        """Copies; the first frames average over what there is."""
        size = max(1, round(SECONDS * self.fps))
        ahead = Motion(dyad.motion(1 - person), self.fps, self.space)

        def trailing(values: np.ndarray) -> np.ndarray:
            padded = np.concatenate([np.repeat(values[:1], size, 0), values])
            return uniform_filter1d(padded, size, axis=0, origin=(size - 1) // 2, mode="nearest")[size:]

        return filter_columns(ahead, trailing).values
