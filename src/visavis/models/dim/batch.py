"""DIM's training batches: stretches of conversation, the speaker first."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any

import torch
from torch import Tensor


@dataclass(frozen=True)
class PairBatch:
    """A batch of windows; on the axis of length 2 stand the speaker and the listener.

    Attributes:
        motion: (B, 2, T, D) in the space's units, except that translation is the offset from the seat in the
            torso's frame; zero where `frames` is False.
        frames: (B, 2, T) bool, where the motion means something.
        audio: (B, T, F) features of the speaker's voice; F is 0 where the model hears nothing.
        heard: (B,) bool, whether there is sound.
        performed: (B, T, C) curves of the listener's plan, in units of their scales; C is 0 without a plan.
    """

    motion: Tensor
    frames: Tensor
    audio: Tensor
    heard: Tensor
    performed: Tensor = field(default=None)  # type: ignore[assignment]

    def __post_init__(self) -> None:
        """Without a plan there are no curves."""
        if self.performed is None:
            object.__setattr__(self, "performed", self.motion.new_zeros(len(self.motion), self.motion.shape[2], 0))

    def __len__(self) -> int:
        return len(self.motion)

    def to(self, device: torch.device | str, *args: Any, **kwargs: Any) -> PairBatch:
        """On another device (Lightning calls this)."""
        return PairBatch(**{part.name: getattr(self, part.name).to(device) for part in fields(self)})
