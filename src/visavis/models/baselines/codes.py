"""A codebook of motion for the baselines that have one, by `visavis.tokenizers`."""

from __future__ import annotations

from abc import abstractmethod
from typing import Literal, Self

import torch
from torch import Tensor

from visavis.models.baselines.config import CodebookConfig
from visavis.models.baselines.trained import Batch, Trained
from visavis.motion import MotionSpace
from visavis.tokenizers.config import TokenizerConfig
from visavis.tokenizers.statistics import MotionStatistics
from visavis.tokenizers.vq import VQTokenizer

DECAY, REVIVE = 0.9, 0.5
"""Of the codebook: in trainings this short, averages over a hundred steps leave most codes unused."""


class Coded(Trained):
    """Trained in two stages: the codes of motion, then what chooses among them, with the codes frozen."""

    stages = ("codes", "network")
    config: CodebookConfig
    tokenizer: VQTokenizer

    def make_tokenizer(self, family: Literal["conv", "transformer"]) -> None:
        """A VQ-VAE of the columns that move, which are normalised already."""
        config = TokenizerConfig.model_validate(
            {
                "family": family, "window": self.config.window, "downsample_factor": self.config.step,
                "network": {"width": 64, "depth": 2, "heads": 4, "feed_forward": 128},
                "codebook": {"size": self.config.codes, "dim": 16, "ema_decay": DECAY, "revive": REVIVE},
                "losses": {"kind": "l2", "velocity": 1.0},
            }
        )  # fmt: skip
        columns = tuple(c for c, moves in zip(self.space.columns, self.moving.tolist(), strict=True) if moves)
        space = MotionSpace(f"{self.space.name}-moving", columns)
        one = torch.ones(space.dim)
        self.tokenizer = VQTokenizer(config, space, self.fps, MotionStatistics(0 * one, one, -2 * one, 2 * one))

    def begin(self, stage: str) -> None:
        """The codes are learnt in the first stage only."""
        super().begin(stage)
        self.requires_grad_(stage == "network")
        self.tokenizer.requires_grad_(stage == "codes")
        self.train(self.training)

    def train(self, mode: bool = True) -> Self:
        """The tokenizer is in training mode in its own stage only, so that codes do not move."""
        super().train(mode)
        if hasattr(self, "tokenizer"):
            self.tokenizer.train(mode and self.stage == "codes")
        return self

    def losses(self, batch: Batch, generator: torch.Generator | None) -> dict[str, Tensor]:
        """The tokenizer's, or the network's."""
        if self.stage == "codes":
            return {"codes": self.tokenizer.loss(batch.target, batch.frames).total}
        return self.network_losses(batch)

    @abstractmethod
    def network_losses(self, batch: Batch) -> dict[str, Tensor]:
        """Weighted losses of what chooses among the codes."""
