"""Rotations of bodies and bones, with gradients, also where nothing turns.

roma has most of these, but importing it takes longer than building a body: it brings PyTorch's compiler along.
"""

from __future__ import annotations

from collections.abc import Sequence
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


def rotation_matrix(turn: Tensor) -> Tensor:
    """Rotation vectors (..., 3) as matrices (..., 3, 3): Rodrigues' formula."""
    import torch

    angle = torch.linalg.vector_norm(turn, dim=-1)[..., None, None]
    x, y, z = turn.unbind(-1)
    zero = torch.zeros_like(x)
    cross = torch.stack([zero, -z, y, z, zero, -x, -y, x, zero], -1).reshape(*turn.shape, 3)
    # sin(a) / a and (1 - cos(a)) / a^2, which sinc gives at zero, too.
    first, second = torch.sinc(angle / torch.pi), 0.5 * torch.sinc(angle / (2 * torch.pi)) ** 2
    return torch.eye(3, dtype=turn.dtype, device=turn.device) + first * cross + second * (cross @ cross)


def without_half_twist(turn: Tensor, axis: Sequence[float]) -> tuple[Tensor, Tensor]:
    """A rotation split into what remains without half of its twist about an axis, and that half, which comes first.

    Args:
        turn: Rotation vectors (B, 3).
        axis: Of the twist, (3,).

    Returns:
        Two rotation vectors (B, 3), whose rotations, the first after the second, make the whole one.
    """
    import torch

    along = torch.tensor(axis, dtype=turn.dtype, device=turn.device)
    along = along / along.norm()
    angle = torch.linalg.vector_norm(turn, dim=-1, keepdim=True)
    # Of the unit quaternion; the twist's has only the part along the axis.
    xyz, w = 0.5 * torch.sinc(angle / (2 * torch.pi)) * turn, torch.cos(angle[:, 0] / 2)
    twist = 2 * torch.atan2(xyz @ along, w)
    twist = torch.remainder(twist + torch.pi, 2 * torch.pi) - torch.pi
    cosine, sine = torch.cos(twist / 4)[:, None], torch.sin(twist / 4)[:, None] * along
    rest = cosine * xyz - w[:, None] * sine - torch.linalg.cross(xyz, sine)
    real = cosine * w[:, None] + (xyz * sine).sum(-1, keepdim=True)
    rest, real = torch.where(real < 0, -rest, rest), real.abs()
    length = torch.linalg.vector_norm(rest, dim=-1, keepdim=True).clamp(min=1e-12)
    return 2 * torch.atan2(length, real) / length * rest, (twist / 2)[:, None] * along
