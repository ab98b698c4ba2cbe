"""Lapped encoder and decoder of motion: convolutions at the rate of the codes.

The way from frames to steps is taken at once, by a convolution over two steps' frames, and back by its transpose, whose
windows overlap by half, so that motion has no seams (lapped transforms, Malvar 1992). All other layers see steps, which
are few. That is several times cheaper than halving (`visavis.tokenizers.conv`), and learns what principal components do
within the first hundred steps.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional

from visavis.tokenizers.config import TokenizerConfig
from visavis.tokenizers.conv import GROWTH, Residual


class LappedEncoder(nn.Module):
    """Motion (B, T, D) to vectors (B, N, C)."""

    def __init__(self, columns: int, config: TokenizerConfig) -> None:
        super().__init__()
        width, factor = config.network.width, config.downsample_factor
        self.downsample_factor = factor
        self.enter = nn.Conv1d(columns, width, 2 * factor, stride=factor, padding=factor // 2)
        self.blocks = nn.ModuleList(Residual(width, GROWTH**i) for i in range(config.network.depth))
        self.leave = nn.Conv1d(width, config.codebook.dim, 1)

    def forward(self, values: Tensor, frames: Tensor) -> Tensor:
        """Encodes normalised motion (B, T, D) with mask (B, T); T is a multiple of the factor."""
        there = functional.max_pool1d(frames[:, None].to(values.dtype), self.downsample_factor)
        x = self.enter(values.transpose(1, 2)) * there
        for block in self.blocks:
            x = block(x, there)
        out: Tensor = (self.leave(x) * there).transpose(1, 2)
        return out


class LappedDecoder(nn.Module):
    """Vectors (B, N, C) to motion (B, N * downsample_factor, D): the encoder's mirror image."""

    def __init__(self, columns: int, config: TokenizerConfig) -> None:
        super().__init__()
        width, factor, depth = config.network.width, config.downsample_factor, config.network.depth
        self.enter = nn.Conv1d(config.codebook.dim, width, 1)
        self.blocks = nn.ModuleList(Residual(width, GROWTH**i) for i in reversed(range(depth)))
        self.leave = nn.ConvTranspose1d(width, columns, 2 * factor, stride=factor, padding=factor // 2)

    def forward(self, vectors: Tensor, valid: Tensor) -> Tensor:
        """Decodes vectors (B, N, C) with mask (B, N) to normalised motion."""
        there = valid[:, None].to(vectors.dtype)
        x = self.enter(vectors.transpose(1, 2)) * there
        for block in self.blocks:
            x = block(x, there)
        out: Tensor = self.leave(x).transpose(1, 2)
        return out
