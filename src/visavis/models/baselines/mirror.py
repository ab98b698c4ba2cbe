"""Mirror: the other person's motion, smoothed."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import torch
from scipy.ndimage import uniform_filter1d
from torch import Tensor

from visavis.models.baselines.base import Dyad, Fitted, need_dyads
from visavis.models.baselines.config import MirrorConfig
from visavis.models.baselines.seen import Seen
from visavis.motion import Motion
from visavis.motion.resampling import filter_columns


class Mirror(Fitted):
    """The partner's motion, averaged over the moments just past (DIM, 4.1, "Mirror").

    Nobody copies what has not happened yet, so that the average looks back and the copy lags. Columns are copied as
    they are: who leans to the left makes the other lean to the left.
    """

    name = "mirror"
    looks = True
    does = "Copies the partner's motion with a short delay."
    config: MirrorConfig

    def fit(self, dyads: Iterable[Dyad]) -> None:
        """Nothing is learnt from the corpus, but that it has the space that is copied in."""
        need_dyads(dyads, self.name)
        self._fitted = True

    def move(self, seen: Seen, frames: int, person: int, seed: int) -> Tensor:
        """Copies; the first frames average over what there is."""
        assert seen.partner is not None
        size = max(1, round(self.config.seconds * self.fps))

        def trailing(values: np.ndarray) -> np.ndarray:
            padded = np.concatenate([np.repeat(values[:1], size, 0), values])
            means: np.ndarray = uniform_filter1d(padded, size, axis=0, origin=(size - 1) // 2, mode="nearest")[size:]
            return means

        ahead = Motion(seen.partner.cpu().numpy(), self.fps, self.space)
        return torch.from_numpy(filter_columns(ahead, trailing).values)
