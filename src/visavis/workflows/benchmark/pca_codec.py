"""The reference for tokenizers: principal components of blocks of frames, uniformly quantised."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import PCA

Array = NDArray[np.float64]

SPAN = 0.5
"""Per cent of each component's training values at either end that its steps leave out."""
MOST = 12
"""Bits that a component gets at most."""


class PcaCodec:
    """A transform codec with a fixed number of bits per block.

    Bits go, one by one, to the component with the largest error left, where a bit quarters the error: the best that a
    fixed rate can do for Gaussian components (Huang and Schultheiss 1963). A step decodes to the mean of the training
    values in it.
    """

    def __init__(self, rows: list[Array], block: int) -> None:
        """Fits on clips (T, D) of standardised columns; `block` frames are coded together."""
        blocks = np.concatenate([_blocks(clip, block) for clip in rows])
        self.block = block
        self.pca = PCA(min(blocks.shape), random_state=0).fit(blocks)
        self.points = self.pca.transform(blocks)
        self.low, self.high = np.percentile(self.points, [SPAN, 100 - SPAN], axis=0)

    def bits(self, total: int) -> NDArray[np.int64]:
        """Bits of each component."""
        left = self.pca.explained_variance_.copy()
        bits = np.zeros(len(left), np.int64)
        for _ in range(total):
            worst = int(left.argmax())
            if left[worst] <= 0:
                break  # every component has as many as it gets
            bits[worst] += 1
            left[worst] = left[worst] / 4 if bits[worst] < MOST else 0.0
        return bits

    def round_trip(self, clip: Array, total: int) -> Array:
        """The clip (T, D) after coding every block in `total` bits."""
        points = self.pca.transform(_blocks(clip, self.block))
        coded = np.zeros_like(points)  # without bits: the mean
        bits = self.bits(total)
        for k in np.flatnonzero(bits).tolist():
            levels = 2 ** int(bits[k])
            coded[:, k] = self._means(k, levels)[self._steps(points[:, k], k, levels)]
        frames: Array = self.pca.inverse_transform(coded).reshape(-1, clip.shape[1])
        return frames[: len(clip)]

    def _steps(self, values: Array, k: int, levels: int) -> NDArray[np.int64]:
        """Which of so many equal steps each value of component `k` falls into."""
        span = max(self.high[k] - self.low[k], 1e-12)
        steps: NDArray[np.int64] = np.clip((values - self.low[k]) / span * levels, 0, levels - 1).astype(np.int64)
        return steps

    def _means(self, k: int, levels: int) -> Array:
        """What each step decodes to; its middle, where no training value lies in it."""
        steps = self._steps(self.points[:, k], k, levels)
        counts = np.bincount(steps, minlength=levels)
        sums = np.bincount(steps, self.points[:, k], levels)
        middles = self.low[k] + (np.arange(levels) + 0.5) / levels * (self.high[k] - self.low[k])
        return np.where(counts > 0, sums / np.maximum(counts, 1), middles)


def _blocks(clip: Array, block: int) -> Array:
    """(T, D) as (T / block, block * D), the last frame held."""
    missing = -len(clip) % block
    return np.pad(clip, ((0, missing), (0, 0)), mode="edge").reshape(-1, block * clip.shape[1])
