"""Frame-by-frame motion, for models with a bounded lookahead."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from visavis.models.base import Cue
from visavis.motion import Motion

STREAMED: Final[frozenset[Cue]] = frozenset({"audio", "partner_motion", "state"})
"""Cues that a stream can be given; what else a model reads, it has to do without."""


@dataclass(frozen=True)
class Cues:
    """What has newly become known, of both people.

    Attributes:
        audio: Per person the newest samples of the own voice, float32 (S,), 16 kHz; any number of them.
        motion: Per person the newest frames of motion, where they are seen; None where there are none.
        state: Whatever controls of the model change from now on.
    """

    audio: tuple[NDArray[np.float32] | None, NDArray[np.float32] | None] = (None, None)
    motion: tuple[Motion | None, Motion | None] = (None, None)
    state: dict[str, float | str] = field(default_factory=dict)


class Stream(Protocol):
    """A conversation that goes on.

    How what is pushed is cut into pieces does not change the frames. The frames of the last `Capabilities.lookahead`
    seconds are decided by what comes after; at the end of a recording push that much silence to get them.
    """

    def push(self, cues: Cues) -> tuple[Motion | None, Motion | None]:
        """Takes what is new and gives the frames that are now decided.

        Returns:
            Per person the frames whose end lies at least `Capabilities.lookahead` in the past and that were not given
            before, often none (a motion of no frames); None for whoever is not moved.

        Raises:
            InputError: A cue is in another space or at another rate.
        """
        ...
