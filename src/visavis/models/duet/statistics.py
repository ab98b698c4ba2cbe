"""Statistics that are measured once on the training corpus and stored with the weights."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from visavis.errors import InputError
from visavis.motion import MotionSpace
from visavis.tokenizers.statistics import FLOORS


@dataclass(frozen=True)
class Statistics:
    """Normalisation and scales.

    Attributes:
        motion_mean: (D,).
        motion_std: (D,), floored.
        audio_mean: (F,).
        audio_std: (F,).
        velocity_basis: (K, D); its product with a change of the motion from one frame to the next is the matching
            change of K independent directions of the mesh, scaled so that its mean square is 1 on the corpus.
        gaze_threshold: (1,) variance of the head's rotation (rad^2) that a fifth of the windows exceeds.
    """

    motion_mean: Tensor
    motion_std: Tensor
    audio_mean: Tensor
    audio_std: Tensor
    velocity_basis: Tensor
    gaze_threshold: Tensor

    @classmethod
    def neutral(cls, space: MotionSpace, audio_dim: int) -> Statistics:
        """Nothing measured yet: zero mean, unit scale."""
        std = torch.tensor([10 * FLOORS[column.unit] for column in space.columns])
        return cls(
            torch.zeros(space.dim), std, torch.zeros(audio_dim), torch.ones(audio_dim),
            torch.diag(1 / std) / space.dim**0.5, torch.zeros(1),
        )  # fmt: skip

    def check(self, space: MotionSpace, audio_dim: int, where: str) -> None:
        """Raises `InputError` unless all shapes fit and all values are usable."""
        wanted = {f.name: getattr(self.neutral(space, audio_dim), f.name).shape for f in fields(self)}
        for name, shape in wanted.items():
            tensor = getattr(self, name)
            if tensor.shape != shape and not (
                name == "velocity_basis" and tensor.ndim == 2 and tensor.numel() and tensor.shape[-1:] == shape[-1:]
            ):
                raise InputError(f"{where}: {name} has shape {tuple(tensor.shape)}; {tuple(shape)} is needed")
            if not torch.isfinite(tensor).all():
                raise InputError(f"{where}: {name} is not finite")
        if (self.motion_std <= 0).any() or (self.audio_std <= 0).any():
            raise InputError(f"{where}: a standard deviation is not above 0")


def velocity_basis(gram: NDArray[np.float64], covariance: NDArray[np.float64]) -> NDArray[np.float64]:
    """A square root of `gram`, scaled so that velocities of the given covariance have mean square 1.

    Args:
        gram: (D, D) J^T J, where J maps changes of the motion to changes of vertices.
        covariance: (D, D) second moment of the motion's frame-to-frame change.

    Returns:
        (D, D) basis W with W^T W proportional to `gram`; the mean over its D outputs is scaled.
    """
    values, vectors = np.linalg.eigh(gram)
    root = np.sqrt(np.maximum(values, 0))[:, None] * vectors.T
    energy = np.trace(root @ covariance @ root.T) / len(root)
    basis: NDArray[np.float64] = root / np.sqrt(max(energy, 1e-12))
    return basis


def body_gram(space: MotionSpace) -> NDArray[np.float64]:
    """(D, D) mean over head vertices of J^T J, J being the body's vertices' derivative at rest, metres per unit.

    Raises:
        InputError: No built-in body is driven by the space; set losses.velocity_of=columns.
    """
    from visavis.bodies import AnnyBody, default_appearances, shown_as

    if shown_as(space) is None:
        raise InputError(f"no built-in body supports motion space {space.name!r}; set losses.velocity_of=columns")
    body = AnnyBody(default_appearances()[0], space=space)
    eps = torch.tensor([1e-2 if column.unit == "coefficient" else 1e-3 for column in space.columns])
    with torch.no_grad():
        rest = body.vertices(torch.zeros(1, space.dim), 0.0)[0]
        moved = body.vertices(torch.diag(eps), 0.0)
        jacobian = ((moved - rest) / eps[:, None, None]).double()  # (D, V, 3)
        moves = jacobian[space.indices("expression")].norm(dim=-1).amax(0) > 1e-6
        moves |= jacobian[space.indices("head")].norm(dim=-1).amax(0) > 1e-6
        head = jacobian[:, moves].reshape(space.dim, -1)
        gram: NDArray[np.float64] = (head @ head.T / moves.sum()).numpy()
        return gram
