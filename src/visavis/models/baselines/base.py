"""What all baselines do, and what they see of a conversation.

A baseline is fitted to a corpus and then moves one person of a conversation, of whom it may know when they speak and,
if it is a speaker's baseline, what their voice sounds like, but never how they really move. What it may know of the
other person is everything. A conversation in which both are moved is made of two such answers.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from visavis.conversation import Conversation
from visavis.errors import InputError
from visavis.models.preprocessing import (
    feature_pieces,
    frame_count,
    mixed_track,
    seat_vector,
    speaking_of,
    to_seat_frame,
    to_world_frame,
)
from visavis.motion import Motion, MotionSpace
from visavis.motion.mapping import project_to_space
from visavis.motion.stats import STILL

Array = NDArray[np.float32]


@dataclass(frozen=True)
class Dyad:
    """A conversation on the clock of the motion, (A, B) in this order; everything is computed when it is asked for.

    Attributes:
        conversation: Both people.
        space: Motion space that is wanted.
        fps: Motion frames per second that is wanted.
        encoder: Audio features; None where there are none.
        hidden: The person whose motion is to be generated and is therefore not to be seen.
        wanted: The people whose motion is to be learnt.
    """

    conversation: Conversation
    space: MotionSpace
    fps: float
    encoder: Any = None
    hidden: int | None = None
    wanted: tuple[int, ...] = (0, 1)
    _heard: dict[tuple[int | None, int], Array] = field(default_factory=dict)

    @property
    def frames(self) -> int:
        """T, at least one."""
        return frame_count(self.conversation, self.fps)

    def motion(self, person: int) -> Array:
        """(T, D), translation as offset from the seat in the torso's frame; the last frame is held if need be.

        Raises:
            InputError: There is none, or it is in another space or at another rate.
        """
        motion = self.conversation.participants[person].motion
        where = f"conversation {self.conversation.id!r}, participant {'AB'[person]}"
        if motion is None or not len(motion) or person == self.hidden:
            raise InputError(f"{where} has no motion, which is needed here")
        motion = project_to_space(motion, self.space)
        if motion.space.columns != self.space.columns:
            raise InputError(f"{where}: motion is in space {motion.space.name!r}; {self.space.name!r} is needed")
        if motion.fps != self.fps:
            raise InputError(f"{where}: motion is at {motion.fps:g} fps; {self.fps:g} is needed: resample it first")
        values = to_seat_frame(motion.values, self.seat(person), self.space)
        return np.concatenate([values, np.repeat(values[-1:], max(0, self.frames - len(values)), 0)])[: self.frames]

    def targets(self) -> list[int]:
        """Whose motion is wanted and known: one or two people.

        Raises:
            InputError: Nobody's.
        """
        known = [i for i in self.wanted if self.conversation.participants[i].motion is not None]
        if not known:
            who = " and ".join("AB"[i] for i in self.wanted)
            raise InputError(f"conversation {self.conversation.id!r}: nothing to learn, {who} has no motion")
        return known

    def pair(self) -> list[Array]:
        """The motion of both targets; where there is one, it stands for both.

        Raises:
            InputError: See `targets` and `motion`.
        """
        known = [self.motion(i) for i in self.targets()]
        return known if len(known) == 2 else 2 * known

    def sound(self, person: int) -> Array:
        """(T, F) audio features of the person's own voice where both voices are apart, otherwise of the mixed track.

        Raises:
            InputError: There is no sound, or no encoder was given.
        """
        apart = all(p.audio is not None for p in self.conversation.participants)
        return self._features(person if apart else None, self.frames)

    def mixed(self, frames: int) -> Array:
        """(frames, F) audio features of the mixed track.

        Raises:
            InputError: See `sound`.
        """
        return self._features(None, frames)

    def speaking(self, frames: int) -> Array:
        """(2, frames) speaking probabilities.

        Raises:
            InputError: They are not known.
        """
        return speaking_of(self.conversation, self.fps, frames)

    def seat(self, person: int) -> Array:
        """(4,) position and yaw; zeros in spaces that know no places."""
        if not self.space.has("translation"):
            return np.zeros(4, np.float32)
        return seat_vector(self.conversation.participants[person], "AB"[person], self.conversation.id)

    def _features(self, voice: int | None, frames: int) -> Array:
        """Of one person's own voice or, for None, of the mixed track; kept, for the other person may need them."""
        if self.encoder is None:
            raise InputError("this baseline listens to sound: give it an audio encoder")
        key = (voice, frames)
        if key not in self._heard:
            audio = mixed_track(self.conversation) if voice is None else self.conversation.participants[voice].audio
            assert audio is not None
            pieces = feature_pieces(audio, self.encoder, self.fps, frames)
            self._heard[key] = np.concatenate([values for _, values in pieces])
        return self._heard[key]


