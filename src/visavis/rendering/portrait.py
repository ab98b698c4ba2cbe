"""Single frames of motion as pictures of one neutral character, for reports."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from visavis.bodies import AnnyBody, shown_as
from visavis.errors import InputError
from visavis.motion.motion import Motion
from visavis.motion.seat import Seat
from visavis.motion.space import MotionSpace
from visavis.motion.spaces import ARKIT
from visavis.rendering.person import Actor
from visavis.rendering.window import Window
from visavis.scene.cameras import HEAD_CENTRE, Camera

VERSION = 2
"""Of how portraits are drawn."""

NEUTRAL = {"hair_style": "bald", "shirt": "#8a9aa3", "face": {"mouth-angles-up": 0.4, "eyebrows-angle-up": 0.4}}
"""Nobody in particular: the average of all phenotypes."""
BACKGROUND = (0.93, 0.92, 0.90)

_FACE = (HEAD_CENTRE - 0.005, 0.16)
_CLOSE = (HEAD_CENTRE - 0.055, 0.12)
_BUST = (-0.26, 0.52)
"""Metres from the head joint up to the middle of the picture, and from there to its edge."""
_AWAY = 2.5
_BATCH = 16
"""Frames whose vertices are found at once."""
_SEAT = Seat((0.0, 1.55, 0.0), 0.0)


@lru_cache(maxsize=2)
def _body(space: MotionSpace) -> AnnyBody:
    return AnnyBody(NEUTRAL, space=space)


class Portraits:
    """Draws frames of motion from the front, square.

    Args:
        space: `arkit` for faces, `arkit-body` for gestures, which are drawn down to the hips.
        size: Width and height in pixels.
        close: Whether a face fills the picture, from the forehead to the chin, so that small pictures can be read.

    Raises:
        InputError: The built-in character does not show the space.
    """

    def __init__(self, space: MotionSpace, size: int = 160, *, close: bool = False) -> None:
        if shown_as(space) is None:
            raise InputError(f"portraits need 'arkit' or 'arkit-body' motion, not {space.name!r}; map the motion first")
        self.space = space
        self._actor = Actor(_body(space), _SEAT)
        face = _CLOSE if close else _FACE
        up, half = face if space.columns == ARKIT.columns else _BUST
        x, y, z = _SEAT.position
        camera = Camera((x, y + up, z + _AWAY), (x, y + up, z), float(2 * np.degrees(np.arctan(half / _AWAY))))
        self._window = Window((size, size))
        self._actor.enter([self._window.view(camera, (0, 0, size, size), BACKGROUND)])

    def draw(self, motion: Motion) -> list[NDArray[np.uint8]]:
        """One picture (size, size, 3) of every frame; the place in the room is left out.

        Raises:
            InputError: The motion is of another space.
        """
        if motion.space.columns != self.space.columns:
            raise InputError(
                f"portraits need motion in {self.space.name}, not {motion.space.name!r}; map the motion first"
            )
        placed = motion.with_columns("translation", np.tile(np.array(_SEAT.position, np.float32), (len(motion), 1)))
        batches = (placed.values[at : at + _BATCH] for at in range(0, len(motion), _BATCH))
        return [self._picture(points) for values in batches for points in self._actor.points(values)]

    def _picture(self, points: NDArray[np.float32]) -> NDArray[np.uint8]:
        self._actor.move(points)
        return self._window.draw()

    def close(self) -> None:
        """Frees the window."""
        self._window.close()
