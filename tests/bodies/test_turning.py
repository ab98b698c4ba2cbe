"""Our few rotations are roma's, whose import brings PyTorch's compiler along; so are their gradients."""

import pytest
import roma
import torch

from visavis.bodies.turning import rotation_matrix, without_half_twist

AXIS = (0.3, -1.0, 0.2)


@pytest.fixture(scope="module")
def turns() -> torch.Tensor:
    """Of every size below a half turn, and none."""
    drawn = torch.randn(300, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    sizes = torch.logspace(-9, 0.49, 300, dtype=torch.float64)[:, None]
    return torch.cat([drawn / drawn.norm(dim=1, keepdim=True) * sizes, torch.zeros(1, 3, dtype=torch.float64)])


def theirs(turn: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    axis = torch.tensor(AXIS, dtype=turn.dtype)
    axis = axis / axis.norm()
    quaternion = roma.rotvec_to_unitquat(turn)
    twist = 2 * torch.atan2(quaternion[:, :3] @ axis, quaternion[:, 3])
    half = (torch.remainder(twist + torch.pi, 2 * torch.pi) - torch.pi)[:, None] / 2 * axis
    return roma.rotvec_composition([turn, -half]), half


def gradient(function, turn: torch.Tensor) -> torch.Tensor:
    """Of a sum in which everything counts differently."""
    at = turn.clone().requires_grad_()
    made = function(at)
    whole = torch.cat([part.reshape(len(at), -1) for part in (made if isinstance(made, tuple) else (made,))], 1)
    (whole * torch.arange(1.0, whole.shape[1] + 1)).sum().backward()
    return at.grad


def test_matrices(turns):
    assert torch.allclose(rotation_matrix(turns), roma.rotvec_to_rotmat(turns), atol=1e-12)
    assert torch.allclose(gradient(rotation_matrix, turns), gradient(roma.rotvec_to_rotmat, turns), atol=1e-8)


def test_half_a_twist_and_the_rest(turns):
    ours = without_half_twist(turns, AXIS)
    assert all(torch.allclose(*pair, atol=1e-12) for pair in zip(ours, theirs(turns), strict=True))
    assert torch.allclose(
        gradient(lambda turn: without_half_twist(turn, AXIS), turns), gradient(theirs, turns), atol=1e-7
    )
    rest, half = ours
    assert torch.allclose(rotation_matrix(rest) @ rotation_matrix(half), rotation_matrix(turns), atol=1e-12)
