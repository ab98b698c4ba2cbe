"""Where one recording ends and the next begins in a file that was made by joining files (``cat a.wav b.wav``).

FFmpeg reads most such files past the joint. Those listed here it does not: it stops where the first recording says that
it ends, or at the joint where the next has another codec or other parameters. Read one by one, all of it is served.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

_UNKNOWN = 2**31
"""From here on, sizes in WAV headers mean that the writer did not know: it wrote into a pipe."""

_ASF = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")
_W64 = bytes.fromhex("726966662e91cf11a5d628db04c10000")
_EBML = bytes.fromhex("1a45dfa3")
_SIGNED = (b"fLaC\0\0\0\x22", b"#!AMR\n", b"#!AMR-WB\n", b"Creative Voice File\x1a", b"nut/multimedia container\0",
           b"TTA1\1\0", *(b"FLV\1%c\0\0\0\x09\0\0\0\0" % streams for streams in (1, 4, 5)))  # fmt: skip
"""How files begin that say nothing about their length, and in which these bytes do not occur by chance."""

_MOST_PIECES = 1_000_000
"""Boxes and pages that are gone through, far more than hours of recording have."""

_FIRST_BOXES = (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot")


def parts_of(path: Path) -> tuple[range, ...]:
    """The bytes of each recording in a file, in order; one range for a file that was not joined."""
    size = path.stat().st_size
    starts = [0]
    with path.open("rb") as file:
        while starts[-1] < size:
            end = _end(file, starts[-1], size)
            if not end or end >= size or not _follows(file, starts[-1], end):
                break
            starts.append(end)
    return tuple(range(a, b) for a, b in zip(starts, [*starts[1:], size], strict=True))


def boxes(file: BinaryIO, begin: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """The boxes between two places of an MP4 or QuickTime file: kind, where the content begins and where it ends."""
    for _ in range(_MOST_PIECES):
        if begin + 8 > end:
            return
        head = _at(file, begin, 16)
        size, kind, content = int.from_bytes(head[:4], "big"), head[4:8], begin + 8
        if size == 1:
            size, content = int.from_bytes(head[8:16], "big"), begin + 16
        elif size == 0:
            size = end - begin
        if begin + size < content:
            return
        yield kind, content, min(begin + size, end)
        begin += size


def references(file: BinaryIO, size: int) -> bool:
    """Whether tracks of an MP4 or QuickTime file lie in other files, which it names."""
    inside = [(0, size)] if _at(file, 0, 8)[4:] in _FIRST_BOXES else []
    for _ in range(_MOST_PIECES):
        if not inside:
            break
        for kind, content, end in boxes(file, *inside.pop()):
            if kind in (b"moov", b"trak", b"mdia", b"minf", b"dinf"):
                inside.append((content, end))
            elif kind == b"dref":  # version, flags and count, then boxes; the last flag says: in this file
                for _, entry, stop in boxes(file, content + 8, end):
                    if stop - entry > 4 and not _at(file, entry, 4)[3] & 1:
                        return True
    return False


def is_cut_off(path: Path, part: range) -> bool:
    """Whether a WAV file is shorter than its header says, or an Ogg file lacks its last page; FFmpeg tells neither."""
    with path.open("rb") as file:
        head = _at(file, part.start, 8)
        if head[:4] == b"RIFF":
            declared = int.from_bytes(head[4:], "little")
            return len(part) + 1 < declared + 8 < _UNKNOWN
        if head[:4] == b"OggS":
            file.seek(max(part.start, part.stop - 70_000))  # a page has at most 65,307 bytes
            tail = file.read(part.stop - file.tell())
            page = tail.rfind(b"OggS")
            return not (0 <= page < len(tail) - 5 and tail[page + 5] & 4)
    return False


def _at(file: BinaryIO, place: int, count: int) -> bytes:
    file.seek(place)
    return file.read(count).ljust(count, b"\0")


def _end(file: BinaryIO, begin: int, size: int) -> int:
    """Where the recording that begins here ends; 0 where that cannot be known, or need not as FFmpeg reads on."""
    head = _at(file, begin, 32)
    if head[:4] == b"RIFF" and head[8:12] == b"WAVE":  # an AVI may go on in further RIFFs
        length = int.from_bytes(head[4:8], "little")
        return begin + 8 + length + length % 2 if length < _UNKNOWN else 0
    if head[:4] == b"FORM":
        length = int.from_bytes(head[4:8], "big")
        return begin + 8 + length + length % 2
    if head[:16] == _W64:
        return begin + -(-int.from_bytes(_at(file, begin + 16, 8), "little") // 8) * 8
    if head[:4] == b"OggS":
        return _end_of_ogg(file, begin, size)
    if head[:16] == _ASF:
        return _end_of_asf(file, begin, size)
    if head[:4] == b"caff":
        return _end_of_caf(file, begin, size)
    if head[:4] == _EBML:
        return _end_of_matroska(file, begin, size)
    if head[4:8] == b"ftyp":
        return next((body - 8 for kind, body, _ in boxes(file, begin, size) if kind == b"ftyp" and body > begin + 8), 0)
    for signature in _SIGNED:
        if head.startswith(signature):
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
                return max(0, content.find(signature, begin + 1))
    return 0


def _follows(file: BinaryIO, begin: int, end: int) -> bool:
    """Whether what follows is another recording of the kind that began before, not a tag or a padding."""
    first, second = _at(file, begin, 16), _at(file, end, 16)
    if first[:4] in (b"RIFF", b"FORM"):
        return second[:4] == first[:4] and second[8:12] == first[8:12]
    return second[4:8] == first[4:8] if first[4:8] == b"ftyp" else second[:4] == first[:4]


def _end_of_ogg(file: BinaryIO, begin: int, size: int) -> int:
    """Pages follow pages; a new recording starts streams after the first has gone on."""
    at, going_on = begin, False
    for _ in range(_MOST_PIECES):
        head = _at(file, at, 27 + 255)
        if head[:4] != b"OggS":
            return 0
        starts_a_stream = bool(head[5] & 2)
        if starts_a_stream and going_on:
            return at
        going_on = going_on or not starts_a_stream
        at += 27 + head[26] + sum(head[27 : 27 + head[26]])
    return 0


def _end_of_asf(file: BinaryIO, begin: int, size: int) -> int:
    at = begin
    while at + 24 <= size:
        head = _at(file, at, 24)
        if head[:16] == _ASF and at > begin:
            return at
        length = int.from_bytes(head[16:24], "little")
        if length < 24:
            return 0
        at += length
    return 0


def _end_of_caf(file: BinaryIO, begin: int, size: int) -> int:
    at = begin + 8
    while at + 12 <= size:
        head = _at(file, at, 12)
        if head[:4] == b"caff":
            return at
        at += 12 + int.from_bytes(head[4:12], "big")  # -1, to the end, is past every size
    return 0


def _end_of_matroska(file: BinaryIO, begin: int, size: int) -> int:
    """A header, and a segment that mostly says how long it is; where it does not, FFmpeg reads on."""
    at = begin
    for _ in range(_MOST_PIECES):
        if at >= size:
            return 0
        if at > begin and _at(file, at, 4) == _EBML:
            return at
        name = _at(file, at, 12)
        skip = _width(name[0])  # of the element's name
        width = _width(name[skip]) if skip <= 4 else 9
        if width > 8:
            return 0
        length = int.from_bytes(name[skip : skip + width], "big") & (1 << 7 * width) - 1
        if length == (1 << 7 * width) - 1:
            return 0
        at += skip + width + length
    return 0


def _width(first: int) -> int:
    """Bytes of a number in EBML that begins with this one; 9 where it is none."""
    return 9 - first.bit_length()
