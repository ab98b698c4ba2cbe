"""Weights as bytes: what a processor reads in a quarter of the time, for the one token that a talk goes on by.

A matrix times a vector takes as long as the matrix takes to come from memory. Each row is kept as whole numbers from
-127 to 127 times a scale of its own, and what it is multiplied with in bfloat16 (as in LLM.int8, Dettmers et al. 2022,
for weights alone); sums are exact.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.nn import functional

Linear = tuple[Tensor, Tensor | None]
"""A weight and a bias, as of `torch.nn.Linear`."""
Apply = Callable[[Tensor], Tensor]

MOST = 127


def exact(parts: Sequence[Linear]) -> Apply:
    """Several layers of the same input, with the weights as they are; outputs one after the other."""
    if len(parts) == 1:
        return lambda x: functional.linear(x, *parts[0])
    return lambda x: torch.cat([functional.linear(x, *part) for part in parts], dim=-1)


def light(parts: Sequence[Linear]) -> Apply:
    """The same with weights as bytes, which are copies."""
    weight = torch.cat([part[0].detach().float() for part in parts])
    scale = weight.abs().amax(dim=1).clamp_min(1e-12) / MOST
    whole = (weight / scale[:, None]).round_().to(torch.int8).contiguous()
    small = scale.bfloat16()
    if parts[0][1] is None:
        return lambda x: torch._weight_int8pack_mm(x.bfloat16(), whole, small).float()
    bias = torch.cat([part[1].detach().float() for part in parts if part[1] is not None])
    return lambda x: torch._weight_int8pack_mm(x.bfloat16(), whole, small).float() + bias


def possible(weight: Tensor) -> bool:
    """Whether weights can be bytes: on a processor whose PyTorch multiplies them."""
    return weight.device.type == "cpu" and hasattr(torch, "_weight_int8pack_mm")
