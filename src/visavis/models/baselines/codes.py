"""A codebook of motion for the baselines that have one, by `visavis.tokenizers`."""

from __future__ import annotations

from typing import Literal

import numpy as np
import torch
from torch import Tensor

from visavis.models.baselines.trained import WINDOW, Seen, draw, optimise
from visavis.motion import MotionSpace
from visavis.tokenizers import MotionStatistics, Tokenizer, TokenizerConfig, build

WINDOWS = 32
"""Per optimizer step: a codebook needs many choices at a time to tell which codes are dead."""
DECAY, REVIVE = 0.9, 0.5
"""Of the codebook: in trainings this short, averages over a hundred steps leave most codes unused."""


def learn_codes(
    clips: list[tuple[Tensor, Seen]],
    space: MotionSpace,
    fps: float,
    family: Literal["conv", "transformer"],
    factor: int,
    size: int,
    steps: int,
    rng: np.random.Generator,
) -> Tokenizer:
    """A trained and frozen VQ-VAE of the clips' motion, which is normalised already.

    Args:
        clips: (T, M) motions.
        space: Their M columns.
        fps: Frames per second.
        family: Convolutions or a transformer.
        factor: Frames per code.
        size: Codes.
        steps: Optimizer steps.
        rng: Draws the windows; torch's generator must have been seeded.
    """
    config = TokenizerConfig.model_validate(
        {
            "family": family, "space": space.name, "fps": fps, "window": WINDOW, "factor": factor,
            "network": {"width": 64, "depth": 2, "heads": 4, "feed_forward": 128},
            "codebook": {"size": size, "dim": 16, "decay": DECAY, "revive": REVIVE},
            "losses": {"kind": "l2", "velocity": 1.0},
        }
    )  # fmt: skip
    one = torch.ones(space.dim)
    tokenizer = build(config, MotionStatistics(0 * one, one, -2 * one, 2 * one), space)

    def loss() -> Tensor:
        batch = draw(clips, rng, WINDOWS)
        return tokenizer.loss(batch.target, batch.frames).total

    optimise(tokenizer, loss, steps)
    return tokenizer.requires_grad_(False)
