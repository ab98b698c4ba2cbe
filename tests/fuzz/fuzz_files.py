"""Files that are well-formed and wrong: arrays, tables, tensors, headers and scenes with other values."""

from __future__ import annotations

import io
import json
import os
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import yaml
from fuzz_strategies import INTEGERS, as_json, as_yaml, faulty_bytes, faulty_values, scalars
from hypothesis import strategies as st
from safetensors import SafetensorError
from safetensors.numpy import load, save_file

Draw = Callable[[st.SearchStrategy[Any]], Any]


_UNWRITABLE = (
    ValueError, TypeError, ArithmeticError, LookupError, RuntimeError, struct.error, SafetensorError, pa.ArrowException,
)  # fmt: skip
"""What writers of good files say of values that they do not write; the file gets faulty bytes then."""


def spoil(draw: Draw, folder: Path) -> Path:
    """One file in a folder gets faults, goes, or becomes something that is no file."""
    bad = draw(st.sampled_from(sorted(path for path in folder.rglob("*") if path.is_file())))
    kind = draw(st.sampled_from(["faults"] * 8 + ["gone", "pipe", "folder", "loop"]))
    if kind == "faults":
        write_faulty(draw, bad, bad)
        return bad
    bad.unlink()
    if kind == "pipe":
        os.mkfifo(bad)
    elif kind == "folder":
        bad.mkdir()
    elif kind == "loop":
        bad.symlink_to(bad)
    return bad


def write_faulty(draw: Draw, good: Path, bad: Path) -> None:
    """A copy of a file with other values where its format is known and that is drawn, else with other bytes."""
    whole = good.read_bytes()
    write = _WRITERS.get(good.suffix)
    bad.unlink(missing_ok=True)
    if write is not None and draw(st.booleans()):
        try:
            write(draw, whole, bad)
            if bad.exists():
                return
        except _UNWRITABLE:
            bad.unlink(missing_ok=True)
    bad.write_bytes(draw(faulty_bytes(whole)))


def _json(draw: Draw, whole: bytes, bad: Path) -> None:
    bad.write_bytes(as_json(draw(faulty_values(json.loads(whole)))))


def _yaml(draw: Draw, whole: bytes, bad: Path) -> None:
    bad.write_bytes(as_yaml(draw(faulty_values(yaml.safe_load(whole)))))


def _csv(draw: Draw, whole: bytes, bad: Path) -> None:
    """Other cells, or a separator that is none."""
    rows = [row.split(",") for row in whole.decode().splitlines()]
    for _ in range(draw(st.integers(1, 4))):
        row = draw(st.sampled_from(rows))
        row[draw(st.integers(0, len(row) - 1))] = str(draw(scalars))
    mark = draw(st.sampled_from([",", ",", ",", ";", "\t", "|", ""]))
    bad.write_bytes("\n".join(mark.join(row) for row in rows).encode("utf-8", "surrogatepass"))


def _npz(draw: Draw, whole: bytes, bad: Path) -> None:
    with np.load(io.BytesIO(whole)) as stored:
        arrays = dict(stored)
    name = draw(st.sampled_from(sorted(arrays)))
    arrays[name] = _other(draw, arrays[name])
    np.savez_compressed(bad, **arrays)


def _npy(draw: Draw, whole: bytes, bad: Path) -> None:
    np.save(bad, _other(draw, np.load(io.BytesIO(whole))))


def _other(draw: Draw, array: Any) -> Any:
    """An array of other values, another shape or another type."""
    changes: list[Callable[[Any], Any]] = [
        lambda a: a[:0] if a.ndim else a[None], lambda a: a[None], lambda a: a.ravel(), lambda a: a.T,
        lambda a: np.full(a.shape, draw(st.sampled_from([np.nan, np.inf, 1e300, -1e30])), a.dtype), lambda a: -a,
        lambda a: a.astype(complex), lambda a: np.array(str(draw(scalars))), lambda a: np.zeros(2**27, "u1"),
        lambda a: a.astype(object), lambda a: np.array(-1), lambda a: a.astype("S3"), lambda a: a[..., :1],
        lambda a: np.concatenate([a, a]), lambda a: a.astype("f8"), lambda a: a.astype("i2"),
    ]  # fmt: skip
    return draw(st.sampled_from(changes))(np.asarray(array))


