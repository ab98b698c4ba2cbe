"""Convolutional encoder and decoder of motion (MARS, section 3.2 and appendix B).

Every layer is silent where there is no motion, so that what follows the end of a clip changes no code.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from visavis.tokenizers.config import TokenizerConfig

GROWTH = 3
"""By which the dilation grows from one residual block to the next; that of the release and of Guo et al. 2024."""


class Residual(nn.Module):
    """Two convolutions beside the straight way; (B, C, T) to the same."""

    def __init__(self, width: int, dilation: int) -> None:
        super().__init__()
        self.wide = nn.Conv1d(width, width, 3, padding=dilation, dilation=dilation)
        self.out = nn.Conv1d(width, width, 1)

    def forward(self, x: Tensor, there: Tensor) -> Tensor:
        """Adds what the neighbourhood says; `there` (B, 1, T) is 1 where there is motion."""
        hidden = self.wide(functional.relu(x)) * there
        out: Tensor = x + self.out(functional.relu(hidden)) * there
        return out


class ConvEncoder(nn.Module):
    """Motion (B, T, D) to vectors (B, N, C): per halving, a convolution of stride 2 and residual blocks."""

    def __init__(self, columns: int, config: TokenizerConfig) -> None:
        super().__init__()
        width, depth = config.network.width, config.network.depth
        self.enter = nn.Conv1d(columns, width, 3, padding=1)
        halvings = config.downsample_factor.bit_length() - 1
        self.down = nn.ModuleList(nn.Conv1d(width, width, 4, stride=2, padding=1) for _ in range(halvings))
        dilations = [GROWTH**i for i in range(depth)]
        self.blocks = nn.ModuleList(
            nn.ModuleList(Residual(width, d) for d in dilations) for _ in range(max(1, halvings))
        )
        self.leave = nn.Conv1d(width, config.codebook.dim, 3, padding=1)

    def forward(self, values: Tensor, frames: Tensor) -> Tensor:
        """Encodes normalised motion (B, T, D) with mask (B, T); T is a multiple of the factor."""
        there = frames[:, None].to(values.dtype)
        x = functional.relu(self.enter(values.transpose(1, 2))) * there
        for i, blocks in enumerate(self.blocks):
            if len(self.down):
                there = functional.max_pool1d(there, 2)
                x = self.down[i](x) * there
            for block in blocks:  # type: ignore[attr-defined]
                x = block(x, there)
        out: Tensor = (self.leave(x) * there).transpose(1, 2)
        return out


class ConvDecoder(nn.Module):
    """Vectors (B, N, C) to motion (B, N * downsample_factor, D): the encoder's mirror image, doubling by repetition."""

    def __init__(self, columns: int, config: TokenizerConfig) -> None:
        super().__init__()
        width, depth = config.network.width, config.network.depth
        self.enter = nn.Conv1d(config.codebook.dim, width, 3, padding=1)
        doublings = config.downsample_factor.bit_length() - 1
        dilations = [GROWTH**i for i in reversed(range(depth))]
        self.blocks = nn.ModuleList(
            nn.ModuleList(Residual(width, d) for d in dilations) for _ in range(max(1, doublings))
        )
        self.up = nn.ModuleList(nn.Conv1d(width, width, 3, padding=1) for _ in range(doublings))
        self.smooth = nn.Conv1d(width, width, 3, padding=1)
        self.leave = nn.Conv1d(width, columns, 3, padding=1)

    def forward(self, vectors: Tensor, valid: Tensor) -> Tensor:
        """Decodes vectors (B, N, C) with mask (B, N) to normalised motion."""
        there = valid[:, None].to(vectors.dtype)
        x = functional.relu(self.enter(vectors.transpose(1, 2) * there)) * there
        for i, blocks in enumerate(self.blocks):
            for block in blocks:  # type: ignore[attr-defined]
                x = block(x, there)
            if len(self.up):
                there = there.repeat_interleave(2, dim=-1)
                x = self.up[i](torch.repeat_interleave(x, 2, dim=-1)) * there
        x = functional.relu(self.smooth(x)) * there
        out: Tensor = self.leave(x).transpose(1, 2)
        return out
