"""What a model returns: the conversation with people moving, and its provenance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from visavis import __version__
from visavis.conversation import Conversation
from visavis.errors import InputError
from visavis.motion import Motion

_STRIDE = 1_000_003
"""Between the seeds of samples, so that neighbouring seeds of users do not share samples."""


def sample_seed(seed: int, number: int) -> int:
    """The seed of a sample; the first has the seed itself."""
    return seed + _STRIDE * number


def with_motion(conversation: Conversation, moved: Mapping[int, Motion], made: Mapping[str, Any]) -> Conversation:
    """A copy in which people (0 is A, 1 is B) move, with how it was made under ``motion`` (or ``motion_a`` ...).

    Raises:
        InputError: The motion is not finite, since the model's weights are unusable.
    """
    for motion in moved.values():
        if not np.isfinite(motion.values).all():
            raise InputError(f"model {made.get('model')!r} gives motion that is not finite; train it again")
    people = (replace(p, motion=moved[i]) if i in moved else p for i, p in enumerate(conversation.participants))
    record = {**made, "visavis": __version__}
    key = "motion" if len(moved) == 2 else f"motion_{'ab'[next(iter(moved))]}"
    return replace(conversation.with_participants(*people), provenance={**conversation.provenance, key: record})
