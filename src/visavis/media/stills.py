"""Still pictures, of a size that can be held."""

from __future__ import annotations

import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from visavis.errors import InputError, plainly
from visavis.reading import regular_file

MOST_STILL_PIXELS = 100_000_000
"""Pixels of a picture that is opened; few cameras have more, and ten kilobytes can announce any number."""

_FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF")
"""Others run programs, such as Ghostscript, or are nobody's photographs."""


@contextmanager
def opened_still(path: Path | str) -> Iterator[Any]:
    """A `PIL.Image.Image` whose pixels are read when they are asked for, within the ``with`` block.

    Raises:
        InputError: It is no picture, is damaged, or has more than `MOST_STILL_PIXELS`; also of what fails inside.
    """
    from PIL import Image

    path = regular_file(path)
    try:
        with warnings.catch_warnings(action="ignore", category=Image.DecompressionBombWarning):  # our limit is below
            image = Image.open(path, formats=_FORMATS)
        with image:
            if image.width * image.height > MOST_STILL_PIXELS:
                raise _too_large(path, f"{image.width} x {image.height}")
            yield image
    except InputError:
        raise
    except Image.DecompressionBombError:
        raise _too_large(path, "too many") from None
    except (OSError, SyntaxError, ValueError, EOFError, struct.error, zlib.error) as error:
        raise InputError(f"{path}: not an intact picture ({plainly(error)[:100]})") from None


def _too_large(path: Path, pixels: str) -> InputError:
    most = MOST_STILL_PIXELS // 10**6
    return InputError(f"{path}: has {pixels} pixels, of which at most {most} million are read; scale it down")
