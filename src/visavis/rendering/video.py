"""The video: both people in one room, wide and close, with their voices."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from visavis.conversation.conversation import Conversation
from visavis.errors import InputError
from visavis.rendering.stage import Stage


def render_frame(conversation: Conversation, frame: int, size: tuple[int, int] = (1280, 720)) -> NDArray[np.uint8]:
    """One picture of the conversation.

    Args:
        conversation: Both people need motion in the `arkit` space.
        frame: Index into their motion.
        size: Width and height in pixels.

    Returns:
        uint8 (height, width, 3).
    """
    stage = Stage(conversation, size)
    try:
        return np.ascontiguousarray(
            stage.draw(
                [actor.points(_values(p.motion, frame))[0] for actor, p in zip(stage.people, conversation, strict=True)]
            )
        )
    finally:
        stage.close()


def _values(motion, frame):  # noqa: ANN001, ANN202
    if not 0 <= frame < len(motion):
        raise InputError(f"frame {frame} of a motion of {len(motion)} frames")
    return motion.values[frame : frame + 1]
