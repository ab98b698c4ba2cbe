"""Transformer encoder and decoder of motion (DIM, section 3.2 and "Implementation Details").

Motion longer than the training window is encoded and decoded in stretches of that window, each for itself, so that
memory grows with the length and not with its square, and no position is new.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from visavis.tokenizers.config import TokenizerConfig


def positions(steps: int, width: int, device: torch.device) -> Tensor:
    """(steps, width) sines and cosines (Vaswani et al. 2017)."""
    rates = torch.exp(torch.arange(0, width, 2, device=device) * (-math.log(10_000.0) / width))
    angles = torch.arange(steps, device=device)[:, None] * rates
    return torch.cat([angles.sin(), angles.cos()], dim=-1)


class Layers(nn.Module):
    """Self-attention over at most `longest` steps at a time, with positions."""

    def __init__(self, config: TokenizerConfig) -> None:
        super().__init__()
        network = config.network
        layer = nn.TransformerEncoderLayer(
            network.width, network.heads, network.feed_forward, network.dropout,
            activation="gelu", batch_first=True, norm_first=True,
        )  # fmt: skip
        self.layers = nn.TransformerEncoder(
            layer, network.depth, norm=nn.LayerNorm(network.width), enable_nested_tensor=False
        )
        self.longest = config.window // config.downsample_factor

    def forward(self, x: Tensor, valid: Tensor) -> Tensor:
        """Transforms x (B, N, C) with mask (B, N); what `valid` leaves out is not looked at."""
        count, steps, width = x.shape
        size = min(steps, self.longest)
        missing = -steps % size
        x = functional.pad(x, (0, 0, 0, missing)).reshape(-1, size, width)
        hidden = ~functional.pad(valid, (0, missing)).reshape(-1, size)
        hidden = hidden & ~hidden.all(1, keepdim=True)  # attention to nothing at all is not defined
        out: Tensor = self.layers(x + positions(size, width, x.device).to(x.dtype), src_key_padding_mask=hidden)
        return out.reshape(count, -1, width)[:, :steps]


class TransformerEncoder(nn.Module):
    """Motion (B, T, D) to vectors (B, T / downsample_factor, C); the frames of a step enter side by side."""

    def __init__(self, columns: int, config: TokenizerConfig) -> None:
        super().__init__()
        self.downsample_factor = config.downsample_factor
        self.enter = nn.Linear(columns * config.downsample_factor, config.network.width)
        self.layers = Layers(config)
        self.leave = nn.Linear(config.network.width, config.codebook.dim)

    def forward(self, values: Tensor, frames: Tensor) -> Tensor:
        """Encodes normalised motion (B, T, D) with mask (B, T); T is a multiple of the factor."""
        valid = frames.unflatten(1, (-1, self.downsample_factor)).any(-1)
        x = self.enter(values.unflatten(1, (-1, self.downsample_factor)).flatten(2))
        out: Tensor = self.leave(self.layers(x, valid)) * valid[..., None].to(values.dtype)
        return out


class TransformerDecoder(nn.Module):
    """Vectors (B, N, C) to motion (B, N * downsample_factor, D); a step's frames leave side by side."""

    def __init__(self, columns: int, config: TokenizerConfig) -> None:
        super().__init__()
        self.downsample_factor = config.downsample_factor
        self.enter = nn.Linear(config.codebook.dim, config.network.width)
        self.layers = Layers(config)
        self.leave = nn.Linear(config.network.width, columns * config.downsample_factor)

    def forward(self, vectors: Tensor, valid: Tensor) -> Tensor:
        """Decodes vectors (B, N, C) with mask (B, N) to normalised motion."""
        out: Tensor = self.leave(self.layers(self.enter(vectors), valid))
        frames: Tensor = out.unflatten(-1, (self.downsample_factor, -1))
        return frames.flatten(1, 2)
