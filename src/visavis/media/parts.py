"""Where one recording ends and the next begins in a file that was made by joining files (``cat a.wav b.wav``).

FFmpeg stops where the first recording says that it ends, or at the joint where the next has another codec or other
parameters. Read one by one, all of it is served; what is no recording is told.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import BinaryIO, NamedTuple

from visavis.media.boxes import FIRST_BOXES, at
from visavis.media.ends import end_of, tag_length
from visavis.media.starts import next_start, starts

_UNKNOWN = 2**31
"""From here on, sizes in WAV headers mean that the writer did not know: it wrote into a pipe."""
_BLOCK = 2**16
_MOST_PARTS = 1000
_MOST_PADDING = 2**24
"""Bytes; who lets gigabytes of nothing follow a recording wants us to wait."""
_LEAST = 1024
"""Bytes after a recording that are worth a word: fewer are some program's mark, not sound."""


class _Parts(NamedTuple):
    """Recordings in a file, and how many bytes after the last are none."""

    spans: tuple[range, ...]
    rest: int


def parts_of(path: Path) -> tuple[range, ...]:
    """The bytes of each recording in a file, in order; one range for a file that was not joined."""
    return _looked_at(path).spans


def rest_of(path: Path) -> int:
    """Bytes after the last recording in a file that are none known here, and neither a tag nor padding."""
    return _looked_at(path).rest


def _looked_at(path: Path) -> _Parts:
    status = path.stat()
    return _parts(path, status.st_size, status.st_mtime_ns)


@functools.lru_cache(64)
def _parts(path: Path, size: int, changed: int) -> _Parts:
    begins, rest = [0], 0
    with path.open("rb") as file:
        while begins[-1] < size and len(begins) < _MOST_PARTS:
            end = end_of(file, begins[-1], size)
            place = end.place
            if end.known and not starts(file, place, size):
                place = _past_tags(file, place, size)
            if place >= size:
                break
            following = place if end.known and starts(file, place, size) else next_start(file, place, size)
            if following is None:
                rest = size - place if end.known else 0
                break
            begins.append(following)
    if len(begins) == _MOST_PARTS:  # what would come after is left out, and told
        rest = size - begins.pop()
    rest = rest if rest >= _LEAST else 0
    spans = tuple(range(a, b) for a, b in zip(begins, [*begins[1:], size - rest], strict=True))
    return _Parts(spans, rest)


def is_cut_off(path: Path, part: range) -> bool:
    """Whether a WAV file is shorter than its header says, or an Ogg file lacks its last page; FFmpeg tells neither."""
    with path.open("rb") as file:
        head = at(file, part.start, 8)
        if head[:4] == b"RIFF":
            declared = int.from_bytes(head[4:], "little")
            return len(part) + 1 < declared + 8 < _UNKNOWN
        if head[:4] == b"OggS":
            file.seek(max(part.start, part.stop - 70_000))  # a page has at most 65,307 bytes
            tail = file.read(part.stop - file.tell())
            page = tail.rfind(b"OggS")
            return not (0 <= page < len(tail) - 5 and tail[page + 5] & 4)
    return False


def _past_tags(file: BinaryIO, place: int, size: int) -> int:
    """Where padding, titles and the like end that programs put after a recording."""
    last = place + _MOST_PADDING
    while place < min(size, last):
        length = _tag(file, place)
        if not length:
            return place
        place += length
    return min(place, size)


def _tag(file: BinaryIO, place: int) -> int:
    """Bytes of the tag or padding that begins here; 0 where none does."""
    block = at(file, place, _BLOCK)
    if padding := len(block) - len(block.lstrip(b"\0\r\n ")):
        for zeros in range(1, min(3, padding) + 1):  # of the length with which a box begins
            if block[padding - zeros + 4 : padding - zeros + 8] in FIRST_BOXES:
                return padding - zeros
        return padding
    if block[:3] == b"ID3":
        return tag_length(block)
    if block[:3] == b"TAG":
        return 227 if block[3:4] == b"+" else 128
    if block[:8] == b"APETAGEX":
        length, flags = (int.from_bytes(block[i : i + 4], "little") for i in (12, 20))
        return length + (32 if flags >> 29 & 1 else 0)  # the size counts the footer, not the header
    if block[:4] in (b"LIST", b"id3 ", b"ID3 ", b"JUNK", b"bext", b"iXML", b"_PMX", b"cue ", b"smpl", b"fact", b"PAD "):
        return 8 + int.from_bytes(block[4:8], "little")
    if block[4:8] in (b"free", b"skip", b"wide", b"uuid", b"udta", b"meta"):
        return int.from_bytes(block[:4], "big") or 8
    return 0
