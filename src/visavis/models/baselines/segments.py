"""Retrieval's common parts: segments of motion, what they are compared by, and how they are strung together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from visavis.errors import InputError
from visavis.models.baselines.base import Array

BLEND = 10
"""Frames over which one segment fades into the next."""
POOL = 5
"""Parts of a segment over which curves are averaged before they are compared."""


def pooled(curves: Array) -> Array:
    """(T, K) averaged over `POOL` equal parts and strung together, (POOL K,)."""
    return np.concatenate([part.mean(0) for part in np.array_split(curves, POOL)])


def joined(segments: Sequence[Array], starts: Sequence[int], frames: int) -> Array:
    """Segments put at their starts, overlapping ends faded into each other, cut to `frames`."""
    size = len(segments[0])
    length = starts[-1] + size
    total, weight = np.zeros((length, segments[0].shape[1])), np.zeros((length, 1))
    ramp = np.minimum(1.0, (np.arange(size) + 1) / (BLEND + 1))
    ramp = np.minimum(ramp, ramp[::-1])[:, None]
    for segment, start in zip(segments, starts, strict=True):
        total[start : start + size] += ramp * segment
        weight[start : start + size] += ramp
    filled = (total / np.maximum(weight, 1e-9)).astype(np.float32)
    return filled[:frames]


def starts_within(frames: int, size: int) -> range:
    """Where the segments of a stretch of the corpus begin; each overlaps its neighbours by half."""
    return range(0, frames - size + 1, size // 2)


def starts_over(frames: int, size: int) -> range:
    """Where segments begin that are to cover `frames`, overlapping by `BLEND`."""
    return range(0, frames, size - BLEND)


def held(values: Array, frames: int) -> Array:
    """The last frame repeated until there are `frames` of them."""
    return np.concatenate([values, np.repeat(values[-1:], max(0, frames - len(values)), 0)])


@dataclass(frozen=True)
class Bank:
    """Segments of motion and the keys they are found by.

    Attributes:
        size: Frames of a segment.
        clips: The motions (T, D) that segments are cut from.
        where: (N, 2) clip and first frame of each segment.
        keys: (N, K).
    """

    size: int
    clips: list[Array]
    where: NDArray[np.intp]
    keys: Array

    @classmethod
    def of(cls, clips: list[tuple[Array, Array]], size: int, fps: float, name: str) -> Bank:
        """Segments of motions (T, D), found by pooled curves (T, K).

        Raises:
            InputError: No clip is as long as a segment.
        """
        where = [(i, s) for i, (motion, _) in enumerate(clips) for s in starts_within(len(motion), size)]
        if not where:
            raise InputError(f"{name}: retrieval needs conversations of at least {size / fps:g} s")
        keys = np.stack([pooled(clips[i][1][s : s + size]) for i, s in where])
        return cls(size, [motion for motion, _ in clips], np.array(where, np.intp), keys)

    def segment(self, index: int) -> Array:
        """(size, D)."""
        clip, start = self.where[index]
        return self.clips[clip][start : start + self.size]

    def follow(self, curves: Array, nearest: Callable[[Array], int]) -> Array:
        """Motion (T, D) strung together from the segments that `nearest` finds for the keys of `curves` (T, K)."""
        starts = starts_over(len(curves), self.size)
        padded = held(curves, starts[-1] + self.size)
        chosen = [self.segment(nearest(pooled(padded[s : s + self.size]))) for s in starts]
        return joined(chosen, starts, len(curves))


def by_distance(keys: Array, key: Array) -> int:
    """The key (N, K) with the least Euclidean distance to one (K,)."""
    return int(np.square(keys - key).sum(1).argmin())


def by_cosine(keys: Array, key: Array) -> int:
    """The key (N, K) that points most nearly where one (K,) does."""
    cosine = keys @ key / (np.linalg.norm(keys, axis=1) * np.linalg.norm(key) + 1e-9)
    return int(cosine.argmax())
