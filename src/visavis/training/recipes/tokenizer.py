"""Training of a motion tokenizer: on windows of single people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from visavis.errors import InputError
from visavis.models.base import Losses
from visavis.motion.space import Group
from visavis.reporter import Update
from visavis.tokenizers.actions import ActionTokenizer
from visavis.tokenizers.checkpoint import build, from_pretrained, save_pretrained
from visavis.tokenizers.config import TokenizerConfig
from visavis.tokenizers.protocol import MotionBatch
from visavis.tokenizers.statistics import MotionStatistics
from visavis.tokenizers.vq import VQTokenizer
from visavis.training.config import DataConfig
from visavis.training.learner import Learner
from visavis.training.needs import DataNeeds
from visavis.training.store import Entry, Store

MEASURED = 200_000
"""Frames that statistics are measured on at most: two hours of one person."""


class PartConfig(DataConfig):
    """The section ``data`` of a tokenizer.

    Attributes:
        groups: Groups of the space whose columns it speaks, those of them that the space has; all columns unless given.
    """

    groups: tuple[Group, ...] = ()


class TokenizerLearner(Learner):
    """Trains a tokenizer of a motion space, or of a part of one."""

    data_config = PartConfig
    config: TokenizerConfig

    def needs(self) -> DataNeeds:
        """Motion alone."""
        return DataNeeds(self.data.space, self.data.fps, smooth=self.config.smooth, groups=self.data.groups)

    def fit(self, data: Store, *, seed: int, update: Update) -> nn.Module | None:
        """Bins need percentiles and nothing else."""
        return self.fresh(data) if self.config.family == "actions" else None

    def start(self, data: Store, stage: str, before: Path | None) -> TokenizerTraining:
        """A fresh VQ-VAE, or that of a checkpoint."""
        if before is None:
            fresh = self.fresh(data)
            assert isinstance(fresh, VQTokenizer)
            return TokenizerTraining(fresh)
        old = from_pretrained(before, data.space)
        if not isinstance(old, VQTokenizer) or old.config != self.config or old.fps != data.fps:
            raise InputError(f"{before}: differs from the preset in its settings or from the corpus in frame rate")
        return TokenizerTraining(old)

    def fresh(self, data: Store) -> VQTokenizer | ActionTokenizer:
        """An untrained tokenizer with the statistics of the part that is trained on."""
        return build(self.config, scales(data), data.space, data.fps, data.whole)

    def sampler(
        self, data: Store, module: Any, stage: str, seed: int, *, held_out: bool = False
    ) -> MotionSampler | None:
        """Windows of single people."""
        part = data.part(held_out=held_out)
        return MotionSampler(part, self.config.window, self.loop(stage).batch_size, seed) if part.entries else None

    def save(self, module: nn.Module, folder: Path, record: Mapping[str, Any]) -> Path:
        """The tokenizer, with how its codebook fared."""
        if not isinstance(module, TokenizerTraining):
            assert isinstance(module, ActionTokenizer)
            return save_pretrained(module, folder, training=dict(record))
        health = module.tokenizer.codebook.recent
        facts = {**record, "codes used": f"{health.usage:.0%}", "perplexity": round(health.perplexity, 1)}
        return save_pretrained(module.tokenizer, folder, training=facts)


class TokenizerTraining(nn.Module):
    """A tokenizer that takes batches and says how its codebook fares.

    Attributes:
        tokenizer: What is trained.
        steps: Batches it was trained on.
    """

    steps: Tensor

    def __init__(self, tokenizer: VQTokenizer) -> None:
        super().__init__()
        self.tokenizer = tokenizer
        self.register_buffer("steps", torch.zeros((), dtype=torch.long))

    def loss(self, batch: MotionBatch, generator: torch.Generator | None = None) -> Losses:
        """The tokenizer's loss; what replaces dead codes is drawn from PyTorch's own generator."""
        warming = self.training and int(self.steps) < self.tokenizer.config.codebook.warm_up
        self.steps += self.training
        losses = self.tokenizer.loss(batch.values, batch.frames, quantized=not warming)
        health = self.tokenizer.codebook.recent
        shown = {"usage": torch.tensor(health.usage), "perplexity": torch.tensor(health.perplexity)}
        return Losses(losses.total, {**losses.parts, **shown})


def scales(data: Store) -> MotionStatistics:
    """Scales and ranges of the part that is trained on."""
    return MotionStatistics.measure(data.part(held_out=False).motion_rows(MEASURED), data.space)


@dataclass(frozen=True)
class MotionSampler:
    """Draws batches of windows, everybody in proportion to the length of their motion.

    Attributes:
        data: The conversations; people without motion are passed over.
        window: Frames of each; shorter motion is zero-padded.
        batch_size: Windows per batch.
        seed: Decides everything.
    """

    data: Store
    window: int
    batch_size: int
    seed: int = 0

    @property
    def people(self) -> list[tuple[Entry, int]]:
        """Everybody who moves."""
        return [(entry, person) for entry in self.data.entries for person in range(2) if entry.moves[person]]

    def batch(self, step: int) -> MotionBatch:
        """The batch of a step."""
        rng = np.random.default_rng([self.seed, step])
        people = self.people
        lengths = np.array([entry.frames for entry, _ in people], np.float64)
        values = np.zeros((self.batch_size, self.window, self.data.space.dim), np.float32)
        frames = np.zeros((self.batch_size, self.window), bool)
        for i, chosen in enumerate(rng.choice(len(people), self.batch_size, p=lengths / lengths.sum())):
            entry, person = people[chosen]
            offset = entry.start + int(rng.integers(0, max(1, entry.frames - self.window + 1)))
            rows = slice(offset, min(offset + self.window, entry.start + entry.frames))
            count = rows.stop - rows.start
            values[i, :count] = self.data.motion[rows, person]
            frames[i, :count] = self.data.valid[rows, person]
        values[~frames] = 0
        return MotionBatch(torch.from_numpy(values), torch.from_numpy(frames))
