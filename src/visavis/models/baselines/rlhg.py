"""RLHG-like: the listener regressed from the speaker, frame by frame.

After M. Zhou et al., "Responsive Listening Head Generation: A Benchmark Dataset and Baseline", ECCV 2022: speaker
features of every frame are fused and a recurrent decoder turns them into the listener's coefficients, for the squared
error of the coefficients and of their changes. No attitude and no picture of the listener is given here.
"""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from torch import Tensor, nn

from visavis.models.baselines.trained import Fuse, Seen, Trained, draw, masked_mse, optimise, velocity_mse

WIDTH = 128
VELOCITY = 1.0
"""Weight of the error of the changes."""


class Responder(nn.Module):
    """Fusing layers, an LSTM, and a layer back to motion, (B, T, outputs); causal."""

    def __init__(self, like: Seen, outputs: int) -> None:
        super().__init__()
        self.fuse = nn.Sequential(Fuse(like, WIDTH), nn.ReLU(), nn.Linear(WIDTH, WIDTH), nn.ReLU())
        self.decode = nn.LSTM(WIDTH, WIDTH, batch_first=True)
        self.out = nn.Linear(WIDTH, outputs)

    def forward(self, seen: Seen) -> Tensor:
        """Responds."""
        return self.out(self.decode(self.fuse(seen))[0])


class RLHG(Trained):
    """Regression: one answer for one speaker, the mean of all that would fit."""

    name: ClassVar[str] = "RLHG-like"
    looks: ClassVar[bool] = True
    voice: ClassVar[Literal["partner", "own"]] = "partner"
    usual_steps: ClassVar[int] = 2000

    def train(self, clips: list[tuple[Tensor, Seen]], steps: int, rng: np.random.Generator) -> None:
        """Squared errors of columns and of their changes."""
        self.network = Responder(clips[0][1], self.columns)

        def loss() -> Tensor:
            batch = draw(clips, rng)
            predicted = self.network(batch.seen)
            error = masked_mse(predicted, batch.target, batch.frames)
            return error + VELOCITY * velocity_mse(predicted, batch.target, batch.frames)

        optimise(self.network, loss, steps)

    def respond(self, seen: Seen, frames: int) -> Tensor:
        """The same for every seed."""
        return self.network(seen)
