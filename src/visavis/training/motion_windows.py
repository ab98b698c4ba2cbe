"""Random windows of single people's motion, for tokenizers.

A corpus's motion is turned once into flat arrays on disk. The batch of a step is a function of the seed and the step's
number alone.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from visavis.conversation import Conversation
from visavis.errors import InputError
from visavis.models.preprocessing import seat_vector, to_seat_frame
from visavis.motion import Motion, MotionSpace
from visavis.motion.mapping import project_to_space
from visavis.motion.smoothing import savitzky_golay
from visavis.motion.stats import STILL
from visavis.tokenizers.protocol import MotionBatch
from visavis.tokenizers.statistics import MotionStatistics
from visavis.training.stored import INDEX, about, cached_dir, contents

VERSION = 1
MEASURED = 200_000
"""Rows that statistics are measured on at most, evenly spread: two hours of one person."""


@dataclass(frozen=True)
class MotionRows:
    """Everybody's motion along one time axis of N rows.

    Attributes:
        motion: float32 (N, D), translation as offset from the seat in the torso's frame.
        valid: bool (N,), where motion means something.
        spans: (first row, number of rows) of each person in each conversation.
    """

    motion: NDArray[np.float32]
    valid: NDArray[np.bool_]
    spans: NDArray[np.int64]

    def measure(self, space: MotionSpace) -> MotionStatistics:
        """Scales and ranges.

        Raises:
            InputError: Nothing is valid, or nothing moves.
        """
        rows = np.flatnonzero(self.valid)
        return MotionStatistics.measure(self.motion[rows[:: max(1, -(-len(rows) // MEASURED))]], space)


def people_of(
    conversations: Iterable[Conversation], space: MotionSpace, fps: float, smooth: int
) -> Iterator[tuple[NDArray[np.float32], NDArray[np.bool_]]]:
    """Motion (T, D) as models see it and where it is valid (T,), of every person whose motion is known.

    Raises:
        InputError: Motion is of another space or rate; conversation and person are named.
    """
    for conversation in conversations:
        for letter, person in zip("AB", conversation.participants, strict=True):
            motion = person.motion
            if motion is None or not len(motion):
                continue
            motion = project_to_space(motion, space)
            _check(motion, space, fps, f"conversation {conversation.id!r}, participant {letter}")
            values = (savitzky_golay(motion, smooth) if smooth else motion).values
            if space.has("translation"):
                values = to_seat_frame(values, seat_vector(person, letter, conversation.id), space)
            seen = person.tracks.get("motion_valid")
            yield values, np.ones(len(values), bool) if seen is None else seen.valid[: len(values)]


def build_rows(
    conversations: Any, space: MotionSpace, fps: float, smooth: int, folder: Path, *, name: str = "",
    progress: Callable[[float], None] = lambda _share: None,
) -> MotionRows:  # fmt: skip
    """Makes the arrays under `folder`, or opens those made earlier from the same data and settings.

    Args:
        conversations: A corpus.
        space: Motion space.
        fps: Frames per second.
        smooth: Frames of the Savitzky-Golay filter; 0 for none.
        folder: Parent of the arrays' folder.
        name: Where the corpus lies: tells corpora apart that have the same ids, and is said when one cannot be used.
        progress: Takes the share done.

    Raises:
        InputError: There is no motion, nothing moves in it, or it is of another space or rate.
    """
    keys = [VERSION, "motion", name, space.name, fps, smooth, *contents(conversations)]
    with about(name):
        final = cached_dir(folder, keys, lambda working: _write(conversations, space, fps, smooth, working, progress))
    spans = np.array(json.loads((final / INDEX).read_text("utf-8")), np.int64)
    rows = int(spans[:, 1].sum())
    return MotionRows(
        np.memmap(final / "motion.bin", np.float32, "r", shape=(rows, space.dim)),
        np.memmap(final / "valid.bin", np.bool_, "r", shape=(rows,)),
        spans,
    )


def _write(
    conversations: Any, space: MotionSpace, fps: float, smooth: int, folder: Path, progress: Callable[[float], None]
) -> None:
    spans: list[tuple[int, int]] = []
    start, moves = 0, False
    with (folder / "motion.bin").open("wb") as motion, (folder / "valid.bin").open("wb") as valid:
        for number, conversation in enumerate(conversations):
            for values, where in people_of([conversation], space, fps, smooth):
                np.ascontiguousarray(values, np.float32).tofile(motion)
                np.ascontiguousarray(where).tofile(valid)
                spans.append((start, len(values)))
                start += len(values)
                moves = moves or varies(values[where])
            progress((number + 1) / len(conversations))
    if not spans:
        raise InputError("holds no motion to train on; give a corpus with motion")
    if not moves:
        raise InputError(STANDS_STILL)
    (folder / INDEX).write_text(json.dumps(spans), "utf-8")


STANDS_STILL = "nobody moves in it: no column changes within any conversation; give a corpus with motion that varies"


def varies(values: NDArray[np.floating]) -> bool:
    """Whether any column of (T, D) changes over time."""
    return len(values) > 1 and bool((values.std(0) >= STILL).any())


def _check(motion: Motion, space: MotionSpace, fps: float, where: str) -> None:
    if motion.space.columns != space.columns:
        raise InputError(
            f"{where}: motion is in space {motion.space.name!r}, the tokenizer of {space.name!r}; "
            f"--set space={motion.space.name}"
        )
    if motion.fps != fps:
        raise InputError(
            f"{where}: motion is at {motion.fps:g} frames/s, the tokenizer at {fps:g}; --set fps={motion.fps:g}"
        )


@dataclass(frozen=True)
class MotionSampler:
    """Draws batches of windows, everybody in proportion to the length of their motion.

    Attributes:
        rows: The data.
        window: Frames of each; shorter motion is zero-padded.
        count: Windows per batch.
        seed: Decides everything.
    """

    rows: MotionRows
    window: int
    count: int
    seed: int = 0

    def batch(self, step: int) -> MotionBatch:
        """The batch of step `step`."""
        rng = np.random.default_rng([self.seed, step])
        lengths = self.rows.spans[:, 1]
        values = np.zeros((self.count, self.window, self.rows.motion.shape[1]), np.float32)
        frames = np.zeros((self.count, self.window), bool)
        for i, chosen in enumerate(rng.choice(len(lengths), self.count, p=lengths / lengths.sum())):
            start, length = (int(x) for x in self.rows.spans[chosen])
            offset = start + int(rng.integers(0, max(1, length - self.window + 1)))
            taken = min(length, self.window)
            values[i, :taken] = self.rows.motion[offset : offset + taken]
            frames[i, :taken] = self.rows.valid[offset : offset + taken]
        values[~frames] = 0
        return MotionBatch(torch.from_numpy(values), torch.from_numpy(frames))
