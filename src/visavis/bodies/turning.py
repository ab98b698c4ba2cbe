"""Turning bodies about the vertical, with gradients."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


def turn_about_up(points: Tensor, yaw: Tensor | float) -> Tensor:
    """Points (B, V, 3) turned about +Y by `yaw`: radians, a number or (B,)."""
    import torch

    turn = torch.as_tensor(yaw, dtype=points.dtype, device=points.device).expand(len(points))[:, None]
    cosine, sine = torch.cos(turn), torch.sin(turn)
    x, y, z = points.unbind(-1)
    return torch.stack([cosine * x + sine * z, y, cosine * z - sine * x], dim=-1)
