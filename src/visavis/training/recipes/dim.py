"""Training of DIM: tokenizers, pre-training, then fine-tuning for listeners or for speakers (section 3)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field
from torch import Tensor

from visavis.errors import InputError
from visavis.models.checkpoint import from_pretrained
from visavis.models.dim.batch import PairBatch
from visavis.models.dim.config import DimConfig, Stage
from visavis.models.dim.model import Dim, build_dim
from visavis.models.dim.statistics import Statistics
from visavis.tokenizers.statistics import MotionStatistics
from visavis.training.config import SoundConfig
from visavis.training.dyad import HEARD, MEASURED, QUIETEST, check_space
from visavis.training.learner import Learner
from visavis.training.needs import DataNeeds, Sound
from visavis.training.store import Entry, Store

RIDGE = 1e-3
"""Of the regression of motion on a plan's curves, in parts of a curve's variance of 1."""


class DimData(SoundConfig):
    """The section ``data``."""

    separate: float = Field(1.0, ge=0, le=1)


class DimLearner(Learner):
    """Trains DIM."""

    data_config = DimData
    data: DimData
    config: DimConfig

    def default_stages(self) -> tuple[str, ...]:
        """What a listener needs, in order."""
        return ("tokenizers", "pretrain", "listener") if self.config.pretraining else ("tokenizers", "listener")

    def follows(self, stage: str) -> str | None:
        """Fine-tuning follows pre-training, where there is one."""
        if stage == "tokenizers":
            return None
        return "pretrain" if stage != "pretrain" and self.config.pretraining else "tokenizers"

    def needs(self) -> DataNeeds:
        """Besides motion, everything is optional."""
        data, encoder = self.data, self.config.encoder
        sound = None if encoder is None else Sound(encoder, data.separate, data.degraded)
        return DataNeeds(data.space, data.fps, sound, plan=self.config.plan)

    def start(self, data: Store, stage: str, before: Path | None) -> Dim:
        """From a checkpoint of the tokenizers' stage only the tokenizers are taken.

        Thus networks of other sizes, and ablations, can share them.
        """
        if stage == "speaker" and not any(entry.heard for entry in data.entries if self.config.encoder):
            raise InputError(
                "stage 'speaker' generates motion from speech; the corpus has no audio, or the model does not use it"
            )
        if before is None:
            statistics, scales = measure(data.part(held_out=False))
            model = build_dim(self.config, data.space, data.fps, statistics, scales)
            if self.config.plan:
                model.planned.copy_(explained(data.part(held_out=False)))
        else:
            model = self._after(data, stage, before)
        model.begin(cast("Stage", stage))
        return model

    def _after(self, data: Store, stage: str, before: Path) -> Dim:
        """A model with the weights of a checkpoint, under the present settings."""
        old = from_pretrained(before)
        if not isinstance(old, Dim):
            raise InputError(f"{before}: is a checkpoint of {old.name!r}; one of 'dim' is needed")
        check_space(old, data, before)
        if (old.config.tokenizer, old.config.plan) != (self.config.tokenizer, self.config.plan):
            raise InputError(f"{before}: its tokenizers were trained with different settings")
        if old.stage == "tokenizers" and stage != "tokenizers":
            statistics, _ = measure(data.part(held_out=False))
            new = build_dim(self.config, data.space, data.fps, statistics.with_motion_of(old.statistics))
            new.tokenizers.load_state_dict(old.tokenizers.state_dict())
            new.planned.copy_(old.planned)
            return new
        for name in ("network", "encoder", "vq"):
            if getattr(old.config, name) != getattr(self.config, name):
                raise InputError(f"{before}: was trained with a different {name!r}")
        new = build_dim(self.config, data.space, data.fps, old.statistics)
        new.load_state_dict(old.state_dict())
        return new

    def sampler(self, data: Store, module: Any, stage: str, seed: int, *, held_out: bool = False) -> PairSampler | None:
        """Windows of speaker and listener."""
        part = data.part(held_out=held_out)
        return PairSampler(part, self.config.window, self.loop(stage).batch_size, seed) if part.entries else None


@dataclass(frozen=True)
class PairSampler:
    """Draws batches of windows of speaker and listener.

    The speaker of a window is who speaks more in it; where that is not known, either; where only one person's motion
    is, that one. (The paper cuts utterances out of conversations, in which the same person is the speaker.)

    Attributes:
        data: The conversations.
        window: Frames.
        batch_size: Windows per step.
        seed: Decides everything.
    """

    data: Store
    window: int
    batch_size: int
    seed: int = 0

    def batch(self, step: int) -> PairBatch:
        """The batch of a step."""
        rng = np.random.default_rng([self.seed, step])
        entries = self.data.entries
        sizes = np.array([entry.frames for entry in entries], np.float64)
        chosen = rng.choice(len(entries), self.batch_size, p=sizes / sizes.sum())
        samples = [self._sample(entries[i], rng) for i in chosen]
        motion, frames, audio, heard, performed = (np.stack(part) for part in zip(*samples, strict=True))
        arrays = (motion, frames, audio.astype(np.float32), heard, performed.astype(np.float32))
        return PairBatch(*(torch.from_numpy(array) for array in arrays))

    def _sample(self, entry: Entry, rng: np.random.Generator) -> tuple[NDArray[Any], ...]:
        data, length = self.data, self.window
        offset = int(rng.integers(0, max(1, entry.frames - length + 1)))
        rows = slice(entry.start + offset, entry.start + min(entry.frames, offset + length))
        speaks = data.speaking[rows].astype(np.float32).sum(0)
        moves = [bool(data.valid[rows, person].any()) for person in range(2)]
        either = int(rng.integers(2))
        speaker = either if speaks[0] == speaks[1] or not entry.roles else int(speaks.argmax())
        if moves[0] != moves[1]:
            speaker = moves.index(True)
        people = [speaker, 1 - speaker]
        motion = np.zeros((2, length, data.space.dim), np.float32)
        frames = np.zeros((2, length), bool)
        audio = np.zeros((length, data.audio_dim), np.float16)
        count = rows.stop - rows.start
        frames[:, :count] = data.valid[rows].T[people]
        motion[:, :count] = np.where(frames[:, :count, None], data.motion[rows].swapaxes(0, 1)[people], 0)
        audio[:count] = data.audio[0][rows, speaker]
        performed = np.zeros((length, data.performed.shape[-1]), np.float16)
        performed[:count] = data.performed[rows, people[1]]
        return motion, frames, audio, np.array(entry.heard and data.audio_dim > 0), performed


def explained(data: Store) -> Tensor:
    """What the plan's curves explain of the motion: (C, D) coefficients of a ridge regression, without an offset.

    Curves and motion count as they differ from their means.
    """
    width = data.performed.shape[-1]
    every = max(1, sum(entry.frames for entry in data.entries) // MEASURED)
    parts = [(e.rows, p) for e in data.entries for p in range(2) if e.moves[p]]
    known = [data.valid[rows, p] for rows, p in parts]
    curves = np.concatenate([data.performed[r, p][k][::every] for (r, p), k in zip(parts, known, strict=True)])
    motion = np.concatenate([data.motion[r, p][k][::every] for (r, p), k in zip(parts, known, strict=True)])
    x, y = curves.astype(np.float64), motion.astype(np.float64)
    x, y = x - x.mean(0), y - y.mean(0)
    found = np.linalg.solve(x.T @ x + RIDGE * len(x) * np.eye(width), x.T @ y)
    return torch.from_numpy(found).float()


def measure(data: Store) -> tuple[Statistics, MotionStatistics]:
    """Means and scales of a corpus, for the network and for the tokenizers.

    Raises:
        InputError: Nothing moves.
    """
    scales = MotionStatistics.measure(data.motion_rows(MEASURED), data.space)
    audio = data.audio_rows(HEARD)
    heard = audio if len(audio) else np.zeros((1, data.audio_dim), np.float32)
    means = [torch.from_numpy(array) for array in (heard.mean(0), np.maximum(heard.std(0), QUIETEST))]
    std = scales.std.where(scales.std > 0, 1.0)  # what never moves in training is not scaled
    return Statistics(scales.mean, std, *means), scales