@dataclass
class Baseline(ABC):
    """What all baselines do.

    Attributes:
        space: Motion space of the corpus and of what is generated.
        encoder: From `visavis.features.audio.get_encoder`; None where sound is not to be heard.
        fps: Motion frames per second.
        name: For tables.
    """

    space: MotionSpace
    encoder: Any = None
    fps: float = 25.0
    name: ClassVar[str]

    def fit(
        self,
        conversations: Iterable[Conversation],
        *,
        people: tuple[int, ...] = (0, 1),
        steps: int | None = None,
        seed: int = 0,
    ) -> None:
        """Learns what there is to learn.

        Args:
            conversations: The corpus; read once, one conversation at a time.
            people: Whose motion is learnt, 0 for A and 1 for B; (1,) where A is always the speaker, B the listener,
                and a listener is wanted.
            steps: Optimizer steps of each stage, for those that are trained; their default takes minutes on two cores.
            seed: Of all that is random in training; the same seed gives the same baseline.

        Raises:
            InputError: The corpus is empty, in another space, too short, or nothing in it moves.
        """
        dyads = (replace(self._dyad(c), wanted=people) for c in conversations)
        first = next(dyads, None)
        if first is None:
            raise InputError(f"{self.name}: the corpus has no conversations to learn from")
        self.learn(chain([first], dyads), steps, seed)
        self._fitted = True

    def generate(self, conversation: Conversation, person: int, seed: int) -> Motion:
        """How participant `person` (0 is A, 1 is B) moves; how they really do is not looked at.

        Raises:
            InputError: Something the baseline needs is not known of the conversation, or it was not fitted.
        """
        return self._generate(self._dyad(conversation), person, seed)

    def animate(self, conversation: Conversation, seed: int) -> Conversation:
        """The conversation with both people's motion replaced, each given what is truly known of the other."""
        dyad = self._dyad(conversation)
        people = enumerate(conversation.participants)
        return conversation.with_participants(*(replace(p, motion=self._generate(dyad, i, seed)) for i, p in people))

    def _dyad(self, conversation: Conversation) -> Dyad:
        return Dyad(conversation, self.space, self.fps, self.encoder)

    def _generate(self, dyad: Dyad, person: int, seed: int) -> Motion:
        if not getattr(self, "_fitted", False):
            raise InputError(f"{self.name}: fit it to a corpus first")
        values = self.move(replace(dyad, hidden=person), person, seed)
        return Motion(to_world_frame(values, dyad.seat(person), self.space), self.fps, self.space)

    @abstractmethod
    def learn(self, dyads: Iterator[Dyad], steps: int | None, seed: int) -> None:
        """What `fit` does; there is at least one dyad."""

    @abstractmethod
    def move(self, dyad: Dyad, person: int, seed: int) -> Array:
        """What `generate` does: (T, D), translation as offset from the seat. The person's own motion is not there."""


def spread(values: Array, what: str) -> tuple[Array, Array, NDArray[np.bool_]]:
    """Mean and standard deviation (1 where a column does not change) of columns, and which of them change.

    Args:
        values: (N, D), all frames.
        what: Whose columns they are, for the message.

    Raises:
        InputError: None does.
    """
    mean, std = values.mean(0, dtype=np.float64), values.std(0, dtype=np.float64)
    changes = std >= STILL
    if not changes.any():
        raise InputError(f"{what} is constant in the whole corpus; there is nothing to learn from it")
    return mean.astype(np.float32), np.where(changes, std, 1.0).astype(np.float32), changes
