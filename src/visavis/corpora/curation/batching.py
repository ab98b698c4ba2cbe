"""Images of different sizes in one batch: resize and pad (VENUS, appendix A.4)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from visavis.errors import InputError


@dataclass(frozen=True)
class Fit:
    """How a picture of one size lies in a square.

    Attributes:
        scale: Equation 12: the square's side over the picture's longer side.
        height: Pixels after scaling.
        width: Pixels after scaling.
        top: Equation 13: rows of zeros above.
        left: Equation 13: columns of zeros to the left.
    """

    scale: float
    height: int
    width: int
    top: int
    left: int

    def back(self, points: NDArray[np.floating]) -> NDArray[np.floating]:
        """Points (..., 2), x and y, of the square as points of the picture."""
        restored: NDArray[np.floating] = (points - np.array([self.left, self.top])) / self.scale
        return restored


def fit(height: int, width: int, side: int) -> Fit:
    """Equations 12 and 13; scaled sides are rounded down, as the published code does, but to no less than a pixel.

    Raises:
        InputError: A side is not above 0.
    """
    if min(height, width, side) < 1:
        raise InputError(f"a picture of {width}x{height} cannot be fitted into a square of {side}")
    scale = side / max(height, width)
    # The longer side is exactly `side`, whatever floating point makes of side / longer * longer.
    h, w = (side if size == max(height, width) else max(1, int(scale * size)) for size in (height, width))
    return Fit(scale, h, w, (side - h) // 2, (side - w) // 2)


def resize_and_pad(pictures: Iterable[NDArray[np.uint8]], side: int) -> tuple[NDArray[np.uint8], list[Fit]]:
    """Scales each picture until its longer side is `side` and puts it in the middle of a black square (equation 14).

    Args:
        pictures: uint8 (h, w, 3) each.
        side: S, pixels.

    Returns:
        uint8 (N, S, S, 3), and how each picture lies in its square.

    Raises:
        InputError: A picture has another shape, or no pixels.
    """
    from PIL import Image

    squares: list[NDArray[np.uint8]] = []
    fits: list[Fit] = []
    for number, picture in enumerate(pictures):
        if picture.ndim != 3 or picture.shape[2] != 3 or picture.dtype != np.uint8:
            raise InputError(f"picture {number} is {picture.dtype} {picture.shape}; uint8 (height, width, 3) is needed")
        how = fit(picture.shape[0], picture.shape[1], side)
        square = np.zeros((side, side, 3), np.uint8)
        small = Image.fromarray(picture).resize((how.width, how.height), Image.Resampling.BILINEAR)
        square[how.top : how.top + how.height, how.left : how.left + how.width] = np.asarray(small)
        squares.append(square)
        fits.append(how)
    return np.stack(squares) if squares else np.zeros((0, side, side, 3), np.uint8), fits
