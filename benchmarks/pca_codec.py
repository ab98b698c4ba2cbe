"""What tokenizers are compared with: principal components of blocks of frames, each in equal steps."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import PCA

SPAN = 0.5
"""Per cent of each component's training values at either end that its steps leave out."""


class PcaCodec:
    """A transform codec with a fixed number of bits per block.

    Bits go, one by one, to the component with the largest error left, where a bit quarters the error: the best that a
    fixed rate can do for Gaussian components (Huang and Schultheiss 1963).
    """

    def __init__(self, rows: list[NDArray], block: int) -> None:
        """Fits on clips (T, D) of standardised columns; `block` frames are coded together."""
        blocks = np.concatenate([_blocks(clip, block) for clip in rows])
        self.block = block
        self.pca = PCA(min(blocks.shape), random_state=0).fit(blocks)
        self.low, self.high = np.percentile(self.pca.transform(blocks), [SPAN, 100 - SPAN], axis=0)

    def bits(self, total: int) -> NDArray[np.int64]:
        """Bits of each component."""
        left = self.pca.explained_variance_.copy()
        bits = np.zeros(len(left), np.int64)
        for _ in range(total):
            worst = int(left.argmax())
            bits[worst] += 1
            left[worst] /= 4
        return bits

    def round_trip(self, clip: NDArray, total: int) -> NDArray:
        """The clip (T, D) after coding every block in `total` bits."""
        levels = 2.0 ** self.bits(total)
        span = np.maximum(self.high - self.low, 1e-12)
        points = self.pca.transform(_blocks(clip, self.block))
        steps = np.clip(np.floor((points - self.low) / span * levels), 0, levels - 1)
        coded = np.where(levels > 1, self.low + (steps + 0.5) / levels * span, 0.0)  # without bits: the mean
        return self.pca.inverse_transform(coded).reshape(-1, clip.shape[1])[: len(clip)]


def _blocks(clip: NDArray, block: int) -> NDArray:
    """(T, D) as (T / block, block * D), the last frame held."""
    missing = -len(clip) % block
    return np.pad(clip, ((0, missing), (0, 0)), mode="edge").reshape(-1, block * clip.shape[1])
