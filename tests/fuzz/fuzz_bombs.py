"""Small files that ask for much: memory, time, or a wait without end."""

from __future__ import annotations

import gzip
import io
import json
import os
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import soundfile


def _sparse(path: Path, head: bytes = b"") -> None:
    """20 GB, of which only the head is on the disk."""
    path.write_bytes(head)
    os.truncate(path, 20 * 2**30)


def _header(shape: tuple[int, ...], kind: str = "<f4") -> bytes:
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(file, {"descr": kind, "fortran_order": False, "shape": shape})
    return file.getvalue()


def _zipped(path: Path, name: str, head: bytes, zeros: int) -> None:
    """An archive whose member is a head and as many zeros."""
    archive = zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1)
    with archive, archive.open(name, "w", force_zip64=True) as file:
        file.write(head)
        for _ in range(zeros // 2**24):
            file.write(bytes(2**24))


def _wav_header(size: int, rate: int = 16_000, channels: int = 1) -> bytes:
    form = struct.pack("<IHHIIHH", 16, 1, channels, rate, min(2**32 - 1, 2 * rate * channels), 2 * channels % 65536, 16)
    return b"RIFF" + struct.pack("<I", size) + b"WAVEfmt " + form + b"data" + struct.pack("<I", size)


def _silence(path: Path) -> None:
    """Ten hours in half a megabyte."""
    with soundfile.SoundFile(path, "w", 8000, 1, "PCM_16", format="FLAC") as file:
        for _ in range(60):
            file.write(np.zeros(600 * 8000, np.int16))


def _png(path: Path, width: int, height: int) -> None:
    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    data = chunk(b"IDAT", zlib.compress(bytes(10**6), 9))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + head + data + chunk(b"IEND", b""))


def _glb(path: Path, count: int) -> None:
    scene = {
        "asset": {"version": "2.0"}, "buffers": [{"byteLength": 4}], "bufferViews": [{"buffer": 0, "byteLength": 4}],
        "accessors": [{"bufferView": 0, "componentType": 5126, "count": count, "type": "VEC4"}],
        "meshes": [{"primitives": [{"attributes": {"POSITION": 0}}]}], "nodes": [{"mesh": 0, "children": [0]}],
    }  # fmt: skip
    text = json.dumps(scene).encode()
    text += b" " * (-len(text) % 4)
    path.write_bytes(b"glTF" + struct.pack("<IIII", 2, 20 + len(text), len(text), 0x4E4F534A) + text)


LAUGHS = "a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n" + "".join(
    f"{b}: &{b} [{', '.join(f'*{a}' for _ in range(10))}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
)
SAFETENSORS = json.dumps({"x": {"dtype": "F32", "shape": [10**6, 10**6], "data_offsets": [0, 4]}}).encode()

BOMBS: Mapping[str, Callable[[Path], object]] = {
    "zeros.npz": lambda p: _zipped(p, "motion.npy", _header((2**30, 1)), 2**32),
    "lies.npz": lambda p: _zipped(p, "motion.npy", _header((10**15,)), 0),
    "objects.npz": lambda p: _zipped(p, "motion.npy", _header((10**9,), "|O"), 0),
    "sparse.npy": lambda p: _sparse(p, _header((5 * 2**30,))),
    "sparse.npz": _sparse,
    "sparse.wav": lambda p: _sparse(p, _wav_header(2**32 - 1)),
    "sparse64.wav": lambda p: _sparse(p, b"RF64" + _wav_header(2**32 - 1)[4:]),
    "fast.wav": lambda p: p.write_bytes(_wav_header(2**31, 2**31 - 1) + bytes(1000)),
    "wide.wav": lambda p: p.write_bytes(_wav_header(2**31, 48_000, 65_535) + bytes(1000)),
    "silence.flac": _silence,
    "large.png": lambda p: _png(p, 60_000, 60_000),
    "endless.png": lambda p: _png(p, 2**31 - 1, 2**31 - 1),
    "large.glb": lambda p: _glb(p, 2**31),
    "deep.json": lambda p: p.write_bytes(b"[" * 10**6),
    "sparse.json": _sparse,
    "digits.json": lambda p: p.write_bytes(b'{"A": ' + b"9" * 10**6 + b"}"),
    "laughs.yaml": lambda p: p.write_text(LAUGHS),
    "deep.yaml": lambda p: p.write_bytes(b"- " * 10**6),
    "sparse.yaml": _sparse,
    "sparse.csv": lambda p: _sparse(p, b"timestamp,jawOpen\n"),
    "wide.csv": lambda p: p.write_bytes(b"a," * 10**6),
    "sparse.mp4": lambda p: _sparse(p, b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom"),
    "zipped.mp4": lambda p: p.write_bytes(gzip.compress(bytes(10**8))),
    "list.m3u8": lambda p: p.write_text("#EXTM3U\n" + f"#EXTINF:9,\n{p}\n" * 1000),
    "pipe.wav": lambda p: os.mkfifo(p),
    "pipe.json": lambda p: os.mkfifo(p),
    "pipe.npz": lambda p: os.mkfifo(p),
    "zero.wav": lambda p: p.symlink_to("/dev/zero"),
    "model.safetensors": lambda p: p.write_bytes(struct.pack("<Q", len(SAFETENSORS)) + SAFETENSORS + bytes(4)),
    "header.safetensors": lambda p: p.write_bytes(struct.pack("<Q", 2**62) + b"{"),
    "sparse.safetensors": _sparse,
    "sparse.parquet": lambda p: _sparse(p, b"PAR1"),
    "sparse.pkl": lambda p: _sparse(p, b"\x80\x04"),
}
"""By file name, what makes it."""
SLOW = frozenset({"zeros.npz", "silence.flac"})
"""Those that take seconds to make."""
