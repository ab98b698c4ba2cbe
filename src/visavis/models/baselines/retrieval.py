"""Baselines of Talking Together (4.2, suppl. 3.1): motion that does not come from a network.

All share one interface: `fit` on a corpus, then `animate` a conversation. The retrieval baselines cut the conversation
into segments and give each person a segment that somebody in the corpus moved:

- Listen-R: any;
- Listen-A: the one whose sound and roles are nearest (cosine of pooled audio features);
- Listen-M: the one whose partner moved most like this person's partner really did (joint distance of expression and
  head-rotation curves) - so it sees the true motion of the other person, as in the paper.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from visavis.conversation import Conversation
from visavis.errors import InputError
from visavis.models.processing import (
    check_motion,
    feature_pieces,
    finish,
    frame_count,
    mixed_track,
    relative,
    seats_of,
    speaking_of,
)
from visavis.motion import Motion, MotionSpace

Array = NDArray[np.float32]
SEGMENT = 100
"""Frames of a retrieved segment: 4 s."""
BLEND = 10
"""Frames over which one segment fades into the next."""
ROLE_WEIGHT = 10.0
"""How much who speaks counts beside each audio feature when sound is compared."""
POOL = 5
"""Parts of a segment over which features are averaged before they are compared."""


class Baseline(Protocol):
    """What all baselines do."""

    @property
    def name(self) -> str:
        """For tables."""
        ...

    def fit(self, conversations: Iterable[Conversation]) -> None:
        """Learns what there is to learn from conversations with motion."""
        ...

    def animate(self, conversation: Conversation, seed: int) -> Conversation:
        """The conversation with both people's motion replaced by the baseline's."""
        ...


@dataclass
class MeanPose:
    """The corpus's mean of every column, held still."""

    space: MotionSpace
    fps: float = 25.0
    name: str = "mean pose"

    def fit(self, conversations: Iterable[Conversation]) -> None:
        """Averages."""
        total, count = np.zeros(self.space.dim), 0
        for conversation in conversations:
            for values in offsets(conversation, self.space, self.fps):
                total += values.sum(0, dtype=np.float64)
                count += len(values)
        self.mean = (total / max(1, count)).astype(np.float32)

    def animate(self, conversation: Conversation, seed: int) -> Conversation:
        """Both people still."""
        frames = frame_count(conversation, self.fps)
        return with_motion(conversation, [np.tile(self.mean, (frames, 1))] * 2, self.space, self.fps)


@dataclass
class RandomMotion:
    """Some stretch of some conversation of the corpus, with a little noise."""

    space: MotionSpace
    fps: float = 25.0
    noise: float = 0.1
    name: str = "random"

    def fit(self, conversations: Iterable[Conversation]) -> None:
        """Remembers the corpus."""
        self.bank = [np.stack(offsets(c, self.space, self.fps)) for c in conversations]
        self.std = np.concatenate([values.reshape(-1, self.space.dim) for values in self.bank]).std(0)

    def animate(self, conversation: Conversation, seed: int) -> Conversation:
        """Both people as some pair moved; short stretches go to and fro."""
        rng = np.random.default_rng(seed)
        frames = frame_count(conversation, self.fps)
        values = self.bank[rng.integers(len(self.bank))]
        while values.shape[1] < frames:
            values = np.concatenate([values, values[:, ::-1]], 1)
        start = rng.integers(values.shape[1] - frames + 1)
        values = values[:, start : start + frames]
        noisy = values + self.noise * self.std * rng.standard_normal(values.shape)
        return with_motion(conversation, list(noisy.astype(np.float32)), self.space, self.fps)


