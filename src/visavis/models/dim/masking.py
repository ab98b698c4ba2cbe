"""Which units of each person's motion are masked.

A unit is what one step of the tokenizer covers. Masks are (B, 2, N) bool, True where hidden; person 0 is the speaker,
person 1 the listener.
"""

from __future__ import annotations

import torch
from torch import Tensor

SPEAKER, LISTENER = 0, 1


def hide_share(shares: Tensor, count: int, span: int, generator: torch.Generator | None) -> Tensor:
    """Hides a share of the units of every sequence, drawn uniformly (DIM, equation 4).

    Args:
        shares: (...,) share of each sequence to hide, 0 to 1.
        count: N, units per sequence.
        span: Units that are hidden together; 1 draws every unit apart.
        generator: Decides.

    Returns:
        (..., N) bool with the share of each row hidden, to the nearest span; a share of 0 hides nothing, 1 all.
    """
    spans = -(-count // span)
    order = torch.rand((*shares.shape, spans), generator=generator, device=shares.device).argsort(-1).argsort(-1)
    hidden = order < (shares[..., None] * spans).round()
    return hidden.repeat_interleave(span, -1)[..., :count]


def hide_tail(starts: Tensor, count: int) -> Tensor:
    """Hides everything from a unit on: (...,) starts to (..., N) bool. What came before is seen, as in sampling."""
    return torch.arange(count, device=starts.device) >= starts[..., None]
