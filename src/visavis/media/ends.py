"""Where a recording ends by the account of its own container."""

from __future__ import annotations

import mmap
from collections.abc import Callable
from typing import BinaryIO, NamedTuple

from visavis.media.boxes import FIRST_BOXES, MOST_PIECES, at, boxes
from visavis.media.starts import ASF, EBML, W64, starts
from visavis.media.transport import codecs_change, last_packet, starts_packets

_NOT_KNOWN = 2**32 - 1
"""As a length, in headers of WAV files that were written into a pipe; 0 may mean the same."""
_SEGMENT, _VOID, _CHECKSUM = bytes.fromhex("18538067"), b"\xec", b"\xbf"
_ASF_OBJECTS = tuple(bytes.fromhex(first) for first in ("3626b275", "90080033", "d329e2d6", "f803b1fe", "d03fb73c"))
"""Of ASF, beside the header: data and the kinds of index."""
_FLV_TAGS = (8, 9, 18)


class End(NamedTuple):
    """Where a recording ends.

    Attributes:
        place: Its end; where that is not known, a place past its beginning.
        known: Whether it is.
    """

    place: int
    known: bool


def end_of(file: BinaryIO, begin: int, size: int) -> End:
    """The end of the recording that begins at a place of a file of `size` bytes."""
    head = at(file, begin, 32)
    if head[4:8] in FIRST_BOXES:
        return _end_of_boxes(file, begin, size)
    for signature, walk in _WALKS:
        if head.startswith(signature):
            return walk(file, begin, size)
    if starts_packets(file, begin):
        change = codecs_change(file, begin, size) or last_packet(file, begin, size)
        return End(begin + 16, False) if change is None else End(change, True)
    if head[:3] == b"ID3":  # what a tag holds is no recording of its own
        return End(min(size, begin + tag_length(head)), False)
    return End(min(size, begin + 16), False)


def tag_length(head: bytes) -> int:
    """Bytes of the ID3v2 tag that begins so."""
    a, b, c, d = (byte & 127 for byte in head[6:10])
    return 10 + (a << 21 | b << 14 | c << 7 | d) + (10 if head[5] & 16 else 0)


def _told(end: int, size: int, inside: int) -> End:
    """The end that a header tells, unless that is past the file's: then the recording is cut off, or of any length."""
    return End(end, True) if inside < end <= size else End(min(inside, size), False)


def _end_of_riff(file: BinaryIO, begin: int, size: int) -> End:
    head = at(file, begin, 12)
    if head[8:12] == b"AVI ":
        return _end_of_avi(file, begin, size)
    if head[8:12] != b"WAVE":
        return End(min(size, begin + 12), False)
    whole, sound = begin + 8 + int.from_bytes(head[4:8], "little"), _NOT_KNOWN
    place = begin + 12
    while place + 8 <= size:
        chunk = at(file, place, 24)
        length = int.from_bytes(chunk[4:8], "little")
        if chunk[:4] == b"ds64":
            whole, sound = (int.from_bytes(chunk[i : i + 8], "little") for i in (8, 16))
            whole += begin + 8
        if chunk[:4] == b"data":
            length = sound if length == _NOT_KNOWN else length
            end = _told(place + 8 + length, size, place + 8)
            return End(max(end.place, whole), True) if end.known and whole <= size else end
        place += 8 + length + length % 2
    return _told(whole, size, begin + 12)


def _end_of_avi(file: BinaryIO, begin: int, size: int) -> End:
    """A list, which may go on in further ones."""
    place = begin
    while place + 12 <= size:
        head = at(file, place, 12)
        if place > begin and (head[:4], head[8:]) != (b"RIFF", b"AVIX"):
            return End(place, True)
        length = int.from_bytes(head[4:8], "little")
        if not length or place + 8 + length > size:
            return End(place + 12, False)
        place += 8 + length + length % 2
    return End(min(place, size), True)


def _end_of_aiff(file: BinaryIO, begin: int, size: int) -> End:
    return _told(begin + 8 + int.from_bytes(at(file, begin + 4, 4), "big"), size, begin + 12)


def _end_of_au(file: BinaryIO, begin: int, size: int) -> End:
    head = at(file, begin, 12)
    header = begin + int.from_bytes(head[4:8], "big")
    return _told(header + int.from_bytes(head[8:12], "big"), size, header)


def _end_of_w64(file: BinaryIO, begin: int, size: int) -> End:
    return _told(begin + int.from_bytes(at(file, begin + 16, 8), "little"), size, begin + 40)


