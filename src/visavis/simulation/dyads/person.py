"""What the behaviour layers know about one person in a conversation, sampled per frame."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from visavis.behavior.curves import Array
from visavis.conversation import Interval, Word
from visavis.simulation.dyads.people import Traits
from visavis.simulation.dyads.turns import Planned, Turn


@dataclass
class SimulatedPerson:
    """One person in a conversation.

    Attributes:
        person: 0 or 1.
        traits: The person's habits.
        spurts: What the person says.
        turns: When the person holds the floor.
        words: On the conversation's clock.
        phones: Likewise, gapless with silence.
        speaking: bool (T,).
        holds: bool (T,), whether the person holds the floor.
        energy: Loudness (T,), 0 in silence to about 1.
        pitch: Semitones about the person's usual pitch (T,), 0 where unvoiced.
        mood: Valence and arousal (T, 2).
    """

    person: int
    traits: Traits
    spurts: list[Planned]
    turns: list[Turn]
    words: tuple[Word, ...]
    phones: tuple[Interval, ...]
    speaking: NDArray[np.bool_]
    holds: NDArray[np.bool_]
    energy: Array
    pitch: Array
    mood: Array

    @property
    def frames(self) -> int:
        """Number of frames."""
        return len(self.speaking)

    @property
    def backchannels(self) -> list[Planned]:
        """The acknowledgements among the spurts."""
        return [s for s in self.spurts if s.kind == "backchannel"]

    def said(self, texts: frozenset[str]) -> list[Word]:
        """The words that are among `texts`."""
        return [w for w in self.words if w.text.lower().strip(".,!?") in texts]
