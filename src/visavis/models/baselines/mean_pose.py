"""Mean pose: everyone holds the mean pose."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from visavis.models.baselines.base import Dyad, Fitted, need_dyads
from visavis.models.baselines.seen import Seen


class MeanPose(Fitted):
    """The corpus's mean of every column, held still."""

    name = "mean-pose"
    roles = frozenset({"speaker", "listener"})
    does = "Holds the mean pose of its corpus."
    mean: Tensor

    def fit(self, dyads: Iterable[Dyad]) -> None:
        """Averages all people whose motion is to be learnt."""
        motions = [example.motion for dyad in need_dyads(dyads, self.name) for example in dyad]
        total = sum((motion.double().sum(0) for motion in motions), torch.zeros(self.space.dim, dtype=torch.float64))
        self.register_buffer("mean", (total / sum(map(len, motions))).float())
        self._fitted = True

    def allocate(self, state: Mapping[str, Any]) -> None:
        """The mean."""
        super().allocate(state)
        self.register_buffer("mean", torch.zeros(self.space.dim))

    def rest_pose(self) -> NDArray[np.float32]:
        """The mean itself."""
        return self.mean.cpu().numpy()

    def move(self, seen: Seen, frames: int, person: int, seed: int) -> Tensor:
        """Still."""
        return self.mean.expand(frames, -1)
