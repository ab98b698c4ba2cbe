"""Retrieval baselines of Talking Together (4.2, suppl. 3.1) for whole conversations.

They cut the conversation into segments and give each person a segment that somebody in the corpus moved:

- Listen-R: any;
- Listen-A: the one whose sound and roles are nearest (cosine of pooled audio features);
- Listen-M: the one whose partner moved most like this person's partner really did (joint distance of expression and
  head-rotation curves) - so it sees the true motion of the other person, as in the paper.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable

import numpy as np
import torch
from torch import Tensor

from visavis.checkpoint import need_shape
from visavis.errors import InputError
from visavis.models.baselines.base import Dyad, need_dyads
from visavis.models.baselines.config import ListenAudioConfig, ListenConfig
from visavis.models.baselines.nearest import Banked
from visavis.models.baselines.seen import Seen
from visavis.models.blocks.segments import Bank, by_cosine, by_distance, joined, starts_over


class Listen(Banked):
    """What the three share.

    Attributes:
        scale: (K,) standard deviations of the keys.
    """

    roles = frozenset({"speaker", "listener"})
    statistics_names = ("scale",)
    config: ListenConfig  # type: ignore[assignment]
    scale: Tensor

    def fit(self, dyads: Iterable[Dyad]) -> None:
        """Cuts the corpus into segments, one per person, and indexes them."""
        clips = [
            (example.motion, curves)
            for dyad in need_dyads(dyads, self.name)
            for example in dyad
            if (curves := self._curves(example.seen, len(example))) is not None
        ]
        if not clips:
            raise InputError(f"{self.name}: no partner in the corpus has motion, which this model needs")
        self.bank = Bank.of(clips, self.config.segment, self.fps, self.name)
        self.register_buffer("scale", self.bank.keys.std(0, correction=0) + 1e-6, persistent=False)
        self._fitted = True

    def check_loaded(self) -> None:
        """The bank, and the scales of its keys."""
        super().check_loaded()
        need_shape(self.scale, self.bank.keys.shape[1:], "scale")

    @abstractmethod
    def _curves(self, seen: Seen, frames: int) -> Tensor | None:
        """(frames, K) what segments are compared by; None where it is not known."""


class ListenR(Listen):
    """Segments drawn from anywhere in the corpus."""

    name = "listen-r"
    does = "Plays random segments of motion from its corpus."

    def move(self, seen: Seen, frames: int, person: int, seed: int) -> Tensor:
        """Drawn anew for A and B."""
        starts = starts_over(frames, self.config.segment)
        drawn = torch.randint(len(self.bank), (2, len(starts)), generator=torch.Generator().manual_seed(seed))
        return joined([self.bank.segment(int(i)) for i in drawn[person]], starts, frames)

    def _curves(self, seen: Seen, frames: int) -> Tensor:
        return torch.zeros(frames, 1)


class ListenA(Listen):
    """Segments whose sound and roles are nearest."""

    name = "listen-a"
    voice = "both"
    does = "Retrieves the motion of the person who heard the most similar conversation audio."
    config: ListenAudioConfig

    @property
    def hears_roles(self) -> bool:
        """Roles are part of the key."""
        return True

    def move(self, seen: Seen, frames: int, person: int, seed: int) -> Tensor:
        """Segment by segment, faded into one another."""
        keys = self.bank.keys / self.scale
        return self.bank.follow(self._curves(seen, frames), lambda key: by_cosine(keys, key / self.scale))

    def _curves(self, seen: Seen, frames: int) -> Tensor:
        assert seen.sound is not None
        assert seen.roles is not None
        return torch.cat([seen.sound, self.config.role_weight * seen.roles], 1)


class ListenM(Listen):
    """Segments whose partner moved most like the partner does."""

    name = "listen-m"
    looks = True
    does = "Retrieves the motion of the person whose partner's face and head moved most similarly."

    def move(self, seen: Seen, frames: int, person: int, seed: int) -> Tensor:
        """Segment by segment, faded into one another."""
        keys, curves = self.bank.keys / self.scale, self._curves(seen, frames)
        assert curves is not None
        return self.bank.follow(curves, lambda key: by_distance(keys, key / self.scale))

    def _curves(self, seen: Seen, frames: int) -> Tensor | None:
        groups = [self.space.indices(g) for g in ("expression", "neck", "head") if self.space.has(g)]
        columns = np.concatenate(groups or [np.arange(self.space.dim)])
        return None if seen.partner is None else seen.partner[:, columns]
