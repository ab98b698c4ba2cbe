"""Still pictures that are what they say, and those that are not."""

from __future__ import annotations

import struct
import zlib
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from visavis.errors import InputError
from visavis.media.stills import opened_still
from visavis.workflows.info import describe


def png(path: Path, width: int, height: int, rows: int = 1) -> Path:
    """Announces any size, and holds a few rows."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    content = zlib.compress(bytes((min(width, 100_000) + 1) * rows))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", content) + chunk(b"IEND", b""))
    return path


@pytest.mark.parametrize(
    ("width", "height"), [(50_000, 50_000), (2**31 - 1, 2**31 - 1), (10_001, 10_000), (2**31 - 1, 1)]
)
@pytest.mark.parametrize("suffix", ["png", "jpg"])
def test_picture_bombs_are_refused_by_their_header(tmp_path, suffix, width, height):
    path = png(tmp_path / f"x.{suffix}", width, height)
    for read in (describe, _pixels):
        with pytest.raises(InputError, match=r"at most 100 million|not an intact picture") as caught:
            read(path)
        assert "\n" not in str(caught.value)


def _pixels(path: Path) -> np.ndarray:
    with opened_still(path) as image:
        return np.asarray(image.convert("RGB"))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF"])
def test_pictures_of_common_kinds_are_read(tmp_path, kind):
    Image.fromarray(np.full((48, 64, 3), 99, np.uint8)).save(tmp_path / "x", kind)
    assert _pixels(tmp_path / "x").shape == (48, 64, 3)


@pytest.mark.parametrize(
    "content", [b"", b"hello", b"\x89PNG\r\n\x1a\n", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n"]
)
def test_what_is_no_picture_is_one_line(tmp_path, content):
    (tmp_path / "x.png").write_bytes(content)
    with pytest.raises(InputError, match="not an intact picture"):
        _pixels(tmp_path / "x.png")


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "TIFF", "BMP"])
def test_damaged_pictures_are_one_line_or_are_read(tmp_path, kind):
    rng = np.random.default_rng(0)
    Image.fromarray(rng.integers(0, 255, (48, 64, 3), dtype=np.uint8)).save(tmp_path / "x", kind)
    whole = (tmp_path / "x").read_bytes()
    for _ in range(60):
        content = bytearray(whole[: rng.integers(len(whole) // 2, len(whole) + 1)])
        for at in rng.integers(0, len(content), 8):
            content[at] = rng.integers(256)
        (tmp_path / "y").write_bytes(content)
        with suppress(InputError):
            assert _pixels(tmp_path / "y").ndim == 3
