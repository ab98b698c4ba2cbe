"""Random windows of conversations, batch by batch.

The batch of a step is a function of the seed and the step's number alone, so a training that was stopped goes on
with exactly the batches it would have had.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import IterableDataset

from visavis.models.batch import Condition, DyadBatch
from visavis.models.duet.config import DuetConfig
from visavis.models.duet.statistics import Statistics, body_gram, floored_std, velocity_basis
from visavis.motion import MotionSpace, get_space
from visavis.training.config import TrainingConfig
from visavis.training.disturb import corrupt_speaker_activity
from visavis.training.shards import Entry, Shards

MEASURED = 90_000
"""Rows that statistics are measured on, about: an hour."""


@dataclass(frozen=True)
class WindowSampler:
    """Draws batches.

    Attributes:
        shards: The data.
        model: Window length, frame rate.
        training: Batch size and what is disturbed.
        gaze_threshold: Variance of the head's rotation above which the gaze loss counts, rad^2.
        seed: Decides everything.
        stage: 2 makes some samples lips-only.
    """

    shards: Shards
    model: DuetConfig
    training: TrainingConfig
    gaze_threshold: float
    seed: int = 0
    stage: int = 1

    def batch(self, step: int) -> DyadBatch:
        """The batch of step `step`."""
        rng = np.random.default_rng([self.seed, step])
        entries = self.shards.entries
        sizes = np.array([entry.frames for entry in entries], np.float64)
        chosen = rng.choice(len(entries), self.training.batch, p=sizes / sizes.sum())
        samples = [self._sample(entries[i], rng) for i in chosen]
        stacked = {name: torch.from_numpy(np.stack([s[name] for s in samples])) for name in samples[0]}
        condition = Condition(*(stacked.pop(name) for name in ("audio", "speaking", "seats", "identity")))
        return DyadBatch(condition=condition, **stacked)

    def _sample(self, entry: Entry, rng: np.random.Generator) -> dict[str, NDArray]:
        shards, length = self.shards, self.model.window
        offset = int(rng.integers(0, max(1, entry.frames - length + 1)))
        rows = slice(entry.start + offset, entry.start + min(entry.frames, offset + length))
        variant = int(rng.integers(shards.audio.shape[1]))
        speaking = shards.speaking[rows].T.astype(np.float32)
        if self.training.mask_noise:
            speaking = corrupt_speaker_activity(speaking, self.model.fps, rng)
        people = [1, 0] if rng.random() < 0.5 else [0, 1]
        motion = _padded(shards.motion[rows].swapaxes(0, 1), length)[people]
        frames = _padded(shards.valid[rows].T, length)[people]
        lips_only = self.stage == 2 and (entry.dubbing or rng.random() < self.training.lips_only)
        if self.training.single_person:
            frames[1] = False
        return {
            "audio": _padded(shards.audio[rows, variant].swapaxes(0, 1), length)[people],
            "speaking": _padded(speaking, length)[people],
            "seats": np.array(entry.seats, np.float32)[people],
            "identity": np.array(entry.identity, np.float32).reshape(2, -1)[people],
            "motion": motion,
            "frames": frames,
            "columns": np.tile(np.array(entry.columns, bool), (2, 1)),
            "gaze": np.array(head_variance(motion, frames, get_space(self.model.space)) > self.gaze_threshold),
            "lips_only": np.array(lips_only),
        }


class Sampler(Protocol):
    """Draws batches of any kind."""

    def batch(self, step: int) -> Any:
        """The batch of step `step`."""
        ...


class Batches(IterableDataset):
    """The endless sequence of batches from the step that `start` gives at the time of asking."""

    def __init__(self, sampler: Sampler, start: Callable[[], int]) -> None:
        self.sampler, self.start = sampler, start

    def __iter__(self) -> Iterator[Any]:
        step = self.start()
        while True:
            yield self.sampler.batch(step)
            step += 1


def _padded(array: NDArray, length: int) -> NDArray:
    """(2, T, ...) zero-padded (False-padded) to (2, length, ...), as a copy."""
    out = np.zeros((array.shape[0], length, *array.shape[2:]), array.dtype)
    out[:, : array.shape[1]] = array
    return out


def head_variance(motion: NDArray[np.float32], frames: NDArray[np.bool_], space: MotionSpace) -> float:
    """Variance over time of neck and head rotation (rad^2, summed over axes), mean over both people (2, T, D)."""
    where = np.concatenate(
        [space.indices(group) for group in ("neck", "head") if space.has(group)] or [np.array([], int)]
    )
    both = [motion[p][frames[p]][:, where].var(0).sum() for p in range(2) if frames[p].any()]
    return float(np.mean(both)) if both else 0.0


def measure(shards: Shards, config: DuetConfig) -> Statistics:
    """The statistics of a corpus: scales of motion and sound, the velocity's metric, the gaze loss's threshold."""
    space = get_space(config.space)
    # The first conversations are as good as any, and an hour of them is enough for means and scales.
    used = list(itertools.takewhile(lambda entry: entry.start < MEASURED, shards.entries))
    stop = used[-1].start + used[-1].frames
    motion, valid = np.asarray(shards.motion[:stop], np.float64), np.asarray(shards.valid[:stop])
    rows = motion[valid]
    std = floored_std(rows.var(0), space)
    inside = valid[1:] & valid[:-1]
    inside[[entry.start - 1 for entry in used[1:]]] = False
    changes = np.diff(motion, axis=0)[inside]
    covariance = changes.T @ changes / max(1, len(changes))
    uses_body = config.losses.velocity > 0 and config.losses.velocity_of == "vertices"
    gram = body_gram(space) if uses_body else np.diag(1 / std**2)
    audio = shards.audio[:: max(1, len(shards.audio) // 20_000)].astype(np.float32)
    audio = audio.reshape(-1, audio.shape[-1])
    variances = [
        head_variance(shards.motion[s : s + config.window].swapaxes(0, 1), shards.valid[s : s + config.window].T, space)
        for entry in shards.entries
        for s in range(entry.start, entry.start + entry.frames, config.window)
    ]
    threshold = np.quantile(variances, 1 - config.losses.gaze_share)
    floats = (
        rows.mean(0),
        std,
        audio.mean(0),
        np.maximum(audio.std(0), 1e-3),
        velocity_basis(gram, covariance),
        [threshold],
    )
    return Statistics(*(torch.tensor(np.asarray(x), dtype=torch.float32) for x in floats))
