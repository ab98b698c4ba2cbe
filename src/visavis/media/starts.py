"""Where recordings begin among bytes: by signatures, or by what frames of unsigned streams look like."""

from __future__ import annotations

import mmap
import re
from typing import BinaryIO

from visavis.media.boxes import FIRST_BOXES, at, boxes
from visavis.media.transport import starts_packets

ASF = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")
W64 = bytes.fromhex("726966662e91cf11a5d628db04c10000")
EBML = bytes.fromhex("1a45dfa3")

_SIGNED = re.compile(
    rb"RIFF.{4}(?:WAVE|AVI )|RF64.{4}WAVE|BW64.{4}WAVE|FORM.{4}AIF[FC]|OggS\0\x02|fLaC\0\0\0\x22|#!AMR(?:-WB)?\n"
    rb"|caff\0\x01|ftyp[ -~]{4}\0|\.snd\0\0\0[\x18-\xff]|FLV\x01[\x01\x04\x05]\0\0\0\x09\0{4}|TTA1\x01\0"
    rb"|Creative Voice File\x1a|nut/multimedia container\0|"
    + EBML + rb".{0,40}?\x42\x82.(?:matroska|webm)|" + re.escape(ASF) + b"|" + re.escape(W64),
    re.DOTALL,
)  # fmt: skip
"""How files begin; long enough not to occur in sound or pictures by chance."""

_BITRATES = {  # kbit/s of MPEG audio by whether it is version 1, and layer
    (True, 3): (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (True, 2): (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (False, 3): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (False, 2): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_RATES = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}
"""Samples per second by version."""
_FRAMES = 3
_SEARCHED = 2**28
"""Bytes; beyond that looking takes longer than it is worth, and such a file is refused for its hours mostly."""
_PROGRAMME_STREAM = b"\0\0\1\xba"


def next_start(file: BinaryIO, begin: int, size: int) -> int | None:
    """The first place from `begin` on where a signature says that a recording begins, in files of sensible size."""
    if size - begin > _SEARCHED:
        return None
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        for found in _SIGNED.finditer(content, begin):
            if not found[0].startswith(b"ftyp"):
                return found.start()
            box = found.start() - 4
            if box >= begin and content[box : box + 3] == b"\0\0\0":
                return box
    return None


def starts(file: BinaryIO, place: int, size: int) -> bool:
    """Whether a recording begins right here, signed or not."""
    head = at(file, place, 64)
    if (
        (_SIGNED.match(head) and head[:4] != b"ftyp")
        or head.startswith(_PROGRAMME_STREAM)
        or starts_packets(file, place)
    ):
        return True
    return _starts_boxes(file, place, size) or _starts_frames(file, place, size)


def _starts_boxes(file: BinaryIO, place: int, size: int) -> bool:
    """Whether a QuickTime file begins here, not only a padding."""
    kind = next((kind for kind, _, _ in boxes(file, place, size) if kind not in (b"free", b"skip", b"wide")), b"")
    return kind in FIRST_BOXES


def _starts_frames(file: BinaryIO, place: int, size: int) -> bool:
    """Whether frames of MP3 or AAC follow one another here."""
    for _ in range(_FRAMES):
        if place >= size:
            return True
        length = _frame_length(at(file, place, 6))
        if not length:
            return False
        place += length
    return True


def _frame_length(head: bytes) -> int:
    """Bytes of the frame of MPEG audio or ADTS that begins so; 0 if none does."""
    if head[0] != 0xFF:
        return 0
    if head[1] & 0xF6 == 0xF0:
        return (head[3] & 3) << 11 | head[4] << 3 | head[5] >> 5
    version, layer = head[1] >> 3 & 3, 4 - (head[1] >> 1 & 3)
    bitrate, rate = head[2] >> 4, head[2] >> 2 & 3
    if head[1] & 0xE0 != 0xE0 or version == 1 or layer not in (2, 3) or not 0 < bitrate < 15 or rate == 3:
        return 0
    slots = 72 if layer == 3 and version != 3 else 144
    return slots * 1000 * _BITRATES[version == 3, layer][bitrate - 1] // _RATES[version][rate] + (head[2] >> 1 & 1)
