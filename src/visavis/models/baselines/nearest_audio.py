"""Nearest audio: the motion of whoever heard, or said, what sounds most alike."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from visavis.models.baselines.base import Array, Baseline, Dyad, spread
from visavis.models.baselines.segments import Bank, by_cosine

SEGMENT = 50
"""Frames of a retrieved segment: 2 s at 25 frames per second."""


@dataclass
class NearestAudio(Baseline):
    """Per segment, the motion that went with the nearest sound of the corpus (DIM, 4.1, "NN-audio").

    Attributes:
        voice: Whose voice is compared: the partner's makes it a listener's baseline, the person's own a speaker's.
    """

    voice: Literal["partner", "own"] = "partner"

    @property
    def name(self) -> str:  # type: ignore[override]
        """For tables."""
        return "nearest audio" if self.voice == "partner" else "nearest own audio"

    def learn(self, dyads: Iterator[Dyad], steps: int | None, seed: int) -> None:
        """Indexes every segment of the corpus by the sound that went with it."""
        clips: list[tuple[Array, Array]] = []
        for dyad in dyads:
            clips += [(dyad.motion(i), dyad.sound(self._heard(i))) for i in dyad.targets()]
        self.bank = Bank.of(clips, SEGMENT, self.fps, self.name)
        # Each feature counts for how it differs from its mean; else what all speech has in common would decide.
        self.mean, self.std, _ = spread(self.bank.keys, f"{self.name}: the sound")
        self.keys = (self.bank.keys - self.mean) / self.std

    def move(self, dyad: Dyad, person: int, seed: int) -> Array:
        """The segments whose sound points most nearly where this one's does, faded into one another."""

        def nearest(key: Array) -> int:
            return by_cosine(self.keys, (key - self.mean) / self.std)

        return self.bank.follow(dyad.sound(self._heard(person)), nearest)

    def _heard(self, person: int) -> int:
        return 1 - person if self.voice == "partner" else person