def _tensors(draw: Draw, whole: bytes, bad: Path) -> None:
    tensors = load(whole)
    if not tensors:
        return
    name = draw(st.sampled_from(sorted(tensors)))
    changed = np.ascontiguousarray(_other(draw, tensors.pop(name)))
    if draw(st.integers(0, 5)):
        tensors[draw(st.sampled_from([name, name, name, "x", ""]))] = changed
    save_file(tensors, bad)


def _table(draw: Draw, whole: bytes, bad: Path) -> None:
    """A table with other values in one column, without it, without rows, or with all rows twice."""
    table = pq.read_table(pa.BufferReader(whole))
    name = draw(st.sampled_from(table.schema.names))
    at = table.schema.names.index(name)
    kind = draw(st.sampled_from(["null", "other", "other", "gone", "twice", "text", "none"]))
    if kind == "gone":
        table = table.drop_columns([name])
    elif kind == "none":
        table = table.slice(0, 0)
    elif kind == "twice":
        table = pa.concat_tables([table, table])
    elif kind == "text":
        table = table.set_column(at, name, pa.array([draw(st.text(max_size=5))] * len(table)))
    else:
        rows = table[name].to_pylist()
        row = draw(st.integers(0, max(0, len(rows) - 1)))
        rows[row : row + 1] = [None if kind == "null" else draw(scalars)]
        table = table.set_column(at, table.schema.field(at), pa.array(rows, table.schema.field(at).type))
    pq.write_table(table, bad)


def _wav(draw: Draw, whole: bytes, bad: Path) -> None:
    """Another number in the header: channels, rate, bytes a second, bytes a frame, bits, sizes, kind of numbers."""
    data = bytearray(whole)
    for _ in range(draw(st.integers(1, 2))):
        at, size = draw(
            st.sampled_from([(4, 4), (16, 4), (20, 2), (22, 2), (24, 4), (28, 4), (32, 2), (34, 2), (40, 4)])
        )
        number = draw(st.sampled_from(INTEGERS)) % 2 ** (8 * size)
        data[at : at + size] = number.to_bytes(size, "little")
    bad.write_bytes(data)


def _png(draw: Draw, whole: bytes, bad: Path) -> None:
    """Another size, depth or colour, with the right checksum."""
    data = bytearray(whole)
    at, size = draw(st.sampled_from([(16, 4), (20, 4), (24, 1), (25, 1), (28, 1)]))
    data[at : at + size] = (draw(st.sampled_from(INTEGERS)) % 2 ** (8 * size)).to_bytes(size, "big")
    data[29:33] = struct.pack(">I", zlib.crc32(data[12:29]))
    bad.write_bytes(data)


def _glb(draw: Draw, whole: bytes, bad: Path) -> None:
    """Another scene, with the right lengths."""
    (length,) = struct.unpack_from("<I", whole, 12)
    text = as_json(draw(faulty_values(json.loads(whole[20 : 20 + length]))))
    text += b" " * (-len(text) % 4)
    rest = whole[20 + length :]
    head = b"glTF" + struct.pack("<III", 2, 20 + len(text) + len(rest), len(text)) + b"JSON"
    bad.write_bytes(head + text + rest)


_WRITERS: dict[str, Callable[[Draw, bytes, Path], None]] = {
    ".json": _json, ".yaml": _yaml, ".csv": _csv, ".npz": _npz, ".npy": _npy, ".safetensors": _tensors,
    ".parquet": _table, ".wav": _wav, ".png": _png, ".glb": _glb,
}  # fmt: skip
