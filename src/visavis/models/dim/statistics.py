"""Statistics that are measured once on the training corpus and stored with the weights."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import torch
from torch import Tensor

from visavis.errors import InputError


@dataclass(frozen=True)
class Statistics:
    """Normalisation.

    Attributes:
        motion_mean: (D,), the mean pose.
        motion_std: (D,), above 0.
        audio_mean: (F,), F being 0 for a model that hears nothing.
        audio_std: (F,), above 0.
    """

    motion_mean: Tensor
    motion_std: Tensor
    audio_mean: Tensor
    audio_std: Tensor

    @classmethod
    def neutral(cls, dim: int, audio_dim: int = 0) -> Statistics:
        """Nothing measured: zero mean, unit scale."""
        return cls(torch.zeros(dim), torch.ones(dim), torch.zeros(audio_dim), torch.ones(audio_dim))

    def with_motion_of(self, other: Statistics) -> Statistics:
        """The other's scales of motion, these of the sound."""
        return replace(self, motion_mean=other.motion_mean, motion_std=other.motion_std)

    def check(self, dim: int, where: str) -> None:
        """Raises `InputError` unless all shapes fit and all values are usable."""
        sizes = {"motion": dim, "audio": self.audio_mean.numel()}
        for field in fields(self):
            tensor = getattr(self, field.name)
            wanted = (sizes[field.name.split("_")[0]],)
            if tuple(tensor.shape) != wanted:
                raise InputError(f"{where}: {field.name} has shape {tuple(tensor.shape)}; {wanted} is needed")
            if not torch.isfinite(tensor).all() or (field.name.endswith("std") and (tensor <= 0).any()):
                raise InputError(f"{where}: {field.name} is not finite or not above 0")
