"""Embeddings of scalars: the diffusion step, and positions in time."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn


def sinusoid(values: Tensor, dim: int, longest: float = 10_000.0) -> Tensor:
    """Sines and cosines of `values` (N,) at `dim / 2` wavelengths up to `longest`, (N, dim)."""
    rates = torch.exp(torch.arange(dim // 2, device=values.device) * (-2 * math.log(longest) / dim))
    angles = values[:, None].float() * rates
    return torch.cat([angles.sin(), angles.cos()], dim=-1)


class StepEmbedding(nn.Module):
    """Diffusion step (N,) -> (N, dim)."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.dim = dim
        self.mlp = nn.Sequential(nn.Linear(dim, dim), nn.SiLU(), nn.Linear(dim, dim), nn.SiLU())

    def forward(self, step: Tensor) -> Tensor:
        """Embeds."""
        embedded: Tensor = self.mlp(sinusoid(step, self.dim))
        return embedded


def rotary(frames: int, dim: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """Cosines and sines (frames, dim / 2) of rotary position embedding (Su et al. 2021)."""
    rates = 1.0 / 1_000.0 ** (torch.arange(0, dim, 2, device=device) / dim)
    angles = torch.arange(frames, device=device)[:, None] * rates
    return angles.cos(), angles.sin()


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Turns pairs of channels of x (..., T, dim) by their position's angles."""
    first, second = x.chunk(2, dim=-1)
    return torch.cat([first * cos - second * sin, second * cos + first * sin], dim=-1)