def _end_of_ogg(file: BinaryIO, begin: int, size: int) -> End:
    """Pages follow pages; a new recording starts streams after the first has gone on."""
    place, going_on = begin, False
    for _ in range(MOST_PIECES):
        head = at(file, place, 27 + 255)
        if head[:4] != b"OggS":
            following = -1 if starts(file, place, size) else _find(file, b"OggS", place)
            if following < 0:
                return End(min(place, size), True)
            place = following  # pages between are damaged
            continue
        starts_a_stream = bool(head[5] & 2)
        if starts_a_stream and going_on:
            return End(place, True)
        going_on = going_on or not starts_a_stream
        place += 27 + head[26] + sum(head[27 : 27 + head[26]])
    return End(size, False)


def _find(file: BinaryIO, wanted: bytes, begin: int) -> int:
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return content.find(wanted, begin)


def _end_of_asf(file: BinaryIO, begin: int, size: int) -> End:
    place = begin
    while place + 24 <= size:
        head = at(file, place, 24)
        if place > begin and not head.startswith(_ASF_OBJECTS):
            return End(place, True)
        length = int.from_bytes(head[16:24], "little")
        if length < 24 or place + length > size:
            return End(place + 24, False)
        place += length
    return End(min(place, size), True)


def _end_of_caf(file: BinaryIO, begin: int, size: int) -> End:
    place = begin + 8
    while place + 12 <= size:
        head = at(file, place, 12)
        if not head[:4].isalpha() or starts(file, place, size):
            return End(place, True)
        length = int.from_bytes(head[4:12], "big", signed=True)
        if length < 0 or place + 12 + length > size:
            return End(place + 12, False)
        place += 12 + length
    return End(min(place, size), True)


def _end_of_matroska(file: BinaryIO, begin: int, size: int) -> End:
    """A header, and a segment that mostly says how long it is."""
    place = begin
    while place < size:
        name = at(file, place, 12)
        skip = _width(name[0])  # of the element's name
        if name[:skip] not in (EBML, _SEGMENT, _VOID, _CHECKSUM) or (name[:skip] == EBML and place > begin):
            return End(place, True)
        width = _width(name[skip])
        length = int.from_bytes(name[skip : skip + width], "big") & (1 << 7 * width) - 1
        body = place + skip + width
        if width > 8 or length == (1 << 7 * width) - 1 or body + length > size:
            return End(min(body, size), False)
        place = body + length
    return End(size, True)


def _end_of_flv(file: BinaryIO, begin: int, size: int) -> End:
    """Tags of sound, pictures and data, each followed by its length."""
    place = begin + 13
    while place + 11 <= size:
        tag = at(file, place, 11)
        if tag[0] & 31 not in _FLV_TAGS or tag[8:] != b"\0\0\0":
            return End(place, True)
        place += 15 + int.from_bytes(tag[1:4], "big")
    return _told(place, size, begin + 13)


def _width(first: int) -> int:
    """Bytes of a number in EBML that begins with this one; 9 where it is none."""
    return 9 - first.bit_length()


def _end_of_boxes(file: BinaryIO, begin: int, size: int) -> End:
    """Each recording has one ``moov``: a second belongs to another, which begins where this one has all it needs."""
    place, seen, complete = begin, set[bytes](), 0
    for kind, content, end in boxes(file, begin, size):
        if place > begin and (kind == b"ftyp" or not _is_box(kind) or _is_other(file, place)):
            return End(place, True)
        if end > size or (end == size and int.from_bytes(at(file, place, 4), "big") == 0):
            return End(content, False)
        if {b"moov", b"mdat"} <= seen and not complete and kind in FIRST_BOXES:
            complete = place
        if kind == b"moov" and b"moov" in seen:
            return End(place if b"moof" in seen else complete or place, True)
        seen.add(kind)
        place = end
    return End(place, True)


def _is_box(kind: bytes) -> bool:
    return all(32 <= c < 127 or c == 0xA9 for c in kind)


def _is_other(file: BinaryIO, place: int) -> bool:
    """Whether what would be a box of a gigabyte is the beginning of another file."""
    return at(file, place, 4) in (b"RIFF", b"RF64", b"BW64", b"FORM", b"OggS", b"fLaC", b"caff", b"#!AM", EBML)


_WALKS: tuple[tuple[bytes, Callable[[BinaryIO, int, int], End]], ...] = (
    (b"RIFF", _end_of_riff),
    (b"RF64", _end_of_riff),
    (b"BW64", _end_of_riff),
    (b"FORM", _end_of_aiff),
    (b".snd", _end_of_au),
    (W64, _end_of_w64),
    (b"OggS", _end_of_ogg),
    (ASF, _end_of_asf),
    (b"caff", _end_of_caf),
    (EBML, _end_of_matroska),
    (b"FLV\1", _end_of_flv),
)
