"""RLHG-like: the listener regressed from the speaker, frame by frame.

After M. Zhou et al., "Responsive Listening Head Generation: A Benchmark Dataset and Baseline", ECCV 2022: speaker
features of every frame are fused and a recurrent decoder turns them into the listener's coefficients, for the squared
error of the coefficients and of their changes. No attitude and no picture of the listener is given here.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from visavis.models.baselines.config import RLHGConfig
from visavis.models.baselines.seen import Seen
from visavis.models.baselines.trained import Batch, Fuse, Sizes, Trained, masked_mse, velocity_mse


class Responder(nn.Module):
    """Fusing layers, an LSTM, and a layer back to motion, (B, T, outputs); causal."""

    def __init__(self, sizes: Sizes, width: int, outputs: int) -> None:
        super().__init__()
        self.fuse = nn.Sequential(Fuse(sizes, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU())
        self.decode = nn.LSTM(width, width, batch_first=True)
        self.out = nn.Linear(width, outputs)

    def forward(self, seen: Seen) -> Tensor:
        """Responds."""
        motion: Tensor = self.out(self.decode(self.fuse(seen))[0])
        return motion


class RLHG(Trained):
    """Regression: one answer for one speaker, the mean of all that would fit."""

    name = "rlhg"
    looks = True
    does = "Regresses the listener from the speaker, frame by frame, after RLHG (Zhou et al. 2022)."
    config: RLHGConfig

    def make_networks(self) -> None:
        """The responder."""
        self.network = Responder(self.sizes, self.config.width, self.columns)

    def losses(self, batch: Batch, generator: torch.Generator | None) -> dict[str, Tensor]:
        """Squared errors of columns and of their changes."""
        predicted = self.network(batch.seen)
        return {
            "error": masked_mse(predicted, batch.target, batch.frames),
            "velocity": self.config.velocity * velocity_mse(predicted, batch.target, batch.frames),
        }

    def respond(self, seen: Seen, frames: int, generator: torch.Generator) -> Tensor:
        """The same for every seed."""
        motion: Tensor = self.network(seen)
        return motion
