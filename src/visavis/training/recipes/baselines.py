"""Training of baselines: copied from a corpus in one pass, or by gradients on windows of one person."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field
from torch import Tensor, nn

from visavis.errors import InputError
from visavis.models.baselines.base import Dyad
from visavis.models.baselines.seen import Example, Seen, Senses
from visavis.models.baselines.trained import Batch, Trained
from visavis.reporter import Update
from visavis.training.config import DataConfig
from visavis.training.dyad import loaded
from visavis.training.learner import Learner
from visavis.training.needs import DataNeeds, Sound
from visavis.training.store import Entry, Store

MEASURED = 90_000
"""Frames that statistics are measured on at most, about: an hour of one person."""


class PeopleConfig(DataConfig):
    """The section ``data``.

    Attributes:
        people: Whose motion is learnt; ``B`` where A always speaks and B always listens, and a listener is wanted.
        degraded: Share of tracks that are as recordings come: rooms, telephone lines, noise, music.
    """

    people: Literal["both", "A", "B"] = "both"
    degraded: float = Field(0.0, ge=0, le=1)


class BaselineLearner(Learner):
    """What is read of a corpus for any baseline, and how its people become examples."""

    data_config = PeopleConfig
    data: PeopleConfig

    def needs(self) -> DataNeeds:
        """What the baseline looks at and listens to, in every conversation."""
        senses = self.blank(None).senses
        sound = None if senses.encoder is None else Sound(senses.encoder, degraded=self.data.degraded)
        must: set[Any] = {"seats", *(["sound"] if sound else []), *(["speaking"] if senses.roles else [])}
        return DataNeeds(self.data.space, self.data.fps, sound, must=frozenset(must))

    def blank(self, data: Store | None) -> Any:
        """The baseline before it has learnt anything."""
        from visavis.motion import ARKIT

        space, fps = (ARKIT, 25.0) if data is None else (data.space, data.fps)
        return self.entry.load_model()(self.config, space, fps)

    def people(self, data: Store, senses: Senses, *, held_out: bool) -> list[tuple[Entry, int]]:
        """Who can be learnt from: whose motion is wanted and known and, where it is looked at, the partner's, too.

        Raises:
            InputError: Nobody, where something is to be learnt.
        """
        wanted = (0, 1) if self.data.people == "both" else ("AB".index(self.data.people),)
        found = [
            (entry, person)
            for entry in data.part(held_out=held_out).entries
            for person in wanted
            if entry.moves[person] and (entry.moves[1 - person] or not senses.looks)
        ]
        if not found and not held_out:
            who = "anybody" if self.data.people == "both" else self.data.people
            needed = f"{who} and their partners" if senses.looks else who
            raise InputError(f"{self.entry.name}: nothing to learn; the motion of {needed} is needed")
        return found


class FittedLearner(BaselineLearner):
    """Fits a `visavis.models.baselines.base.Fitted`."""

    def fit(self, data: Store, *, seed: int, update: Update) -> nn.Module:
        """Shows it the whole corpus; nothing is random."""
        model = self.blank(data)
        people = self.people(data, model.senses, held_out=False)

        def dyads() -> Iterator[Dyad]:
            last: list[Example] = []
            for number, (entry, person) in enumerate(people):
                if last and people[number - 1][0] is not entry:
                    yield last
                    last = []
                last.append(Example(person, *cut(data, model.senses, entry, person, entry.rows)))
                update((number + 1) / len(people))
            yield last

        model.fit(dyads())
        fitted: nn.Module = model.eval()
        return fitted


class TrainedLearner(BaselineLearner):
    """Trains a `visavis.models.baselines.trained.Trained`, stage by stage."""

    def default_stages(self) -> tuple[str, ...]:
        """All of them."""
        return self.entry.stages or ("",)

    def start(self, data: Store, stage: str, before: Path | None) -> Trained:
        """A baseline with the corpus's statistics, or that of the stage before."""
        if before is not None:
            checkpoint = loaded(self, data, before)
            assert isinstance(checkpoint, Trained)
            model = checkpoint
        elif stage == (self.entry.stages or ("",))[0]:
            model = self.blank(data)
            model.measure([self._measured(data, model)])
        else:
            raise InputError(f"{self.entry.name}: stage {stage!r} needs the previous stage; train that first")
        model.begin(stage or model.stages[0])
        return model

    def sampler(
        self, data: Store, module: Any, stage: str, seed: int, *, held_out: bool = False
    ) -> ExampleSampler | None:
        """Windows of people."""
        senses = module.senses
        people = self.people(data, senses, held_out=held_out)
        if not people:
            return None
        return ExampleSampler(data, senses, tuple(people), self.config.window, self.loop(stage).batch_size, seed)

    def _measured(self, data: Store, model: Trained) -> list[Example]:
        """An hour of people, evenly spread."""
        people = self.people(data, model.senses, held_out=False)
        model.roles_known = all(entry.roles for entry, _ in people)
        every = max(1, -(-sum(entry.frames for entry, _ in people) // MEASURED))
        return [Example(i, *cut(data, model.senses, entry, i, entry.rows)) for entry, i in people[::every]]


@dataclass(frozen=True)
class ExampleSampler:
    """Draws batches of windows from anywhere in the corpus, longer conversations more often.

    Attributes:
        data: The corpus.
        senses: What is seen.
        people: Who can be drawn.
        window: Frames of a window; what a shorter conversation lacks is zero.
        batch_size: Windows of a batch.
        seed: Decides everything.
    """

    data: Store
    senses: Senses
    people: tuple[tuple[Entry, int], ...]
    window: int
    batch_size: int
    seed: int

    def batch(self, step: int) -> Batch:
        """The batch of a step."""
        rng = np.random.default_rng([self.seed, step])
        sizes = np.array([entry.frames for entry, _ in self.people], np.float64)
        chosen = rng.choice(len(self.people), self.batch_size, p=sizes / sizes.sum())
        drawn = [self._window(entry, person, rng) for entry, person in (self.people[i] for i in chosen)]

        def stacked(parts: list[Tensor | None]) -> Tensor | None:
            return None if parts[0] is None else torch.stack([part for part in parts if part is not None])

        seen = Seen(*(stacked([getattr(s, name) for _, s, _ in drawn]) for name in ("partner", "sound", "roles")))
        return Batch(torch.stack([m for m, _, _ in drawn]), seen, torch.stack([f for _, _, f in drawn]))

    def _window(self, entry: Entry, person: int, rng: np.random.Generator) -> tuple[Tensor, Seen, Tensor]:
        start = entry.start + int(rng.integers(max(1, entry.frames - self.window + 1)))
        rows = slice(start, min(start + self.window, entry.rows.stop))

        def padded(part: Tensor) -> Tensor:
            out = part.new_zeros((self.window, *part.shape[1:]))
            out[: len(part)] = part
            return out

        motion, seen = cut(self.data, self.senses, entry, person, rows)
        return padded(motion), seen.map(padded), padded(torch.tensor(self.data.valid[rows, person]))


def cut(data: Store, senses: Senses, entry: Entry, person: int, rows: slice) -> tuple[Tensor, Seen]:
    """How a person moves in some rows of a conversation, and what is seen meanwhile."""
    sound = None
    if senses.encoder is not None:
        (audio,) = data.audio
        sound = np.mean([audio[rows, i].astype(np.float32) for i in senses.voices(person)], 0)
    parts = (
        held(data, 1 - person, rows) if senses.looks else None,
        sound,
        data.speaking[rows][:, [person, 1 - person]].astype(np.float32) if senses.roles and entry.roles else None,
    )
    seen = Seen(*(None if part is None else torch.from_numpy(part) for part in parts))
    return torch.from_numpy(held(data, person, rows)), seen


def held(data: Store, person: int, rows: slice) -> NDArray[np.float32]:
    """(T, D) motion of some rows; where it means nothing, the frame before, or the first that means something."""
    values, valid = np.array(data.motion[rows, person]), data.valid[rows, person]
    if not valid.any():
        return values
    last = np.maximum.accumulate(np.where(valid, np.arange(len(valid)), -1))
    return values[np.where(last < 0, int(valid.argmax()), last)]
