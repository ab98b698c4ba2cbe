"""The interface of every tokenizer: motion in, codes out, and back."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from visavis.errors import InputError
from visavis.motion import Motion, MotionSpace
from visavis.motion.mapping import project_to_space
from visavis.motion.parts import part_of


@dataclass(frozen=True)
class Codes:
    """Motion as numbers from a codebook, one step every `Tokenizer.downsample_factor` frames.

    Attributes:
        ids: (B, N, Q) int64, from 0 to `Tokenizer.codebook_size` - 1; Q num_codebooks speak at every step.
        valid: (B, N) bool, steps that cover at least one frame that means something. Where it is False, ids are 0.
    """

    ids: Tensor
    valid: Tensor

    def to(self, device: torch.device | str) -> Codes:
        """On another device."""
        return Codes(self.ids.to(device), self.valid.to(device))


@dataclass(frozen=True)
class MotionBatch:
    """A batch of stretches of one person's motion.

    Attributes:
        values: (B, T, D) in the space's units, zero where `frames` is False.
        frames: (B, T) bool, where the motion means something.
    """

    values: Tensor
    frames: Tensor

    def __len__(self) -> int:
        return len(self.values)

    def to(self, device: torch.device | str, *args: Any, **kwargs: Any) -> MotionBatch:
        """On another device (Lightning calls this)."""
        return MotionBatch(self.values.to(device), self.frames.to(device))


@dataclass(frozen=True)
class TokenizerLosses:
    """The number to minimise and what it is made of (already weighted, detached)."""

    total: Tensor
    parts: dict[str, Tensor]


class Tokenizer(nn.Module):
    """Weights, codebook, normalisation statistics and motion space, travelling together.

    T need not be a multiple of `downsample_factor`: N is T divided by it, rounded up, and what is missing counts as
    invalid frames.
    Normalisation happens inside, by statistics that are buffers.

    Attributes:
        space: What the columns mean.
        whole: The space that `space` is a part of (`MotionSpace.part`); `space` itself where it is no part.
        fps: Frames per second of the motion.
        downsample_factor: Frames per step.
        codebook_size: Codes that each quantizer can choose from.
        num_codebooks: Q, codes per step.
        dim: C, length of the vector that `embed` gives for each step.
    """

    space: MotionSpace
    whole: MotionSpace
    fps: float
    downsample_factor: int
    codebook_size: int
    num_codebooks: int
    dim: int

    @abstractmethod
    def encode(self, values: Tensor, frames: Tensor) -> Codes:
        """Codes of motion (B, T, D) in the space's units; `frames` (B, T) bool says where it means something."""

    @abstractmethod
    def decode(self, codes: Codes) -> Tensor:
        """Motion (B, N * downsample_factor, D) in the space's units."""

    @abstractmethod
    def embed(self, values: Tensor, frames: Tensor) -> Tensor:
        """The encoder's output (B, N, C) before it is quantized; differentiable."""

    @abstractmethod
    def decode_embedding(self, vectors: Tensor, valid: Tensor) -> Tensor:
        """Motion (B, N * downsample_factor, D) from vectors (B, N, C), quantized or not; differentiable.

        `embed` and this make an autoencoder without a bottleneck of codes (DIM's ablation "no VQ").
        """

    @abstractmethod
    def codewords(self, ids: Tensor) -> Tensor:
        """The vectors (B, N, C) that ids (B, N, Q) stand for; what `decode` feeds to `decode_embedding`."""

    @abstractmethod
    def loss(self, values: Tensor, frames: Tensor) -> TokenizerLosses:
        """The training loss; where the codebook learns by moving averages, it does so in training mode only."""

    @property
    def bits_per_second(self) -> float:
        """What the codes cost if each is equally likely: Q log2(codebook size) / downsample_factor * fps."""
        bits = self.num_codebooks * float(torch.log2(torch.tensor(float(self.codebook_size))))
        return bits / self.downsample_factor * self.fps

    @torch.no_grad()
    def encode_motion(self, motion: Motion) -> Codes:
        """Codes of one person's motion, with B = 1.

        Args:
            motion: In `space`, or in `whole`, whose other columns are left out. Translation is the offset from the
                seat in the torso's frame, as it was in training.

        Raises:
            InputError: The motion is in another space or at another frame rate, or has no frames.
        """
        if motion.space.columns != self.space.columns:
            motion = project_to_space(motion, self.whole)
            if motion.space.columns != self.whole.columns:
                raise InputError(f"this tokenizer uses motion space {self.space.name!r}, not {motion.space.name!r}")
            motion = part_of(motion, self.space)
        if abs(motion.fps - self.fps) > 1e-3 * self.fps:
            raise InputError(
                f"this tokenizer needs {self.fps:g} frames/s; the motion has {motion.fps:g}: resample it first"
            )
        if not len(motion):
            raise InputError("there is nothing to encode: the motion has no frames")
        device = next(self.buffers()).device
        values = torch.from_numpy(motion.values)[None].to(device)
        return self.encode(values, torch.ones(values.shape[:2], dtype=torch.bool, device=device))

    @torch.no_grad()
    def decode_motion(self, codes: Codes, frames: int | None = None) -> Motion:
        """The motion of codes with B = 1 in `space`, cut to `frames` frames.

        `visavis.motion.parts.joined` makes a motion of the whole of several tokenizers' parts.
        """
        values = self.decode(codes.to(next(self.buffers()).device))[0, :frames]
        return Motion(values.cpu().numpy(), self.fps, self.space)


def check_ids(codes: Codes, tokenizer: Tokenizer) -> None:
    """Raises `InputError` unless codes have the tokenizer's shape and range: those of another one are refused."""
    ids, valid = codes.ids, codes.valid
    if ids.ndim != 3 or ids.shape[-1] != tokenizer.num_codebooks or valid.shape != ids.shape[:2]:
        raise InputError(
            f"codes of shape {tuple(ids.shape)} with mask {tuple(valid.shape)} do not fit this tokenizer, which needs "
            f"(batch, steps, {tokenizer.num_codebooks}) and (batch, steps)"
        )
    if ids.numel() and not (int(ids.min()) >= 0 and int(ids.max()) < tokenizer.codebook_size):
        raise InputError(
            f"code {int(ids.max() if ids.min() >= 0 else ids.min())} is not among this tokenizer's "
            f"{tokenizer.codebook_size}; the codes come from a different tokenizer"
        )
