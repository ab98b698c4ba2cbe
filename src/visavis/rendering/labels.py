"""A name in the corner of a close-up, with a dot that lights up while the person speaks."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from visavis.rendering.typography import font

_INK, _QUIET, _SPEAKS = np.array([60, 52, 46]), np.array([176, 166, 156]), np.array([214, 96, 60])


class Label:
    """A name and a dot.

    Args:
        name: What to write; cut after 24 characters.
        left: Pixels from the picture's left edge to the panel's.
        bottom: Pixels from the picture's top to the panel's lower edge.
    """

    def __init__(self, name: str, left: int, bottom: int) -> None:
        from PIL import Image, ImageDraw

        text = name if len(name) <= 24 else f"{name[:23]}…"
        face = font(15, writes=text)
        width = int(face.getlength(text)) + 46
        scale = 4
        plate = Image.new("L", (width * scale, 28 * scale), 0)
        ImageDraw.Draw(plate).rounded_rectangle((0, 0, width * scale - 1, 28 * scale - 1), 14 * scale, fill=255)
        dot = Image.new("L", plate.size, 0)
        ImageDraw.Draw(dot).ellipse([side * scale for side in (12, 9, 22, 19)], fill=255)
        ink = Image.new("L", (width, 28), 0)
        ImageDraw.Draw(ink).text((30, 14), text, font=face, fill=255, anchor="lm")
        self._plate, self._dot = (
            np.asarray(layer.resize((width, 28), Image.Resampling.BOX), np.float32)[..., None] / 255
            for layer in (plate, dot)
        )
        self._ink = np.asarray(ink, np.float32)[..., None] / 255
        self._x, self._y = left + 12, bottom - 28 - 12

    def draw(self, picture: NDArray[np.uint8], speaking: float) -> None:
        """Writes the label into a picture, in place.

        Args:
            picture: uint8 (height, width, 3).
            speaking: 0 to 1.
        """
        height = min(self._plate.shape[0], picture.shape[0] - self._y)
        width = min(self._plate.shape[1], picture.shape[1] - self._x)
        if height <= 0 or width <= 0 or self._y < 0:
            return
        region = picture[self._y : self._y + height, self._x : self._x + width]
        blended = region.astype(np.float32)
        colour = _QUIET + (_SPEAKS - _QUIET) * float(np.clip(speaking, 0, 1))
        for share, rgb in ((0.72 * self._plate, 255.0), (self._ink, _INK), (self._dot, colour)):
            share = share[:height, :width]
            blended += share * (rgb - blended)
        region[:] = blended.astype(np.uint8)
