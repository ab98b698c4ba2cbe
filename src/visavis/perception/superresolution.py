"""Enlarges small faces (Talking Together, suppl. 1): by resampling, or by networks of installed packages."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from visavis import plugins
from visavis.errors import InputError

GROUP = "visavis.superresolution"
"""Entry-point group of networks by others: a name and a callable that makes an `Enlarger`."""
RESAMPLING = "resampling"


class Enlarger(Protocol):
    """Enlarges pictures of faces.

    Attributes:
        name: For notes and provenance.
    """

    name: str

    def __call__(self, picture: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
        """The picture at another size.

        Args:
            picture: (H, W, 3), RGB.
            size: Width and height wanted, pixels.

        Returns:
            (height, width, 3).

        Raises:
            InputError: The picture is not of this shape, or a size is below 1.
        """
        ...


class Resampling:
    """Lanczos resampling, which adds no detail: what is blurred stays blurred. It is no super-resolution."""

    name = RESAMPLING

    def __call__(self, picture: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
        """See `Enlarger`."""
        from PIL import Image

        if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] != 3 or 0 in picture.shape:
            raise InputError(f"expected a uint8 image (H, W, 3), not {picture.dtype} {picture.shape}")
        if min(size) < 1:
            raise InputError(f"an image of {size[0]} x {size[1]} pixels; both must be at least 1")
        return np.array(Image.fromarray(picture).resize(size, Image.Resampling.LANCZOS))


def enlarger_names() -> list[str]:
    """All there are, the built-in one first."""
    return [RESAMPLING, *sorted(plugins.installed(GROUP).keys() - {RESAMPLING})]


def get_enlarger(name: str = RESAMPLING, **settings: Any) -> Enlarger:
    """An enlarger by name: ``resampling``, or an installed package's.

    Raises:
        InputError: There is none of that name, or the package that has it cannot be loaded.
    """
    if name == RESAMPLING:
        return Resampling(**settings)
    if name not in enlarger_names():
        raise InputError(
            f"there is no super-resolution method named {name!r}; there are: {', '.join(enlarger_names())}"
        )
    enlarger: Enlarger = plugins.load(plugins.installed(GROUP)[name], f"the super-resolution {name!r}")(**settings)
    return enlarger
