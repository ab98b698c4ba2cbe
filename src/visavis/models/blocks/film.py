"""FiLM: feature-wise scaling and shifting by a condition (Perez et al. 2018)."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional

from visavis.models.blocks.temporal import TemporalConv


class FilmBlock(nn.Module):
    """Two convolutions whose middle is modulated: FiLM(h, c) = (gamma(c) + 1) h + beta(c).

    The part of gamma and beta that comes from the conversation is computed apart (`modulation`), because it is the
    same at every denoising step; the step itself adds its own part.
    """

    def __init__(self, inputs: int, width: int, condition: int, step: int) -> None:
        super().__init__()
        self.skip = nn.Linear(inputs, width) if inputs != width else nn.Identity()
        self.norm_in = nn.LayerNorm(inputs)
        self.conv_in = TemporalConv(inputs, width)
        self.norm_out = nn.LayerNorm(width, elementwise_affine=False)
        self.conv_out = TemporalConv(width, width)
        self.modulation = nn.Linear(condition, 2 * width)
        self.step = nn.Linear(step, 2 * width)
        nn.init.zeros_(self.conv_out.weight)  # every block begins as the identity
        nn.init.zeros_(self.conv_out.bias)  # type: ignore[arg-type]

    def forward(self, x: Tensor, modulation: Tensor, step: Tensor) -> Tensor:
        """Transforms x (N, T, inputs).

        Args:
            x: Features.
            modulation: (N, T, 2 width), `self.modulation` of the condition.
            step: (N, S) embedding of the diffusion step.
        """
        hidden = self.conv_in(functional.silu(self.norm_in(x)))
        scale, shift = (modulation + self.step(step)[:, None]).chunk(2, dim=-1)
        hidden = self.norm_out(hidden) * (scale + 1) + shift
        out: Tensor = self.skip(x) + self.conv_out(functional.silu(hidden))
        return out
