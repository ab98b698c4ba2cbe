"""Windows of conversations as tensors: the condition, and the motion to learn."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from typing import Any

import torch
from torch import Tensor


@dataclass(frozen=True)
class Condition:
    """What is known of both people before they move; the leading 2 is (A, B), an extra batch axis may precede it.

    Attributes:
        audio: (..., 2, T, F) features of what each stream hears of its own person: that person's voice where voices
            are separate, otherwise the mixed recording, the same for both.
        speaking: (..., 2, T) probability that the person speaks.
        seats: (..., 2, 4) world position (x, y, z) in metres of the head joint at the start, and the torso's yaw.
        identity: (..., 2, I) a vector that describes the person; I may be 0.
        performed: (..., 2, T, C) curves of what each person is planned to do
            (`visavis.behavior.performing.performer.COLUMNS`, in units of their `SCALES`); C is 0 without a plan.
    """

    audio: Tensor
    speaking: Tensor
    seats: Tensor
    identity: Tensor
    performed: Tensor = field(default=None)  # type: ignore[assignment]

    def __post_init__(self) -> None:
        """Without a plan there are no curves."""
        if self.performed is None:
            object.__setattr__(self, "performed", self.speaking.new_zeros(*self.speaking.shape, 0))

    @property
    def frames(self) -> int:
        """T."""
        return self.speaking.shape[-1]

    def swapped(self) -> Condition:
        """A and B change places."""
        flip = {"audio": -3, "speaking": -2, "seats": -2, "identity": -2, "performed": -3}
        return Condition(**{name: getattr(self, name).flip(axis) for name, axis in flip.items()})

    def batched(self, count: int = 1) -> Condition:
        """With a batch axis in front: `count` times the same, without copying."""
        parts = {f.name: getattr(self, f.name) for f in fields(self)}
        return Condition(**{name: part.expand(count, *part.shape) for name, part in parts.items()})

    def slice(self, start: int, stop: int) -> Condition:
        """Frames `start` to `stop` (exclusive)."""
        return replace(
            self, audio=self.audio[..., start:stop, :], speaking=self.speaking[..., start:stop],
            performed=self.performed[..., start:stop, :],
        )  # fmt: skip

    def to(self, device: torch.device | str) -> Condition:
        """On another device."""
        return Condition(**{f.name: getattr(self, f.name).to(device) for f in fields(self)})


@dataclass(frozen=True)
class DyadBatch:
    """A batch of windows of conversations.

    Attributes:
        condition: With a batch axis (B, 2, ...).
        motion: (B, 2, T, D) in the model's space, except that the translation columns hold the offset from the seat,
            in the frame of the torso (metres).
        frames: (B, 2, T) bool, where the motion means something.
        columns: (B, 2, D) bool, which columns were observed.
        gaze: (B,) bool, samples on which the gaze loss counts.
        lips_only: (B,) bool, samples on which nothing but the lips of the person who speaks counts.
    """

    condition: Condition
    motion: Tensor
    frames: Tensor
    columns: Tensor
    gaze: Tensor
    lips_only: Tensor

    def __len__(self) -> int:
        return len(self.motion)

    def to(self, device: torch.device | str, *args: Any, **kwargs: Any) -> DyadBatch:
        """On another device (Lightning calls this)."""
        rest = {f.name: getattr(self, f.name).to(device) for f in fields(self) if f.name != "condition"}
        return DyadBatch(condition=self.condition.to(device), **rest)