@dataclass
class Retrieval:
    """Listen-R, Listen-A or Listen-M."""

    space: MotionSpace
    key: Literal["random", "audio", "motion"]
    encoder: Any = None
    fps: float = 25.0

    @property
    def name(self) -> str:
        """As in the paper's tables."""
        return f"Listen-{self.key[0].upper()}"

    def fit(self, conversations: Iterable[Conversation]) -> None:
        """Cuts the corpus into segments, one per person, and indexes them."""
        segments, keys = [], []
        for conversation in conversations:
            pair = offsets(conversation, self.space, self.fps)
            frames = len(pair[0])
            starts = range(0, frames - SEGMENT + 1, SEGMENT // 2)
            for own, key in enumerate(self._keys(conversation, pair, starts, frames) if starts else ()):
                segments += [pair[own][s : s + SEGMENT] for s in starts]
                keys += list(key)
        if not segments:
            raise InputError(f"retrieval needs conversations of at least {SEGMENT / self.fps:g} s")
        self.segments = np.stack(segments)
        self.keys = np.stack(keys)
        self.scale = self.keys.std(0) + 1e-6

    def animate(self, conversation: Conversation, seed: int) -> Conversation:
        """Segment by segment, each person apart, faded into one another.

        Listen-M needs the conversation's true motion.
        """
        rng = np.random.default_rng(seed)
        frames = frame_count(conversation, self.fps)
        starts = range(0, frames, SEGMENT - BLEND)
        padded = starts[-1] + SEGMENT
        pair = None
        if self.key == "motion":
            known = offsets(conversation, self.space, self.fps)
            pair = [np.concatenate([v, np.repeat(v[-1:], padded - len(v), 0)]) for v in known]
        people = []
        for keys in self._keys(conversation, pair, starts, padded):
            chosen = [self.segments[self._nearest(key, rng)] for key in keys]
            people.append(joined(chosen, starts, frames))
        return with_motion(conversation, people, self.space, self.fps)

    def _keys(
        self, conversation: Conversation, pair: list[Array] | None, starts: Sequence[int], count: int
    ) -> list[Array]:
        """Per person the keys (segments, K) of the segments that begin at `starts`."""
        if self.key == "audio":
            speaking = speaking_of(conversation, self.fps, count)
            pieces = feature_pieces(mixed_track(conversation), self.encoder, self.fps, count)
            sound = np.concatenate([features for _, features in pieces])
        keys = []
        for own in range(2):
            if self.key == "random":
                curves = np.zeros((count, 1), np.float32)
            elif self.key == "audio":
                roles = ROLE_WEIGHT * np.stack([speaking[own], speaking[1 - own]], 1)
                curves = np.concatenate([sound, roles], 1)
            else:
                assert pair is not None
                groups = [self.space.indices(g) for g in ("expression", "neck", "head") if self.space.has(g)]
                curves = pair[1 - own][:, np.concatenate(groups)]
            keys.append(np.stack([pooled(curves[s : s + SEGMENT]) for s in starts]))
        return keys

    def _nearest(self, key: Array, rng: np.random.Generator) -> int:
        if self.key == "random":
            return int(rng.integers(len(self.segments)))
        there, here = self.keys / self.scale, key / self.scale
        if self.key == "audio":
            cosine = there @ here / (np.linalg.norm(there, axis=1) * np.linalg.norm(here) + 1e-9)
            return int(cosine.argmax())
        return int(np.square(there - here).sum(1).argmin())


def baselines(space: MotionSpace, encoder: Any, fps: float = 25.0) -> list[Baseline]:
    """All of them, in the order of the tables."""
    listen: list[Baseline] = [Retrieval(space, key, encoder, fps) for key in ("random", "audio", "motion")]
    return [MeanPose(space, fps), RandomMotion(space, fps), *listen]


def offsets(conversation: Conversation, space: MotionSpace, fps: float) -> list[Array]:
    """Both people's motion (T, D) with translation as offset from the seat.

    Raises:
        InputError: There is none, or in another space or rate.
    """
    seats = seats_of(conversation)
    where = f"conversation {conversation.id!r}, participant"
    people = enumerate(conversation.participants)
    both = [
        relative(check_motion(p.motion, space, fps, f"{where} {'AB'[i]}").values, seats[i], space) for i, p in people
    ]
    frames = frame_count(conversation, fps)
    return [np.concatenate([v, np.repeat(v[-1:], max(0, frames - len(v)), 0)])[:frames] for v in both]


def with_motion(conversation: Conversation, values: list[Array], space: MotionSpace, fps: float) -> Conversation:
    """The conversation with other motion, given as offsets from the seats."""
    seats = seats_of(conversation)
    people = [
        replace(person, motion=Motion(finish(values[i], seats[i], space), fps, space))
        for i, person in enumerate(conversation.participants)
    ]
    return conversation.with_participants(*people)


def pooled(curves: Array) -> Array:
    """(T, K) averaged over `POOL` equal parts and strung together, (POOL K,)."""
    return np.concatenate([part.mean(0) for part in np.array_split(curves, POOL)])


def joined(segments: list[Array], starts: Sequence[int], frames: int) -> Array:
    """Segments put at their starts, overlapping ends faded into each other, cut to `frames`."""
    length = starts[-1] + SEGMENT
    total, weight = np.zeros((length, segments[0].shape[1])), np.zeros((length, 1))
    ramp = np.minimum(1.0, (np.arange(SEGMENT) + 1) / (BLEND + 1))
    ramp = np.minimum(ramp, ramp[::-1])[:, None]
    for segment, start in zip(segments, starts, strict=True):
        total[start : start + SEGMENT] += ramp * segment
        weight[start : start + SEGMENT] += ramp
    filled = (total / np.maximum(weight, 1e-9)).astype(np.float32)
    return filled[:frames]
