"""Segments of motion: what they are compared by, a bank of them, and how they are joined."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Self

import torch
from torch import Tensor, nn

from visavis.checkpoint import need_positions
from visavis.errors import InputError

BLEND = 10
"""Frames over which one segment fades into the next."""
POOL = 5
"""Parts of a segment over which curves are averaged before they are compared."""


def pooled(curves: Tensor) -> Tensor:
    """(T, K) averaged over `POOL` equal parts and strung together, (POOL K,)."""
    return torch.cat([part.mean(0) for part in curves.tensor_split(POOL)])


def joined(segments: Sequence[Tensor], starts: Sequence[int], frames: int) -> Tensor:
    """Segments of one size put at their starts, overlapping ends faded into each other, cut to `frames`."""
    size, columns = segments[0].shape
    total = segments[0].new_zeros((starts[-1] + size, columns))
    weight = total[:, :1].clone()
    ramp = fade_ends(size, BLEND).to(total)
    for segment, start in zip(segments, starts, strict=True):
        total[start : start + size] += ramp * segment
        weight[start : start + size] += ramp
    return (total / weight)[:frames]


def fade_ends(size: int, blend: int) -> Tensor:
    """(size, 1) weights that rise over the first `blend` frames and fall over the last ones; never quite 0."""
    rise = ((torch.arange(size) + 1) / (blend + 1)).clamp_max(1)
    return torch.minimum(rise, rise.flip(0))[:, None]


def over_rest(pieces: Sequence[tuple[int, Tensor]], rest: Tensor, frames: int) -> Tensor:
    """Pieces (T, D) put at their first frames over a resting pose (D,), (frames, D); all ends fade.

    Pieces that overlap by `BLEND` frames fade into each other, others into the resting pose.
    """
    total, weight = rest.new_zeros((frames, len(rest))), rest.new_zeros((frames, 1))
    for start, piece in pieces:
        stop = min(frames, start + len(piece))
        ramp = fade_ends(stop - start, BLEND).to(rest)
        total[start:stop] += ramp * piece[: stop - start]
        weight[start:stop] += ramp
    return (total + (1 - weight).clamp_min(0) * rest) / weight.clamp_min(1)


def starts_within(frames: int, size: int) -> range:
    """Where the segments of a stretch of the corpus begin; each overlaps its neighbours by half."""
    return range(0, frames - size + 1, size // 2)


def starts_over(frames: int, size: int) -> range:
    """Where segments begin that are to cover `frames`, overlapping by `BLEND`."""
    return range(0, frames, size - BLEND)


def held(values: Tensor, frames: int) -> Tensor:
    """The last frame (of (T, D)) repeated until there are `frames` of them."""
    return torch.cat([values, values[-1:].expand(max(0, frames - len(values)), -1)])


class Bank(nn.Module):
    """Segments of motion and the keys they are found by.

    Attributes:
        size: Frames of a segment.
        motion: (R, D) all motions that segments are cut from, one after the other.
        starts: (N,) first row of each segment.
        keys: (N, K).
    """

    motion: Tensor
    starts: Tensor
    keys: Tensor

    def __init__(self, size: int, motion: Tensor, starts: Tensor, keys: Tensor) -> None:
        super().__init__()
        self.size = size
        self.register_buffer("motion", motion)
        self.register_buffer("starts", starts)
        self.register_buffer("keys", keys)

    @classmethod
    def empty(cls, size: int, shape: Sequence[int], columns: int) -> Self:
        """One to be filled from a checkpoint, of the `shape` that the stored one had."""
        rows, count, width = shape
        return cls(size, torch.zeros(rows, columns), torch.zeros(count, dtype=torch.long), torch.zeros(count, width))

    def check(self) -> None:
        """Raises `InputError` unless every segment is there, as it need not be in a checkpoint by others."""
        need_positions(self.starts, len(self.motion) - self.size + 1, "bank.starts")

    @classmethod
    def of(cls, clips: Sequence[tuple[Tensor, Tensor]], size: int, fps: float, name: str) -> Self:
        """Segments of motions (T, D), found by pooled curves (T, K).

        Raises:
            InputError: No clip is as long as a segment.
        """
        starts, keys, first = [], [], 0
        for motion, curves in clips:
            for start in starts_within(len(motion), size):
                starts.append(first + start)
                keys.append(pooled(curves[start : start + size]))
            first += len(motion)
        if not starts:
            raise InputError(f"{name}: retrieval needs conversations of at least {size / fps:g} s")
        return cls(size, torch.cat([motion for motion, _ in clips]), torch.tensor(starts), torch.stack(keys))

    @property
    def shape(self) -> list[int]:
        """Rows, segments and length of a key; what `empty` needs."""
        return [len(self.motion), *self.keys.shape]

    def __len__(self) -> int:
        return len(self.starts)

    def segment(self, index: int) -> Tensor:
        """(size, D)."""
        start = int(self.starts[index])
        return self.motion[start : start + self.size]

    def follow(self, curves: Tensor, nearest: Callable[[Tensor], int]) -> Tensor:
        """Motion (T, D) strung together from the segments that `nearest` finds for the keys of `curves` (T, K).

        Raises:
            InputError: The curves are not those that the segments were indexed by.
        """
        if POOL * curves.shape[1] != self.keys.shape[1]:
            raise InputError(
                f"segments were indexed by {self.keys.shape[1]} numbers, and {POOL * curves.shape[1]} are known here: "
                "the settings name another encoder or space"
            )
        starts = starts_over(len(curves), self.size)
        padded = held(curves, starts[-1] + self.size)
        chosen = [self.segment(nearest(pooled(padded[s : s + self.size]))) for s in starts]
        return joined(chosen, starts, len(curves))


def by_distance(keys: Tensor, key: Tensor) -> int:
    """The key (N, K) with the least Euclidean distance to one (K,)."""
    return int((keys - key).square().sum(1).argmin())


def by_cosine(keys: Tensor, key: Tensor) -> int:
    """The key (N, K) that points most nearly where one (K,) does."""
    return int((keys @ key / (keys.norm(dim=1) * key.norm() + 1e-9)).argmax())
