"""Where the programme of an MPEG transport stream changes to other codecs, as in joined files.

FFmpeg goes on with the decoders with which it began.
"""

from __future__ import annotations

import mmap
import re
from collections.abc import Iterator
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from visavis.media.boxes import at

_PACKET = 188
_PROGRAMMES, _LAST_TABLE = 0, 31
"""The address of the list of programmes; up to the latter are those of tables about the whole stream."""
_SYNC = 0x47
_FURTHER = re.compile(rb"(?:G.{187}){4}", re.DOTALL)
_PRIVATE = 6
"""The kind of streams whose codec their descriptors tell."""

_Row = NDArray[np.uint8]


def starts_packets(file: BinaryIO, place: int) -> bool:
    """Whether a transport stream begins here."""
    return at(file, place, 2 * _PACKET + 1)[::_PACKET] == b"GGG"


def codecs_change(file: BinaryIO, begin: int, size: int) -> int | None:
    """The place at which a stream goes on with another codec under the same address; None if none does."""
    count = (size - begin) // _PACKET
    rows: Any = np.memmap(file, np.uint8, "r", begin, (count, _PACKET))
    address = (rows[:, 1] & 31).astype(np.uint16) << 8 | rows[:, 2]
    starting = (rows[:, 0] == _SYNC) & (rows[:, 1] & 0x40 != 0)
    lists = np.flatnonzero(starting & (address == _PROGRAMMES))
    wanted = next(_programme(rows[lists[0]]), None) if len(lists) else None
    first: dict[int, bytes] = {}
    for i in np.flatnonzero(starting & (address == wanted)) if wanted is not None else ():
        found = dict(_codecs(rows[i]))
        first = first or found
        if any(found.get(stream, codec) != codec for stream, codec in first.items()):
            while i > 0 and address[i - 1] <= _LAST_TABLE:  # the list that names this table comes before it
                i -= 1
            return begin + int(i) * _PACKET
    return None


def last_packet(file: BinaryIO, begin: int, size: int) -> int | None:
    """The end of the last packet, where something else follows; None where FFmpeg finds further ones."""
    rows: Any = np.memmap(file, np.uint8, "r", begin, ((size - begin) // _PACKET, _PACKET))
    synced = rows[:, 0] == _SYNC
    runs = np.flatnonzero(synced[2:] & synced[1:-1] & synced[:-2])
    if not len(runs):
        return None
    place = begin + (int(runs[-1]) + 3) * _PACKET
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return None if size - place < _PACKET or _FURTHER.search(content, place) else place


def _section(row: _Row) -> bytes:
    """The table that a packet begins, as far as it is in it."""
    payload = 4 + (1 + int(row[4]) if row[3] & 0x20 else 0)
    if payload >= _PACKET:
        return b""
    return bytes(row[payload + 1 + int(row[payload]) :])


def _programme(row: _Row) -> Iterator[int]:
    """The addresses of the tables of each programme."""
    table = _section(row)
    for place in range(8, min(3 + _length(table, 1) - 4, len(table) - 3), 4):
        if table[place : place + 2] != b"\0\0":
            yield _length(table, place + 2) | (table[place + 2] & 16) << 8


def _codecs(row: _Row) -> Iterator[tuple[int, bytes]]:
    """The streams of a programme: the address of each, and what tells its codec."""
    table = _section(row)
    if table[:1] != b"\2" or len(table) < 12:
        return
    place = 12 + _length(table, 10)
    while place + 5 <= min(3 + _length(table, 1) - 4, len(table)):
        described = _length(table, place + 3)
        kind, descriptors = table[place], table[place + 5 : place + 5 + described]
        yield (table[place + 1] & 31) << 8 | table[place + 2], bytes([kind]) + descriptors * (kind == _PRIVATE)
        place += 5 + described


def _length(table: bytes, place: int) -> int:
    """A number of 12 bits."""
    return (table[place] & 15) << 8 | table[place + 1] if place + 1 < len(table) else 0
