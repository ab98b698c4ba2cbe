"""Training of any model whose loss takes a `visavis.models.batch.DyadBatch`: windows of both people's motion and audio.

Such a model's config has ``window`` (frames) and ``encoder`` (audio features, or None); its statistics may be any of
those that `DyadLearner.measure` knows. Its entry in the registry names `DyadLearner` as its learner.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field
from torch import Tensor

from visavis.errors import InputError
from visavis.models.base import BehaviorModel
from visavis.models.batch import Condition, DyadBatch
from visavis.models.checkpoint import from_pretrained
from visavis.settings import Section
from visavis.tokenizers.statistics import FLOORS
from visavis.training.config import SoundConfig
from visavis.training.corrupt_activity import corrupt_speaker_activity
from visavis.training.learner import Learner
from visavis.training.needs import DataNeeds, Sound
from visavis.training.store import Entry, Store

MEASURED = 100_000
"""Frames that statistics are measured on at most: an hour of one person."""
HEARD = 40_000
"""The same for the sound."""
QUIETEST = 1e-3
"""Least standard deviation of an audio feature."""


class DyadConfig(SoundConfig):
    """The section ``data``.

    Attributes:
        variants: How many draws of each conversation's sound are kept.
        corrupt_activity: Whether speaking probabilities are corrupted as those of detectors are.
    """

    variants: int = Field(1, ge=1, le=100)
    corrupt_activity: bool = True


class DyadLearner(Learner):
    """Trains on windows of conversations, either person on either side."""

    data_config: ClassVar[type[Section]] = DyadConfig
    data: DyadConfig

    def needs(self) -> DataNeeds:
        """Sound where the model hears, and who speaks when."""
        encoder = self.config.encoder
        data = self.data
        if encoder is None:
            return DataNeeds(data.space, data.fps, must=frozenset({"speaking", "seats"}))
        sound = Sound(encoder, data.separate, data.degraded, data.variants)
        plan = bool(getattr(getattr(self.config, "network", None), "plan", False))
        return DataNeeds(data.space, data.fps, sound, plan=plan, must=frozenset({"sound", "speaking", "seats"}))

    def start(self, data: Store, stage: str, before: Path | None) -> BehaviorModel:
        """A model with measured statistics, or one with a checkpoint's weights and statistics under these settings."""
        if before is not None:
            return loaded(self, data, before)
        family = self.entry.load_model()
        known = self.measure(data.part(held_out=False))
        unknown = set(family.statistics_names) - set(known)
        if unknown:
            raise InputError(
                f"model {self.entry.name!r} has statistics {', '.join(sorted(unknown))}, which its learner does not "
                f"compute; it computes {', '.join(known)}"
            )
        statistics = {name: known[name] for name in family.statistics_names}
        return family.build(self.config, data.space, data.fps, statistics, {})

    def measure(self, data: Store) -> dict[str, Tensor]:
        """Statistics by name: ``motion_mean`` and ``motion_std`` (D,), ``audio_mean`` and ``audio_std`` (F,)."""
        motion, audio = data.motion_rows(MEASURED).astype(np.float64), data.audio_rows(HEARD).astype(np.float64)
        if not len(motion):
            raise InputError("all of its motion is held out, so there is nothing to train on")
        heard = audio if len(audio) else np.zeros((1, data.audio_dim))
        std = np.maximum(motion.std(0), [FLOORS[column.unit] for column in data.space.columns])
        arrays = {
            "motion_mean": motion.mean(0), "motion_std": std,
            "audio_mean": heard.mean(0), "audio_std": np.maximum(heard.std(0), QUIETEST),
        }  # fmt: skip
        return {name: torch.from_numpy(array).float() for name, array in arrays.items()}

    def sampler(
        self, data: Store, module: Any, stage: str, seed: int, *, held_out: bool = False
    ) -> WindowSampler | None:
        """Windows of conversations."""
        part = data.part(held_out=held_out)
        if not part.entries:
            return None
        network = getattr(self.config, "network", None)
        identity = getattr(network, "identity", getattr(self.config, "identity", 0))
        return WindowSampler(
            part, self.config.window, self.loop(stage).batch_size, seed, identity, self.data.corrupt_activity
        )


