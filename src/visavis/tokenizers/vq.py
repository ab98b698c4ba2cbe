"""VQ-VAEs: motion through an encoder, a codebook and a decoder (van den Oord et al. 2017)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from visavis.errors import InputError
from visavis.motion import MotionSpace
from visavis.tokenizers.codebook import Codebooks
from visavis.tokenizers.config import LossConfig, TokenizerConfig
from visavis.tokenizers.conv import ConvDecoder, ConvEncoder
from visavis.tokenizers.lapped import LappedDecoder, LappedEncoder
from visavis.tokenizers.protocol import Codes, Tokenizer, TokenizerLosses, check_ids
from visavis.tokenizers.statistics import MotionStatistics
from visavis.tokenizers.transformer import TransformerDecoder, TransformerEncoder

NETWORKS: dict[str, tuple[Callable[..., nn.Module], Callable[..., nn.Module]]] = {
    "conv": (ConvEncoder, ConvDecoder), "lapped": (LappedEncoder, LappedDecoder),
    "transformer": (TransformerEncoder, TransformerDecoder),
}  # fmt: skip
"""Encoder and decoder by family."""
DISTANCES = {"l1": functional.l1_loss, "l2": functional.mse_loss, "smooth-l1": functional.smooth_l1_loss}


class VQTokenizer(Tokenizer):
    """A VQ-VAE; convolutional (MARS, section 3.2), by halvings or at the codes' rate, or a transformer (DIM, 3.2).

    Attributes:
        config: Its settings.
        codebook: What it chooses from, one or more.
        provenance: Where the weights come from.
    """

    mean: Tensor
    std: Tensor
    low: Tensor
    high: Tensor

    def __init__(
        self, config: TokenizerConfig, space: MotionSpace, fps: float, statistics: MotionStatistics | None = None
    ) -> None:
        super().__init__()
        self.config, self.space, self.whole, self.fps = config, space, space, fps
        self.downsample_factor = config.downsample_factor
        self.codebook_size, self.num_codebooks = config.codebook.size, config.codebook.num_codebooks
        self.dim = config.codebook.dim
        self.provenance: dict[str, Any] = {"model": "tokenizer", "weights": "untrained"}
        keep_statistics(self, space, statistics)
        encoder, decoder = NETWORKS[config.family]
        self.encoder: nn.Module = encoder(space.dim, config)
        self.codebook = Codebooks(config.codebook)
        self.decoder: nn.Module = decoder(space.dim, config)

    @torch.no_grad()
    def encode(self, values: Tensor, frames: Tensor) -> Codes:
        """See `Tokenizer`.

        Raises:
            InputError: The shape does not fit, or a value that means something is not finite.
        """
        check_values(self, values, frames)
        vectors, valid = self._encoded(values, frames)
        return Codes(self.codebook.nearest(vectors, valid), valid)

    def decode(self, codes: Codes) -> Tensor:
        """See `Tokenizer`.

        Raises:
            InputError: The codes are not of this tokenizer.
        """
        check_ids(codes, self)
        return self.decode_embedding(self.codewords(codes.ids), codes.valid)

    def embed(self, values: Tensor, frames: Tensor) -> Tensor:
        """See `Tokenizer`; on the unit sphere where the codes are."""
        vectors, _ = self._encoded(values, frames)
        return self.codebook.on_sphere(vectors) if self.config.codebook.unit else vectors

    def decode_embedding(self, vectors: Tensor, valid: Tensor) -> Tensor:
        """See `Tokenizer`."""
        motion: Tensor = self.decoder(vectors, valid) * self.std + self.mean
        return motion

    def codewords(self, ids: Tensor) -> Tensor:
        """See `Tokenizer`."""
        return self.codebook.lookup(ids)

    def loss(self, values: Tensor, frames: Tensor, *, quantized: bool = True) -> TokenizerLosses:
        """Reconstruction, velocity, and what teaches the codebook.

        Args:
            values: (B, T, D) motion in the space's units.
            frames: (B, T) bool, where it means something.
            quantized: Whether motion passes through codes, or as the encoder has it (`CodebookConfig.warm_up`).
        """
        values, frames = padded(values, frames, self.downsample_factor)
        normalised = self.normalise(values, frames)
        valid = steps(frames, self.downsample_factor)
        words, parts = self.encoder(normalised, frames), {}
        if quantized:
            words, _, parts = self.codebook(words, valid)
        elif self.config.codebook.unit:
            words = self.codebook.on_sphere(words)
        decoded = self.decoder(words, valid)
        parts = {**motion_parts(decoded, normalised, frames, self.config.losses, self.space, self.std > 0), **parts}
        total = torch.stack(list(parts.values())).sum()
        return TokenizerLosses(total, {name: part.detach() for name, part in parts.items()})

    def normalise(self, values: Tensor, frames: Tensor) -> Tensor:
        """Zero mean and unit scale; 0 in columns that never move and in frames that mean nothing."""
        scaled = (values - self.mean) / self.std.where(self.std > 0, torch.ones_like(self.std)) * (self.std > 0)
        return scaled.masked_fill(~frames[..., None], 0.0)

    def _encoded(self, values: Tensor, frames: Tensor) -> tuple[Tensor, Tensor]:
        values, frames = padded(values, frames, self.downsample_factor)
        return self.encoder(self.normalise(values, frames), frames), steps(frames, self.downsample_factor)


def keep_statistics(tokenizer: Tokenizer, space: MotionSpace, statistics: MotionStatistics | None) -> None:
    """Makes the statistics buffers of a tokenizer, those of nothing measured where there are none."""
    statistics = statistics or MotionStatistics.neutral(space)
    statistics.check(space, "statistics")
    for field in fields(MotionStatistics):
        tokenizer.register_buffer(field.name, getattr(statistics, field.name).float())


def check_values(tokenizer: Tokenizer, values: Tensor, frames: Tensor) -> None:
    """Raises `InputError` unless values (B, T, D) fit the tokenizer's space and are finite where `frames` is True."""
    space = tokenizer.space
    if values.ndim != 3 or values.shape[-1] != space.dim or frames.shape != values.shape[:2]:
        raise InputError(
            f"motion of shape {tuple(values.shape)} with mask {tuple(frames.shape)} does not fit space "
            f"{space.name!r}, which needs (batch, frames, {space.dim}) and (batch, frames)"
        )
    if not values.shape[1]:
        raise InputError("there is nothing to encode: the motion has no frames")
    bad = ~torch.isfinite(values) & frames[..., None]
    if bad.any():
        clip, frame, column = (int(i) for i in bad.nonzero()[0])
        raise InputError(f"motion is not finite at clip {clip}, frame {frame}, column {space.names[column]!r}")


