"""From the decoder's features to codes: heads that predict the codes of a person's units."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

Choose = Callable[[Tensor], Tensor]
"""Codes (B, N) for logits (B, N, K)."""


class IndependentHead(nn.Linear):
    """Each of a unit's Q codes by itself: a linear layer, all there is to it where a unit has one code."""

    def __init__(self, width: int, num_codebooks: int, size: int) -> None:
        super().__init__(width, num_codebooks * size)
        self.shape = (num_codebooks, size)

    def forward(self, features: Tensor, ids: Tensor | None = None) -> Tensor:
        """Logits (B, N, Q, K) from features (B, N, width); the true codes are not looked at."""
        logits: Tensor = super().forward(features).unflatten(-1, self.shape)
        return logits

    def draw(self, features: Tensor, choose: Choose) -> tuple[Tensor, Tensor]:
        """Codes (B, N, Q) as `choose` takes them, and the logits it chose from."""
        logits = self(features)
        return torch.stack([choose(part) for part in logits.unbind(2)], -1), logits


class AutoregressiveHead(nn.Module):
    """Each of a unit's Q codes given those before it: their joint probability, by the chain rule.

    A blink is a combination of codes; drawn apart from each other, codes make of half-likely blinks no blink at all.
    The units' features stay what they are, so that time is handled by the decoder and combination by this.
    """

    def __init__(self, width: int, num_codebooks: int, size: int) -> None:
        super().__init__()
        self.num_codebooks, self.size = num_codebooks, size
        self.earlier = nn.Embedding(num_codebooks * size, width)
        nn.init.normal_(self.earlier.weight, std=0.1)
        self.which = nn.Parameter(torch.randn(num_codebooks, width) * 0.02)
        self.mix = nn.Sequential(
            nn.LayerNorm(width), nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width)
        )
        self.norm = nn.LayerNorm(width)
        self.out = nn.Parameter(torch.randn(num_codebooks, width, size) * width**-0.5)
        self.bias = nn.Parameter(torch.zeros(num_codebooks, size))

    def forward(self, features: Tensor, ids: Tensor) -> Tensor:
        """Logits (B, N, Q, K) of each code given the true codes (B, N, Q) before it."""
        codes = self.earlier(ids + torch.arange(self.num_codebooks, device=ids.device) * self.size)
        before = nn.functional.pad(codes[:, :, :-1], (0, 0, 1, 0)).cumsum(2)
        x = features[:, :, None] + before + self.which
        x = self.norm(x + self.mix(x))
        return torch.einsum("bnqw,qwk->bnqk", x, self.out) + self.bias

    def draw(self, features: Tensor, choose: Choose) -> tuple[Tensor, Tensor]:
        """Codes (B, N, Q), one after the other as `choose` takes them, and the logits it chose from."""
        chosen, logits = [], []
        before = torch.zeros_like(features)
        for q in range(self.num_codebooks):
            x = features + before + self.which[q]
            logits.append(self.norm(x + self.mix(x)) @ self.out[q] + self.bias[q])
            chosen.append(choose(logits[-1]))
            before = before + self.earlier(chosen[-1] + q * self.size)
        return torch.stack(chosen, -1), torch.stack(logits, 2)
