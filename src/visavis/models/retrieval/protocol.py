"""The types of retrieval: a reaction in words, clips of listeners, and encoders that compare the two."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from visavis.motion import Motion

Array = NDArray[np.float32]
Pictures = Callable[[Sequence[int]], NDArray[np.uint8]]
"""Pictures (N, H, W, 3) of a face, RGB, at the frames asked for."""


WORTH_SAYING = 0.1
"""Share from which on people are told of what else is likely."""


@dataclass(frozen=True)
class Description:
    """A listener's reaction in words, as a chain of thought gives it (RealTalk, section 3.2).

    Attributes:
        communicates: What the speaker communicates.
        fitting: The expression that is socially fitting.
        expression: The expression under the listener's goal.
        attributes: That expression in a few words each, such as "brows drawn together".
        notes: A line for each thing that was corrected or is doubtful, such as a transcript that was cut.
        likely: Texts that clips are compared with instead of this description's own, and how much each counts (the sum
            is 1), this description's first: what a listener may show where it is not certain. Empty where it is.
    """

    communicates: str
    fitting: str
    expression: str
    attributes: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    likely: tuple[tuple[str, float], ...] = ()

    @property
    def text(self) -> str:
        """Expression and attributes."""
        return " ".join([self.expression.rstrip(". ") + ".", ", ".join(self.attributes)]).strip()

    @property
    def also(self) -> tuple[str, ...]:
        """What else is likely and counts for something, for people to read: percent and text."""
        return tuple(f"{share:.0%} {text}" for text, share in self.likely[1:] if share >= WORTH_SAYING)

    @property
    def compared(self) -> tuple[tuple[str, float], ...]:
        """The texts that clips are compared with, and how much each counts."""
        return self.likely or ((self.text, 1.0),)


@dataclass(frozen=True)
class Moment:
    """A reaction over a part of the speaker's turn, so that a laugh can follow the punch line and not precede it.

    Attributes:
        start: Share of the turn at which it begins, 0 to 1.
        stop: Share at which it ends.
        description: The reaction.
    """

    start: float
    stop: float
    description: Description


class Describes(Protocol):
    """Puts a reaction into words, such as `visavis.models.retrieval.describer.Describer`."""

    def __call__(
        self, transcript: str, goal: str, *, seed: int = 0, situation: Sequence[str] | None = None, before: str = ""
    ) -> Description:
        """The reaction to what is said, by a listener with a goal.

        `situation` tells how it is said, a line each, and `before` what was said earlier.
        """
        ...


@dataclass(frozen=True, eq=False)
class Clip:
    """A stretch of a conversation in which one person listens.

    Attributes:
        conversation: Its id in the corpus.
        listener: ``A`` or ``B``.
        start: Seconds into the conversation.
        stop: Seconds into the conversation.
        motion: The listener's, over the stretch.
        pictures: What the listener's face looks like; None where only the motion is known.
    """

    conversation: str
    listener: str
    start: float
    stop: float
    motion: Motion
    pictures: Pictures | None = None


class ClipEncoder(Protocol):
    """Puts words and clips into one space (RealTalk, section 3.3).

    Attributes:
        name: Tells apart encoders whose vectors cannot be compared, weights included; indexes are made for one name.
        dim: Length D of the vectors.
        portions: P, the equal parts in time into which a clip is embedded besides the whole; 0 for encoders that
            know the whole only.
        sees: Whether clips' pictures are looked at, and not their motion.
    """

    name: str
    dim: int
    portions: int
    sees: bool

    def embed_texts(self, texts: Sequence[str]) -> Array:
        """Unit vectors (N, D).

        Raises:
            InputError: There is nothing to embed in a text.
        """
        ...

    def embed_clips(self, clips: Sequence[Clip]) -> Array:
        """Vectors (N, 1 + P, D): of the whole clip, then of its parts in order of time.

        Each is a unit vector, or the mean of the unit vectors of several pictures, which is shorter.

        Raises:
            InputError: A clip has not what the encoder reads, such as pictures.
        """
        ...


def embed_description(encoder: ClipEncoder, description: Description) -> Array:
    """What clips are compared with (D,): the mean of the vectors of all that is likely, by how much each counts.

    Raises:
        InputError: There is nothing to embed in a text.
    """
    texts, shares = zip(*description.compared, strict=True)
    return np.asarray(shares, np.float32) @ encoder.embed_texts(texts)
