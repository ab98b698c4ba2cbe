"""Training of the motion-text encoder: on clips that are simulated and captioned here."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field

from visavis.conversation.splits import EVERY
from visavis.errors import InputError
from visavis.files import alone
from visavis.models.retrieval.config import MotionTextConfig
from visavis.models.retrieval.features import COLUMNS
from visavis.models.retrieval.motion_text import load_network, save_network
from visavis.models.retrieval.motion_text_network import MotionTextNetwork
from visavis.reporter import Reporter
from visavis.settings import Section
from visavis.training.corpora import Corpora
from visavis.training.learner import Learner
from visavis.training.motion_text_training import MotionTextSampler, MotionTextTraining
from visavis.training.retrieval_captions import CaptionSet, make_captions
from visavis.training.retrieval_clips import ClipSet, make_clips
from visavis.training.stored import waiting

MEASURED = 1000
"""Clips that the scale of the features is measured on."""
LEAST_STD = 0.02


class MotionTextData(Section):
    """The section ``data``.

    Attributes:
        clips: How many to make.
        captions: Of each clip's whole.
        workers: Processes that make them; as many as there are cores unless given.
    """

    clips: int = Field(8000, ge=8, le=200_000)
    captions: int = Field(4, ge=1, le=6)
    workers: int | None = Field(None, ge=1, le=1024, exclude=True)


@dataclass(frozen=True)
class Captioned:
    """Clips and their captions; one clip in `EVERY` is held out."""

    clips: ClipSet
    captions: CaptionSet

    def part(self, *, held_out: bool) -> NDArray[np.intp]:
        """Numbers of the clips held out, or of all others."""
        last = np.arange(len(self.clips)) % EVERY == EVERY - 1
        return np.flatnonzero(last == held_out)


class MotionTextLearner(Learner):
    """Trains the encoder."""

    data_config = MotionTextData
    data: MotionTextData
    config: MotionTextConfig

    def needs(self) -> None:
        """No corpus."""

    def prepare(self, corpora: Corpora | None, folder: Path, seed: int, reporter: Reporter) -> Captioned:
        """Simulates clips and words them; both are kept."""
        from visavis.language.embedding import sentence_similarity

        if corpora is not None:
            raise InputError(f"{self.entry.name} is trained on clips that it simulates; omit --corpus")
        if self.config.portions < 1:
            raise InputError("portions: training needs at least 1, as parts of clips have their own captions")
        sentences, data = sentence_similarity(), self.data
        workers = data.workers or os.cpu_count() or 1
        made, words = folder / "clips", folder / "words"
        with alone(made, waits=waiting(made, reporter)), reporter.progress("clips") as update:
            clips = make_clips(made, data.clips, seed, self.config.portions, workers=workers, update=update)
        with alone(words, waits=waiting(words, reporter)), reporter.progress("words") as update:
            captions = make_captions(clips.facts, data.captions, seed, sentences, words, update=update)
        return Captioned(clips, captions)

    def facts(self, data: Captioned) -> dict[str, Any]:
        """How much was made."""
        return {
            "clips made": len(data.clips), "held_out": len(data.part(held_out=True)),
            "captions made": len(data.captions.claimed), "clauses": len(data.captions.vectors),
        }  # fmt: skip

    def start(self, data: Captioned, stage: str, before: Path | None) -> MotionTextTraining:
        """A fresh network, or that of a checkpoint."""
        if before is not None:
            network, _ = load_network(before)
            if network.config != self.config:
                raise InputError(f"{before}: was trained with different settings")
            return MotionTextTraining(network)
        network = MotionTextNetwork(len(COLUMNS), self.config)
        chosen = data.part(held_out=False)[:MEASURED]
        every = np.concatenate([data.clips.rows[i].astype(np.float32) for i in chosen])
        network.feature_mean = torch.from_numpy(every.mean(0))
        network.feature_std = torch.from_numpy(np.maximum(every.std(0), LEAST_STD))
        return MotionTextTraining(network)

    def sampler(
        self, data: Captioned, module: Any, stage: str, seed: int, *, held_out: bool = False
    ) -> MotionTextSampler | None:
        """Batches of clips of one length."""
        part = data.part(held_out=held_out)
        if not len(part):
            return None
        return MotionTextSampler(data.clips, data.captions, self.loop(stage).batch_size, seed, among=part)

    def save(self, module: Any, folder: Path, record: Mapping[str, Any]) -> Path:
        """The network without what only training needs."""
        return save_network(module.network, folder, training=dict(record))
