"""Multi-head attention over time, within one stream or from one stream to another."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional

from visavis.models.blocks.embedding import rotary, rotate


class TimeAttention(nn.Module):
    """Residual multi-head attention with rotary positions; (N, T, C) attends to (N, T, C) of the same clock."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm = nn.LayerNorm(width)
        self.query = nn.Linear(width, width)
        self.key_value = nn.Linear(width, 2 * width)
        self.out = nn.Linear(width, width)

    def forward(self, x: Tensor, other: Tensor | None = None) -> Tensor:
        """Updates `x` by what it finds in `other`, or in itself."""
        count, frames, width = x.shape
        here = self.norm(x)
        there = here if other is None else self.norm(other)

        def split(t: Tensor) -> Tensor:
            return t.view(count, frames, self.heads, -1).transpose(1, 2)

        query = split(self.query(here))
        key, value = (split(t) for t in self.key_value(there).chunk(2, dim=-1))
        cos, sin = rotary(frames, width // self.heads, x.device)
        cos, sin = cos.to(x.dtype), sin.to(x.dtype)
        found = functional.scaled_dot_product_attention(rotate(query, cos, sin), rotate(key, cos, sin), value)
        out: Tensor = x + self.out(found.transpose(1, 2).reshape(count, frames, width))
        return out
