"""What the readers of published corpora share: validation of untrusted files, with errors that say what to do."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from visavis import tables
from visavis.conversation import Conversation, Track, Utterance
from visavis.errors import InputError
from visavis.reading import read_array, regular_file, shown

Recordings = dict[str, Callable[[], Conversation]]
"""What a reader gives: the ids of all conversations, and how to read each when its turn comes."""

SPEAKING_FPS = 25.0


def need_folder(folder: Path, holds: str) -> Path:
    """`folder`, if it is one.

    Raises:
        InputError: It is not; the message says what it should hold.
    """
    if not folder.is_dir():
        what = "is a file" if folder.exists() else "no such folder"
        raise InputError(f"{folder}: {what}; pass the folder that contains {holds}")
    return folder


def need_file(path: Path, remedy: str) -> Path:
    """`path`, if it is a file.

    Raises:
        InputError: It is missing, and the message ends with `remedy`; or it is a pipe or a device.
    """
    if not path.exists():
        raise InputError(f"{shown(path)}: missing; {remedy}")
    return regular_file(path)


def need_name(text: str, where: str) -> str:
    """`text`, if it can be a part of a file's name and stays in the folder that it is looked for in.

    Raises:
        InputError: It is not; the message begins with `where`.
    """
    if not text or text.startswith(".") or not text.isprintable() or set(text) & set("/\\:"):
        raise InputError(f"{where}: {shown(text)[:60]!r} cannot be the name of a file")
    return text


def load_array(path: Path, shape: Sequence[int | None], kinds: str = "fiu", *, mapped: bool = False) -> NDArray[Any]:
    """A ``.npy`` array, checked; nothing pickled is read.

    Args:
        path: The file.
        shape: What it must have; None is any length.
        kinds: NumPy's letters of the dtypes allowed: numbers unless given, ``U`` and ``S`` for text.
        mapped: Leave it on disk until rows are asked for, whatever its size; only otherwise numbers are known to be
            finite.

    Raises:
        InputError: The file is missing or broken, or holds something else.
    """
    need_file(path, "it belongs to the corpus; unpack the download again")
    array = read_array(path, mapped=mapped)
    fits = array.ndim == len(shape) and all(want in (None, have) for want, have in zip(shape, array.shape, strict=True))
    if not fits or array.dtype.kind not in kinds:
        wanted = " x ".join("any" if want is None else str(want) for want in shape)
        raise InputError(f"{path}: has type {array.dtype} and shape {array.shape}; {wanted} is needed")
    if not mapped and array.dtype.kind == "f" and not np.isfinite(array).all():
        where = tuple(np.argwhere(~np.isfinite(array))[0].tolist())
        raise InputError(f"{path}: is not finite at {where}, counted from 0; get an intact copy, or correct it there")
    return array


def read_table(path: Path, columns: Iterable[str]) -> list[tuple[int, dict[str, str]]]:
    """The rows of a CSV file with a header: the number of the line, and text by column.

    Raises:
        InputError: It is missing, is no such table, or lacks one of `columns`.
    """
    table = tables.read_table(need_file(path, "it belongs to the corpus; unpack the download again"))
    for name in columns:
        if name not in table.header:
            raise InputError(f"{path}: has no column {name!r}; it has {', '.join(table.header[:99]) or 'none'}")
    rows = []
    for number, cells in table.rows:
        row = dict(zip(table.header, cells, strict=False))
        for name in columns:
            if name not in row:
                raise InputError(f"{path}, line {number}: has no value for {name!r}")
        rows.append((number, row))
    return rows


def seconds(text: str, path: Path, line: int, column: str) -> float:
    """A time in a table.

    Raises:
        InputError: It is no number of seconds at or after zero.
    """
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < 1e6:
        raise InputError(f"{path}, line {line}: {column!r} is {text[:40]!r}; seconds from 0 are needed")
    return value


def plain_id(text: str) -> str:
    """`text` with every character that an id cannot have replaced."""
    return "".join(c if c.isascii() and (c.isalnum() or c in "._-") else "-" for c in text).strip(".-") or "unnamed"


def speaks_all_along(duration: float, *, yes: bool) -> Track:
    """The `speaking` track of somebody whose role does not change: 1 for the speaker, 0 for the listener."""
    frames = round(duration * SPEAKING_FPS)
    return Track(np.full(frames, float(yes), np.float32), SPEAKING_FPS, ("speaking",))


def speaking_in(utterances: Iterable[Utterance], duration: float) -> Track:
    """The `speaking` track that is 1 within utterances and 0 outside."""
    values = np.zeros(round(duration * SPEAKING_FPS), np.float32)
    for utterance in utterances:
        values[round(utterance.start * SPEAKING_FPS) : round(utterance.end * SPEAKING_FPS)] = 1.0
    return Track(values, SPEAKING_FPS, ("speaking",))


def provenance(reader: str, licence: str, *, session: str, split: str | None = None, **more: Any) -> dict[str, Any]:
    """Where a conversation comes from.

    Args:
        reader: Name of the reader.
        licence: Under which terms it may be used.
        session: What belongs together: split train and test by it, or the same person is in both.
        split: The published one, if there is one.
        more: Whatever else is known.
    """
    return {"source": reader, "licence": licence, "session": session, "split": split, **more}