def loaded(learner: Learner, data: Store, before: Path) -> BehaviorModel:
    """The model of a checkpoint under the learner's settings.

    Raises:
        InputError: It is of another family, space or rate, or its network has other sizes.
    """
    old = from_pretrained(before)
    if old.name != learner.entry.name:
        raise InputError(f"{before}: is a checkpoint of {old.name!r}; one of {learner.entry.name!r} is needed")
    check_space(old, data, before)
    statistics = {name: getattr(old, name) for name in old.statistics_names}
    new = type(old).build(learner.config, old.space, old.fps, statistics, old.state())
    try:
        new.load_state_dict(old.state_dict())
    except RuntimeError:
        raise InputError(f"{before}: was trained with a different network size than these settings") from None
    return new


def check_space(model: BehaviorModel, data: Store, where: Path) -> None:
    """Raises `InputError` unless a checkpoint's model is of the data's motion space and rate."""
    if model.space.columns != data.space.columns or model.fps != data.fps:
        raise InputError(
            f"{where}: is of space {model.space.name!r} at {model.fps:g} fps; the corpus is of {data.space.name!r} "
            f"at {data.fps:g}"
        )


@dataclass(frozen=True)
class WindowSampler:
    """Draws batches of windows: longer conversations more often, either person on either side.

    Attributes:
        data: The conversations.
        window: Frames of a window.
        batch_size: Windows of a batch.
        seed: Decides everything.
        identity: Length of the identity vectors.
        corrupt: Whether speaking probabilities are corrupted.
    """

    data: Store
    window: int
    batch_size: int
    seed: int
    identity: int = 0
    corrupt: bool = True

    def batch(self, step: int) -> DyadBatch:
        """The batch of a step."""
        rng = np.random.default_rng([self.seed, step])
        entries = self.data.entries
        sizes = np.array([entry.frames for entry in entries], np.float64)
        chosen = rng.choice(len(entries), self.batch_size, p=sizes / sizes.sum())
        samples = [self.sample(entries[i], rng) for i in chosen]
        stacked = {name: torch.from_numpy(np.stack([s[name] for s in samples])) for name in samples[0]}
        condition = Condition(*(stacked.pop(name) for name in ("audio", "speaking", "seats", "identity", "performed")))
        return DyadBatch(condition=condition, **stacked)

    def sample(self, entry: Entry, rng: np.random.Generator) -> dict[str, NDArray[Any]]:
        """One window of a conversation, as arrays by the names of `DyadBatch` and `Condition`."""
        data, length = self.data, self.window
        offset = int(rng.integers(0, max(1, entry.frames - length + 1)))
        rows = slice(entry.start + offset, entry.start + min(entry.frames, offset + length))
        audio = data.audio[int(rng.integers(len(data.audio)))]
        speaking = data.speaking[rows].T.astype(np.float32)
        if self.corrupt:
            speaking = corrupt_speaker_activity(speaking, data.fps, rng)
        people = [1, 0] if rng.random() < 0.5 else [0, 1]
        identity = np.zeros((2, self.identity), np.float32)
        for row, numbers in zip(identity, entry.identity, strict=True):
            row[: len(numbers)] = numbers[: self.identity]
        return {
            "audio": padded(audio[rows].swapaxes(0, 1), length)[people],
            "speaking": padded(speaking, length)[people],
            "seats": np.array(entry.seats, np.float32)[people],
            "identity": identity[people],
            "performed": padded(data.performed[rows].swapaxes(0, 1), length)[people].astype(np.float32),
            "motion": padded(data.motion[rows].swapaxes(0, 1), length)[people],
            "frames": padded(data.valid[rows].T, length)[people],
            "columns": np.tile(np.array(entry.observed, bool), (2, 1)),
            "gaze": np.array(False),
            "lips_only": np.array(False),
        }


def padded(array: NDArray[Any], length: int) -> NDArray[Any]:
    """(2, T, ...) zero-padded (False-padded) to (2, length, ...), as a copy."""
    out = np.zeros((array.shape[0], length, *array.shape[2:]), array.dtype)
    out[:, : array.shape[1]] = array
    return out