def padded(values: Tensor, frames: Tensor, factor: int) -> tuple[Tensor, Tensor]:
    """Both with so many frames that mean nothing behind that their number is a multiple of `factor`."""
    missing = -values.shape[1] % factor
    return functional.pad(values, (0, 0, 0, missing)), functional.pad(frames, (0, missing))


def steps(frames: Tensor, factor: int) -> Tensor:
    """(B, N) bool: steps that cover at least one frame of `frames` (B, N * factor)."""
    covered: Tensor = frames.unflatten(1, (-1, factor))
    return covered.any(-1)


def motion_parts(
    decoded: Tensor, target: Tensor, frames: Tensor, config: LossConfig, space: MotionSpace, moves: Tensor
) -> dict[str, Tensor]:
    """The weighted comparison of motion and of its changes (MARS, equations 5 and 7 to 9).

    Args:
        decoded: (B, T, D) normalised.
        target: What it should be.
        frames: (B, T) bool, where it counts; a change counts where both its frames do.
        config: Weights.
        space: Names the groups.
        moves: (D,) bool; other columns do not count.
    """
    weights = group_weights(config, space, moves)

    def compared(a: Tensor, b: Tensor, where: Tensor) -> Tensor:
        per_frame = DISTANCES[config.kind](a, b, reduction="none") @ weights
        return (per_frame * where).sum() / where.sum().clamp_min(1)

    parts = {"reconstruction": compared(decoded, target, frames)}
    if config.velocity:
        both = frames[:, 1:] & frames[:, :-1]
        parts["velocity"] = config.velocity * compared(decoded.diff(dim=1), target.diff(dim=1), both)
    return parts


def group_weights(config: LossConfig, space: MotionSpace, moves: Tensor) -> Tensor:
    """(D,) weights that make a sum over columns what `losses.mean_over` says, of the columns that move.

    Raises:
        InputError: A weight is of a group that the space does not have.
    """
    for name in config.groups:
        if name not in space.groups:
            raise InputError(
                f"losses.groups.{name}: motion space {space.name!r} has no such group; it has: "
                f"{', '.join(space.groups)}"
            )
    weights = torch.zeros_like(moves, dtype=torch.float32)
    for group in space.groups:
        where = torch.as_tensor(space.indices(group), device=moves.device)
        where = where[moves[where]]
        if len(where):
            share = len(where) if config.mean_over == "groups" else int(moves.sum())
            weights[where] = config.groups.get(group, 1.0) / share
    return weights
