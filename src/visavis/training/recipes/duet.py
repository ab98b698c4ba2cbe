"""Training of Duet (Talking Together, 3.3, 3.4 and 4.1): on conversations, then on the speaker's lips."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field
from torch import Tensor

from visavis.bodies import shown_as
from visavis.errors import InputError
from visavis.models.duet.config import DuetConfig
from visavis.models.duet.model import Duet
from visavis.models.duet.statistics import body_gram, velocity_basis
from visavis.motion import MotionSpace
from visavis.reporter import Reporter
from visavis.training.corpora import Corpora
from visavis.training.dyad import DyadConfig, DyadLearner, WindowSampler
from visavis.training.store import Entry, Store

CONVERSATIONS, LIPS = "conversations", "lips"


class DuetData(DyadConfig):
    """The section ``data``.

    Attributes:
        single_person: Ablation: only one stream counts and it learns nothing of the other person.
        sharpest: Share of the conversations, those with the sharpest faces, that stage `lips` learns from beside
            synthetic dubbing. Conversations whose motion was read off no picture are exact, and come first.
    """

    degraded: float = Field(0.5, ge=0, le=1)
    single_person: bool = False
    sharpest: float = Field(0.25, gt=0, le=1)


class DuetLearner(DyadLearner):
    """Trains Duet."""

    data_config = DuetData
    data: DuetData
    config: DuetConfig

    def prepare(self, corpora: Corpora | None, folder: Path, seed: int, reporter: Reporter) -> Store:
        """See `Learner.prepare`; velocities are of columns where no built-in body has the space's motion.

        Raises:
            InputError: The encoder gives other features than the settings say.
        """
        from visavis.features.audio import get_encoder

        features = 2 * get_encoder(self.config.encoder).dim
        if features != self.config.audio_dim:
            raise InputError(
                f"encoder {self.config.encoder!r} gives {features} features per frame; --set audio_dim={features}"
            )
        data: Store = super().prepare(corpora, folder, seed, reporter)
        losses = self.config.losses
        if losses.velocity and losses.velocity_of == "vertices" and shown_as(data.space) is None:
            reporter.note(
                f"no built-in body supports motion space {data.space.name!r}; the velocity loss compares columns, "
                "as losses.velocity_of=columns does"
            )
            columns = losses.model_copy(update={"velocity_of": "columns"})
            self.config = self.config.model_copy(update={"losses": columns})
        return data

    def measure(self, data: Store) -> dict[str, Tensor]:
        """Besides scales, the metric of velocities and the head rotation above which the gaze loss counts."""
        known, losses = super().measure(data), self.config.losses
        changes = np.concatenate([np.zeros((0, data.space.dim)), *_changes(data)])
        covariance = changes.T @ changes / max(1, len(changes))
        of_vertices = losses.velocity > 0 and losses.velocity_of == "vertices"
        gram = body_gram(data.space) if of_vertices else np.diag(1 / known["motion_std"].double().numpy() ** 2)
        turned = list(_head_turns(data, self.config.window))
        threshold = np.quantile(turned, 1 - losses.gaze_share) if turned else 0.0
        return {
            **known,
            "velocity_basis": torch.from_numpy(velocity_basis(gram, covariance)).float(),
            "gaze_threshold": torch.tensor([threshold], dtype=torch.float32),
        }

    def sampler(self, data: Store, module: Any, stage: str, seed: int, *, held_out: bool = False) -> DuetSampler | None:
        """Windows of conversations, marked as the losses need it.

        Raises:
            InputError: There is no dubbing for stage `lips`.
        """
        if stage == LIPS and not any(entry.dubbing for entry in data.part(held_out=False).entries):
            raise InputError(
                "stage 'lips' learns from synthetic dubbing, of which there is none here; make some with `visavis dub "
                "CORPUS -o DUBBED` and add --corpus DUBBED"
            )
        part = _of_stage(data.part(held_out=held_out), stage, self.data.sharpest)
        if not part.entries:
            return None
        assert isinstance(module, Duet)
        return DuetSampler(
            part, self.config.window, self.loop(stage).batch_size, seed, self.config.network.identity,
            self.data.corrupt_activity, float(module.gaze_threshold), self.data.single_person, stage == LIPS,
        )  # fmt: skip


@dataclass(frozen=True)
class DuetSampler(WindowSampler):
    """Draws batches for Duet.

    Attributes:
        gaze_threshold: Variance of the head's rotation above which the gaze loss counts, rad^2.
        single_person: Whether only one stream counts.
        dubbed_lips: Whether nothing but the speaker's lips counts in dubbing.
    """

    gaze_threshold: float = 0.0
    single_person: bool = False
    dubbed_lips: bool = False

    def sample(self, entry: Entry, rng: np.random.Generator) -> dict[str, NDArray[Any]]:
        """See `WindowSampler.sample`."""
        sample = super().sample(entry, rng)
        sample["lips_only"] = np.array(self.dubbed_lips and entry.dubbing)
        if self.single_person:
            sample["frames"][1] = False
        turned = head_variance(sample["motion"], sample["frames"], self.data.space)
        sample["gaze"] = np.array(turned > self.gaze_threshold)
        return sample


def _of_stage(data: Store, stage: str, sharpest: float) -> Store:
    """What a stage learns from (3.4): pairs as they talked first; then dubbing, and the sharpest of the pairs."""
    pairs = [entry for entry in data.entries if not entry.dubbing]
    dubbed = [entry for entry in data.entries if entry.dubbing]
    if stage == LIPS:
        known = [np.inf if entry.sharpness is None else entry.sharpness for entry in pairs]
        order = sorted(range(len(pairs)), key=lambda i: -known[i])[: math.ceil(sharpest * len(pairs))]
        chosen = [*dubbed, *(pairs[i] for i in sorted(order))]
    else:
        chosen = pairs or dubbed
    return replace(data, entries=tuple(chosen))


def head_variance(motion: NDArray[np.float32], frames: NDArray[np.bool_], space: MotionSpace) -> float:
    """Variance over time of neck and head rotation (rad^2, summed over axes), mean over both people (2, T, D)."""
    groups = [space.indices(group) for group in ("neck", "head") if space.has(group)]
    where = np.concatenate([np.array([], int), *groups])
    both = [motion[p][frames[p]][:, where].var(0).sum() for p in range(2) if frames[p].any()]
    return float(np.mean(both)) if both else 0.0


def _changes(data: Store) -> Iterator[NDArray[np.float64]]:
    """Changes (M, D) from one valid frame to the next, of all people."""
    for entry in data.entries:
        for person in range(2):
            valid = data.valid[entry.rows, person]
            yield np.diff(data.motion[entry.rows, person], axis=0)[valid[1:] & valid[:-1]].astype(np.float64)


def _head_turns(data: Store, window: int) -> Iterator[float]:
    for entry in data.entries:
        for start in range(entry.start, entry.start + entry.frames, window):
            rows = slice(start, min(start + window, entry.start + entry.frames))
            yield head_variance(data.motion[rows].swapaxes(0, 1), data.valid[rows].T, data.space)
