"""Retrieval baselines of Talking Together (4.2, suppl. 3.1) for whole conversations.

They cut the conversation into segments and give each person a segment that somebody in the corpus moved:

- Listen-R: any;
- Listen-A: the one whose sound and roles are nearest (cosine of pooled audio features);
- Listen-M: the one whose partner moved most like this person's partner really did (joint distance of expression and
  head-rotation curves) - so it sees the true motion of the other person, as in the paper.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from visavis.models.baselines.base import Array, Baseline, Dyad
from visavis.models.baselines.mean_pose import MeanPose
from visavis.models.baselines.random_motion import RandomMotion
from visavis.models.baselines.segments import Bank, by_cosine, by_distance, held, joined, pooled, starts_over
from visavis.motion import MotionSpace

SEGMENT = 100
"""Frames of a retrieved segment: 4 s at 25 frames per second."""
ROLE_WEIGHT = 10.0
"""How much who speaks counts beside each audio feature when sound is compared."""


@dataclass
class Retrieval(Baseline):
    """Listen-R, Listen-A or Listen-M.

    Attributes:
        key: What segments are compared by.
    """

    key: Literal["random", "audio", "motion"] = "random"

    @property
    def name(self) -> str:  # type: ignore[override]
        """As in the paper's tables."""
        return f"Listen-{self.key[0].upper()}"

    def learn(self, dyads: Iterator[Dyad], steps: int | None, seed: int) -> None:
        """Cuts the corpus into segments, one per person, and indexes them."""
        clips: list[tuple[Array, Array]] = []
        for dyad in dyads:
            for own in dyad.targets() if dyad.frames >= SEGMENT else ():
                partner = dyad.motion(1 - own) if self.key == "motion" else None
                clips.append((dyad.motion(own), self._curves(dyad, own, partner, dyad.frames)))
        self.bank = Bank.of(clips, SEGMENT, self.fps, self.name)
        self.scale = self.bank.keys.std(0) + 1e-6

    def move(self, dyad: Dyad, person: int, seed: int) -> Array:
        """Segment by segment, faded into one another. Listen-M needs the partner's true motion."""
        starts = starts_over(dyad.frames, SEGMENT)
        if self.key == "random":
            rng = np.random.default_rng(seed)
            draws = [[int(rng.integers(len(self.bank.where))) for _ in starts] for _ in range(2)]
            return joined([self.bank.segment(i) for i in draws[person]], starts, dyad.frames)
        padded = starts[-1] + SEGMENT
        partner = held(dyad.motion(1 - person), padded) if self.key == "motion" else None
        curves = self._curves(dyad, person, partner, padded)
        keys = [pooled(curves[s : s + SEGMENT]) / self.scale for s in starts]
        nearest = by_cosine if self.key == "audio" else by_distance
        there = self.bank.keys / self.scale
        return joined([self.bank.segment(nearest(there, key)) for key in keys], starts, dyad.frames)

    def _curves(self, dyad: Dyad, own: int, partner: Array | None, frames: int) -> Array:
        """(frames, K) what segments of person `own` are compared by."""
        if self.key == "audio":
            speaking = dyad.speaking(frames)
            roles = ROLE_WEIGHT * np.stack([speaking[own], speaking[1 - own]], 1)
            return np.concatenate([dyad.mixed(frames), roles], 1)
        if partner is None:
            return np.zeros((frames, 1), np.float32)
        groups = [self.space.indices(g) for g in ("expression", "neck", "head") if self.space.has(g)]
        return partner[:, np.concatenate(groups or [np.arange(self.space.dim)])]


def baselines(space: MotionSpace, encoder: Any, fps: float = 25.0) -> list[Baseline]:
    """Those of Talking Together, in the order of its tables."""
    listen: list[Baseline] = [Retrieval(space, encoder, fps, key) for key in ("random", "audio", "motion")]
    return [MeanPose(space, fps=fps), RandomMotion(space, fps=fps), *listen]
