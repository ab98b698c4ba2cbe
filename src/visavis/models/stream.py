"""Frame-by-frame motion, for models with a bounded lookahead."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from visavis.motion import Motion


@dataclass(frozen=True)
class Cues:
    """What has newly become known, of both people.

    Attributes:
        audio: Per person the newest samples of the own voice, float32 (S,), 16 kHz; any number of them.
        motion: Per person the newest frames of motion, where they are seen.
        state: Whatever controls of the model change from now on.
    """

    audio: tuple[NDArray[np.float32] | None, NDArray[np.float32] | None] = (None, None)
    motion: tuple[Motion | None, Motion | None] = (None, None)
    state: dict[str, float | str] = field(default_factory=dict)


class Stream(Protocol):
    """A conversation that goes on."""

    def push(self, cues: Cues) -> tuple[Motion | None, Motion | None]:
        """Takes what is new and gives the frames that are now decided; None for whoever is not moved.

        Raises:
            InputError: A cue is in another space or at another rate.
        """
        ...
