"""The amount of movement, changed after generation: a stiller or livelier version of the same motion."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d

from visavis.conversation import Conversation
from visavis.errors import InputError
from visavis.models.base import BehaviorModel
from visavis.models.cues import seat_of
from visavis.models.preprocessing import placed_motion, to_seat_frame
from visavis.motion import ARKIT, ARKIT_BODY, MotionSpace

Array = NDArray[np.float32]
SLOW = 4.0
"""Seconds of the moving average that stillness leads to."""
MOST = 2.0
"""Greatest intensity."""


def check_liveliness(stillness: float, intensity: float) -> None:
    """Raises `InputError` unless both are in range."""
    if not 0 <= stillness <= 1:
        raise InputError(f"a stillness of {stillness:g}; expected 0 (as the model moves) to 1 (hardly at all)")
    if not 0 <= intensity <= MOST:
        raise InputError(f"an intensity of {intensity:g}; expected 0 to {MOST:g}; 1 is as learnt")


def livelier(
    conversation: Conversation, model: BehaviorModel, people: Sequence[int], *, stillness: float, intensity: float
) -> Conversation:
    """The conversation with larger or smaller movements of the people whom a model has moved.

    They move about the model's resting pose, or about their mean pose where the model knows of none, as of arms.
    """
    changed = list(conversation.participants)
    for i in people:
        motion = changed[i].motion
        assert motion is not None
        seat = seat_of(conversation, i, motion.space)
        values = to_seat_frame(motion.values, seat, motion.space)
        rest = values.mean(0)
        if (known := model.rest_pose()) is not None:  # of the model's columns; the plan may have added a body
            rest[motion.space.indices(model.space.names)] = known
        scaled = scale_motion(values, rest, motion.space, motion.fps, stillness=stillness, intensity=intensity)
        changed[i] = replace(changed[i], motion=placed_motion(scaled, seat, motion.space, motion.fps))
    provenance = {**conversation.provenance, "liveliness": {"stillness": stillness, "intensity": intensity}}
    return replace(conversation.with_participants(*changed), provenance=provenance)


def scale_motion(
    values: Array, rest: Array, space: MotionSpace, fps: float, *, stillness: float = 0.0, intensity: float = 1.0
) -> Array:
    """Motion (T, D) with larger or smaller, fewer or no movements.

    Args:
        values: In the space's units.
        rest: (D,) the pose about which the person moves.
        space: Names the columns. Blinks stay as they are: a face that never blinks looks dead, not still.
        fps: Frames per second.
        stillness: 0 leaves the motion as it is, 1 leaves only its slow drift (a moving average over `SLOW` seconds).
        intensity: Factor on the distance from `rest`, 1 as it is, 0 the resting pose. Trunk, arms and hands never get
            further from it than they were: they would go through tables and each other.

    Raises:
        InputError: An option is out of range.
    """
    check_liveliness(stillness, intensity)
    factor = np.full(space.dim, intensity, np.float32)
    if space.columns == ARKIT_BODY.columns:
        factor[ARKIT.dim :] = min(intensity, 1.0)
    changed = rest + factor * (values - rest)
    if stillness:
        slow = uniform_filter1d(changed, max(1, round(SLOW * fps)), axis=0, mode="nearest")
        changed = slow + (1 - stillness) * (changed - slow)
    blinks = [i for i, name in enumerate(space.names) if "blink" in name.lower()]
    changed[:, blinks] = values[:, blinks]
    return changed.astype(np.float32)
