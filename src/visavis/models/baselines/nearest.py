"""Nearest audio and nearest motion: motion retrieved by the most similar audio or partner's motion."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import torch
from torch import Tensor

from visavis.checkpoint import need_shape
from visavis.models.baselines.base import Dyad, Fitted, need_dyads, spread
from visavis.models.baselines.config import NearestAudioConfig, NearestMotionConfig
from visavis.models.baselines.seen import Seen
from visavis.models.blocks.segments import Bank, by_cosine, by_distance


class Banked(Fitted):
    """A baseline with a bank of segments."""

    bank: Bank
    config: NearestMotionConfig

    def allocate(self, state: Mapping[str, Any]) -> None:
        """The bank."""
        super().allocate(state)
        self.bank = Bank.empty(self.config.segment, state["bank"], self.space.dim)

    def check_loaded(self) -> None:
        """The bank."""
        self.bank.check()

    def state(self) -> dict[str, Any]:
        """Sizes."""
        return {"bank": self.bank.shape}


class NearestAudio(Banked):
    """Per segment, the motion that went with the nearest sound of the corpus (DIM, 4.1, "NN-audio").

    The bank's keys are standardised: each feature counts for how it differs from its mean, else what all speech has in
    common would decide.
    """

    name = "nearest-audio"
    does = "Retrieves the motion of the listener whose partner sounded most similar."
    statistics_names = ("key_mean", "key_std")
    config: NearestAudioConfig
    key_mean: Tensor
    key_std: Tensor

    def fit(self, dyads: Iterable[Dyad]) -> None:
        """Indexes every segment of the corpus by the sound that went with it."""
        clips = [(e.motion, e.seen.sound) for dyad in need_dyads(dyads, self.name) for e in dyad]
        self.bank = Bank.of(clips, self.config.segment, self.fps, self.name)  # type: ignore[arg-type]
        mean, std, _ = spread(self.bank.keys, f"{self.name}: the sound")
        self.bank.keys = (self.bank.keys - mean) / std
        self.register_buffer("key_mean", mean, persistent=False)
        self.register_buffer("key_std", std, persistent=False)
        self._fitted = True

    def check_loaded(self) -> None:
        """The bank, and the scales of its keys."""
        super().check_loaded()
        for name in self.statistics_names:
            need_shape(getattr(self, name), self.bank.keys.shape[1:], name)

    def move(self, seen: Seen, frames: int, person: int, seed: int) -> Tensor:
        """The segments whose sound points most nearly where this one's does, faded into one another."""
        assert seen.sound is not None
        keys, mean, std = self.bank.keys, self.key_mean, self.key_std
        return self.bank.follow(seen.sound, lambda key: by_cosine(keys, (key - mean) / std))


class NearestOwnAudio(NearestAudio):
    """The same for a speaker, by the own voice."""

    name = "nearest-own-audio"
    roles = frozenset({"speaker"})
    voice = "own"
    does = "Retrieves the motion of the speaker who sounded most similar."


class NearestMotion(Banked):
    """Per segment, the motion that answered the nearest motion of a partner in the corpus (DIM, 4.1, "NN-motion")."""

    name = "nearest-motion"
    looks = True
    does = "Retrieves the motion of the listener whose partner moved most similarly."
    statistics_names = ("scale",)
    scale: Tensor
    """(D,) one over the standard deviation of the partners' columns, 0 where one never moves."""

    def fit(self, dyads: Iterable[Dyad]) -> None:
        """Indexes every segment of the corpus by how the partner moved meanwhile."""
        clips = [
            (example.motion, example.seen.partner)
            for dyad in need_dyads(dyads, self.name)
            for example in dyad
            if example.seen.partner is not None
        ]
        partners = torch.cat([partner for _, partner in clips]) if clips else torch.zeros(1, self.space.dim)
        _, std, moves = spread(partners, f"{self.name}: the motion")
        self.register_buffer("scale", moves / std, persistent=False)
        scaled = [(own, partner * self.scale) for own, partner in clips]
        self.bank = Bank.of(scaled, self.config.segment, self.fps, self.name)
        self._fitted = True

    def check_loaded(self) -> None:
        """The bank, and the scales of the partner's columns."""
        super().check_loaded()
        need_shape(self.scale, (self.space.dim,), "scale")

    def move(self, seen: Seen, frames: int, person: int, seed: int) -> Tensor:
        """The segments whose partners moved most like this one, faded into one another."""
        assert seen.partner is not None
        keys = self.bank.keys
        return self.bank.follow(seen.partner * self.scale, lambda key: by_distance(keys, key))
