"""Models with short windows applied to recordings of any length, in constant memory.

Neighbouring windows overlap, each is decided after the one before it and may look at what was decided there. How it
does so is the model's own: Duet cross-fades its predictions of the clean motion at every denoising step (Bar-Tal et al.
2023, MultiDiffusion, average overlapping predictions in the same place), DIM sees the units that are already decided.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal, TypeVar

import torch
from torch import Tensor

from visavis.reporter import Update

Carried = TypeVar("Carried")


@dataclass(frozen=True)
class Window:
    """A stretch of a recording.

    Attributes:
        start: Its first frame.
        stop: The frame after its last.
        shared: How many of its first frames the window before it has, too.
        following: First frame of the next window; the end of the recording for the last one.
    """

    start: int
    stop: int
    shared: int
    following: int

    def __len__(self) -> int:
        return self.stop - self.start


def windows(frames: int, size: int, overlap: int, last: Literal["full", "short"] = "full") -> list[Window]:
    """The windows of a recording.

    Args:
        frames: Of the recording, at least one.
        size: Frames of a window.
        overlap: Frames that neighbours share.
        last: Whether the last window has full size and shares more, or begins in step with the others and is shorter
            (as units of several frames need).
    """
    step = size - overlap
    if frames <= size:
        starts = [0]
    elif last == "full":
        starts = [*range(0, frames - size, step), frames - size]
    else:
        starts = [0, *range(step, frames - overlap, step)]
    stops = [min(start + size, frames) for start in starts]
    shared = [0, *(max(0, stop - start) for stop, start in zip(stops, starts[1:], strict=False))]
    following = [*starts[1:], frames]
    return [Window(*each) for each in zip(starts, stops, shared, following, strict=True)]


def generate_windows(
    spans: list[Window], decide: Callable[[Window, Carried | None], tuple[Tensor, Carried]],
    update: Update = lambda _share: None,
) -> Iterator[Tensor]:  # fmt: skip
    """Decides windows one after the other.

    Args:
        spans: From `windows`.
        decide: Takes a window and what the window before it left for it; gives the window's values (..., T, D), and
            what it leaves for the next.
        update: Takes the share done.

    Yields:
        Consecutive pieces (..., T, D) that make up the recording without gaps.
    """
    carried: Carried | None = None
    for number, window in enumerate(spans):
        values, carried = decide(window, carried)
        yield values[..., : window.following - window.start, :]
        update((number + 1) / len(spans))


def fade(count: int) -> Tensor:
    """Weights (count, 1) of the later window: 0 to 1, flat at both ends."""
    share = (torch.arange(count, dtype=torch.float32) + 0.5) / count
    return (share * share * (3 - 2 * share))[:, None]
