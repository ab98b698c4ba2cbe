"""One person's motion as read from a file of any format."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from visavis.motion import Motion


@dataclass(frozen=True)
class Person:
    """One person's motion as a file has it.

    Attributes:
        motion: It.
        partner: The other person's motion, or the name of the file that has it.
        roles: By role, the frames (T,) in which the person has it; empty if not said.
        conversation: Which conversation it is from; empty if not said.
    """

    motion: Motion
    partner: Motion | str | None = None
    roles: Mapping[str, NDArray[np.bool_]] = field(default_factory=dict)
    conversation: str = ""
