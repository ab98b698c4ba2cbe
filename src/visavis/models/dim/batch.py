"""DIM's training batches: stretches of conversation, the speaker first."""

from __future__ import annotations

from dataclasses import dataclass, fields
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
    """

    motion: Tensor
    frames: Tensor
    audio: Tensor
    heard: Tensor

    def __len__(self) -> int:
        return len(self.motion)

    def to(self, device: torch.device | str, *args: Any, **kwargs: Any) -> PairBatch:
        """On another device (Lightning calls this)."""
        return PairBatch(**{field.name: getattr(self, field.name).to(device) for field in fields(self)})
