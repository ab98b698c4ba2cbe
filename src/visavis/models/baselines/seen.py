"""What a baseline knows of a conversation, from the point of view of the person who is moved."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Self

import numpy as np
import torch
from torch import Tensor

from visavis.conversation import Conversation
from visavis.models.cues import AudioFeatures, motion_of
from visavis.models.preprocessing import conditioning_audio, frame_count, speaking_of
from visavis.motion import MotionSpace

Voice = Literal["own", "partner", "both"]


@dataclass(frozen=True)
class Seen:
    """What is seen of one person, or of a batch of them with a leading axis; the person's own motion is never part.

    Attributes:
        partner: (T, D) the partner's motion, in the frame of the partner's seat.
        sound: (T, F) audio features of the voice that counts.
        roles: (T, 2) probabilities that the person and that the partner speaks.
    """

    partner: Tensor | None = None
    sound: Tensor | None = None
    roles: Tensor | None = None

    def map(self, function: Callable[[Tensor], Tensor]) -> Self:
        """The function applied to all there is."""
        parts = (self.partner, self.sound, self.roles)
        return type(self)(*(None if part is None else function(part) for part in parts))


@dataclass(frozen=True)
class Example:
    """Somebody to learn from.

    Attributes:
        person: 0 for A, 1 for B.
        motion: (T, D) how the person moves, in the frame of the own seat.
        seen: What is seen meanwhile.
    """

    person: int
    motion: Tensor
    seen: Seen

    def __len__(self) -> int:
        return len(self.motion)


@dataclass(frozen=True)
class Senses:
    """What a baseline looks at and listens to.

    Attributes:
        looks: Whether the partner's motion is seen.
        voice: Whose voice is heard where both are known apart; of both voices the mean of the features.
        encoder: Audio features by name; None: nothing is heard.
        roles: Whether it counts who speaks.
    """

    looks: bool
    voice: Voice
    encoder: str | None
    roles: bool

    def voices(self, person: int) -> tuple[int, ...]:
        """Whose features are averaged."""
        return {"own": (person,), "partner": (1 - person,), "both": (0, 1)}[self.voice]

    def see(self, conversation: Conversation, person: int, space: MotionSpace, fps: float) -> Seen:
        """What is seen from the place of a person.

        Raises:
            InputError: Something is in another space or at another rate.
        """
        partner = motion_of(conversation, 1 - person, space, fps) if self.looks else None
        frames = frame_count(conversation, fps)
        roles = speaking_of(conversation, fps, frames)[[person, 1 - person]].T if self.roles else None
        sound = None if self.encoder is None else self._hear(conversation, person, self.encoder, fps, frames)
        return Seen(*(None if part is None else torch.tensor(part) for part in (partner, sound, roles)))

    def _hear(self, conversation: Conversation, person: int, encoder: str, fps: float, frames: int) -> np.ndarray:
        from visavis.features.audio import get_encoder

        heard = conditioning_audio(conversation)
        # Of one track that both are heard on, features are computed once.
        tracks = {id(heard[i]): heard[i] for i in self.voices(person)}
        found = [AudioFeatures(audio, get_encoder(encoder), fps, frames)(0, frames) for audio in tracks.values()]
        mean: np.ndarray = np.mean(found, 0)
        return mean
