"""A causal decoder with FaceFormer's two biases, applied in parallel or step by step.

Y. Fan et al., "FaceFormer: Speech-Driven 3D Facial Animation with Transformers", CVPR 2022: positions repeat with a
period (their periodic positional encoding), a step attends to earlier steps the less the more periods lie between them
(their biased causal self-attention), and to nothing of the condition but what belongs to the same moment (their
alignment bias).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from visavis.models.blocks.embedding import sinusoid

Past = list[tuple[Tensor, Tensor]]
"""Per layer the keys and values (B, H, P, C / H) of earlier steps."""


class BiasedLayer(nn.Module):
    """Attention to the past, attention to the moment, and a feed-forward part, each normalised first and added."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(3))
        self.own = nn.Linear(width, 3 * width)
        self.own_out = nn.Linear(width, width)
        self.query = nn.Linear(width, width)
        self.key_value = nn.Linear(width, 2 * width)
        self.moment_out = nn.Linear(width, width)
        self.feed = nn.Sequential(nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width))

    def forward(
        self, x: Tensor, moment: Tensor, bias: Tensor, past: tuple[Tensor, Tensor] | None
    ) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """Transforms steps.

        Args:
            x: (B, N, C).
            moment: (B, N, K, C) the condition's K vectors of each step.
            bias: (H, N, P + N) added to the attention to P earlier steps and these.
            past: Keys and values of the P earlier steps.

        Returns:
            x, and the keys and values of all P + N steps.
        """
        batch, steps, width = x.shape
        parts = self.own(self.norms[0](x)).view(batch, steps, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        query, key, value = parts.unbind(0)
        if past is not None:
            key, value = torch.cat([past[0], key], 2), torch.cat([past[1], value], 2)
        found = functional.scaled_dot_product_attention(query, key, value, attn_mask=bias)
        x = x + self.own_out(found.transpose(1, 2).reshape(batch, steps, width))

        count = moment.shape[2]
        asked = self.query(self.norms[1](x)).view(batch * steps, 1, self.heads, -1).transpose(1, 2)
        there = self.key_value(moment).view(batch * steps, count, 2, self.heads, -1).permute(2, 0, 3, 1, 4)
        heard = functional.scaled_dot_product_attention(asked, there[0], there[1])
        x = x + self.moment_out(heard.transpose(1, 2).reshape(batch, steps, width))
        return x + self.feed(self.norms[2](x)), (key, value)


class BiasedDecoder(nn.Module):
    """Layers of biased attention over steps.

    Args:
        width: Channels.
        heads: Attention heads.
        layers: How many.
        period: Steps after which positions repeat, and by which distances are counted.
        context: Steps that one step can see, itself included.
    """

    def __init__(self, width: int, heads: int, layers: int, period: int, context: int) -> None:
        super().__init__()
        self.width, self.heads, self.period, self.context = width, heads, period, context
        self.layers = nn.ModuleList(BiasedLayer(width, heads) for _ in range(layers))
        self.norm = nn.LayerNorm(width)

    def forward(self, x: Tensor, moment: Tensor) -> Tensor:
        """All steps at once: x (B, N, C) and moment (B, N, K, C) to (B, N, C); step n sees steps up to n."""
        return self._run(x, moment, 0, [])[0]

    def step(self, x: Tensor, moment: Tensor, index: int, past: Past) -> tuple[Tensor, Past]:
        """The step after `past`: x (B, 1, C), moment (B, 1, K, C), `index` counts from the start."""
        out, whole = self._run(x, moment, index, past)
        keep = self.context - 1
        return out, [(k[:, :, max(0, k.shape[2] - keep) :], v[:, :, max(0, v.shape[2] - keep) :]) for k, v in whole]

    def _run(self, x: Tensor, moment: Tensor, first: int, past: Past) -> tuple[Tensor, Past]:
        steps, earlier = x.shape[1], past[0][0].shape[2] if past else 0
        position = torch.arange(first, first + steps, device=x.device) % self.period
        x = x + sinusoid(position, self.width, 2.0 * self.period)
        bias = self._bias(steps, earlier, x.device)
        whole: Past = []
        for i, layer in enumerate(self.layers):
            x, pair = layer(x, moment, bias, past[i] if past else None)
            whole.append(pair)
        return self.norm(x), whole

    def _bias(self, steps: int, earlier: int, device: torch.device) -> Tensor:
        """(H, steps, earlier + steps): minus slope times whole periods between; no future, nothing beyond context."""
        here = torch.arange(earlier, earlier + steps, device=device)[:, None]
        distance = here - torch.arange(earlier + steps, device=device)
        slopes = 2.0 ** (-8.0 * torch.arange(1, self.heads + 1, device=device) / self.heads)
        bias = -slopes[:, None, None] * (distance // self.period)
        return bias.masked_fill((distance < 0) | (distance >= self.context), -torch.inf)
