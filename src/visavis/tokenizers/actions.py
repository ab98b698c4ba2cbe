"""Per-column quantisation: every column of every frame in one of 256 equal bins.

After Facial Expression Generation Aligned with Human Preference, III-C2, which follows RT-2.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from visavis.motion import MotionSpace
from visavis.tokenizers.config import TokenizerConfig
from visavis.tokenizers.protocol import Codes, Tokenizer, TokenizerLosses, check_ids
from visavis.tokenizers.statistics import MotionStatistics
from visavis.tokenizers.vq import check_values, keep_statistics


class ActionTokenizer(Tokenizer):
    """Equal bins between the first and the 99th percentile of the training motion; values beyond fall into the last.

    There is nothing to learn but the percentiles. A column that never moves is always bin 0 and decodes to its value.

    Attributes:
        config: Its settings.
        provenance: Where the percentiles come from.
    """

    mean: Tensor
    std: Tensor
    low: Tensor
    high: Tensor

    def __init__(
        self, config: TokenizerConfig, space: MotionSpace, fps: float, statistics: MotionStatistics | None = None
    ) -> None:
        super().__init__()
        self.config, self.space, self.whole, self.fps, self.downsample_factor = config, space, space, fps, 1
        self.codebook_size, self.num_codebooks, self.dim = config.bins, space.dim, space.dim
        self.provenance: dict[str, Any] = {"model": "tokenizer", "weights": "untrained"}
        keep_statistics(self, space, statistics)

    @torch.no_grad()
    def encode(self, values: Tensor, frames: Tensor) -> Codes:
        """See `Tokenizer`.

        Raises:
            InputError: The shape does not fit, or a value that means something is not finite.
        """
        check_values(self, values, frames)
        ids = (self.embed(values, frames) * self.codebook_size).long().clamp_max(self.codebook_size - 1)
        return Codes(ids.masked_fill(~frames[..., None], 0), frames)

    def decode(self, codes: Codes) -> Tensor:
        """See `Tokenizer`; the middle of each bin.

        Raises:
            InputError: The codes are not of this tokenizer.
        """
        check_ids(codes, self)
        return self.decode_embedding(self.codewords(codes.ids), codes.valid)

    def embed(self, values: Tensor, frames: Tensor) -> Tensor:
        """See `Tokenizer`; where between the percentiles each value lies, 0 to 1."""
        span = self.high - self.low
        share = (values - self.low) / span.where(span > 0, torch.ones_like(span)) * (span > 0)
        return share.clamp(0, 1).masked_fill(~frames[..., None], 0.0)

    def decode_embedding(self, vectors: Tensor, valid: Tensor) -> Tensor:
        """See `Tokenizer`."""
        return self.low + vectors * (self.high - self.low)

    def codewords(self, ids: Tensor) -> Tensor:
        """See `Tokenizer`."""
        return (ids.to(self.low.dtype) + 0.5) / self.codebook_size

    def loss(self, values: Tensor, frames: Tensor) -> TokenizerLosses:
        """The mean absolute error of the reconstruction in standard deviations; there is nothing to minimise it by."""
        moves = self.std > 0
        decoded = self.decode(self.encode(values, frames))
        error = functional.l1_loss(decoded, values, reduction="none")[frames][:, moves] / self.std[moves]
        return TokenizerLosses(error.mean(), {"reconstruction": error.mean()})
