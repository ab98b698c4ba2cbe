"""The boxes of which MP4 and QuickTime files are made."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

FIRST_BOXES = (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot")
"""With which such a file may begin; old ones of QuickTime have no ``ftyp``."""

MOST_PIECES = 1_000_000
"""Boxes and pages that are gone through, far more than hours of recording have."""


def boxes(file: BinaryIO, begin: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """The boxes between two places of an MP4 or QuickTime file: kind, where the content begins and where it ends.

    The last may claim to end past `end`, in a file that is cut off.
    """
    for _ in range(MOST_PIECES):
        if begin + 8 > end:
            return
        head = at(file, begin, 16)
        size, kind, content = int.from_bytes(head[:4], "big"), head[4:8], begin + 8
        if size == 1:
            size, content = int.from_bytes(head[8:16], "big"), begin + 16
        elif size == 0:
            size = end - begin
        if begin + size < content:
            return
        yield kind, content, begin + size
        begin += size


def references(file: BinaryIO, size: int) -> bool:
    """Whether tracks of an MP4 or QuickTime file lie in other files, which it names."""
    inside = [(0, size)] if at(file, 0, 8)[4:] in FIRST_BOXES else []
    for _ in range(MOST_PIECES):
        if not inside:
            break
        begin, stop = inside.pop()
        for kind, content, claimed in boxes(file, begin, stop):
            end = min(claimed, stop)
            if kind in (b"moov", b"trak", b"mdia", b"minf", b"dinf"):
                inside.append((content, end))
            elif kind == b"dref":  # version, flags and count, then boxes; the last flag says: in this file
                for _, entry, last in boxes(file, content + 8, end):
                    if min(last, end) - entry > 4 and not at(file, entry, 4)[3] & 1:
                        return True
    return False


def at(file: BinaryIO, place: int, count: int) -> bytes:
    """So many bytes from a place on, zeros past the file's end."""
    file.seek(place)
    return file.read(count).ljust(count, b"\0")
