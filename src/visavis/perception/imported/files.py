"""Per-frame results in npz, npy, json or pkl: one file per clip, or one per frame.

Files that hold a whole clip have arrays with a row per frame, or a list with a mapping per frame. Files of one frame
are called ``<frame>.npz`` or ``<frame>_<person>.npz`` (or .npy, .json, .pkl), as are the folders that EMOCA writes.
Frames are numbered from 1, or from 0 if there is a frame 0. No code in a file is ever run.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from visavis.errors import InputError
from visavis.pickles import load_arrays
from visavis.reading import LARGEST_ARRAYS, files_in, read_array, read_arrays, read_json, regular_file

Names = Mapping[str, tuple[tuple[str, ...], int]]
"""By part of a pose: the names it goes by in files, and how many numbers it has."""

_SUFFIXES = (".npz", ".npy", ".json", ".pkl", ".pickle")
_FRAME = re.compile(r"(\d+)(?:_(\d+))?")


def read_frames(path: Path, names: Names, person: int | None = None) -> dict[int, NDArray[np.float32]]:
    """What is known of one person, by frame, counted from 0.

    Args:
        path: A file of a clip, or a folder with one file or one folder per frame.
        names: The parts wanted; what else a file holds is ignored.
        person: Which of a frame's people, where files are numbered by person; the first of each frame unless given.

    Returns:
        For each frame the parts one after the other, (sum of sizes,).

    Raises:
        InputError: The path is missing or holds no results, a file cannot be read or holds code, or a part is missing
            or mis-shaped; the message names the file, the part and the frame.
    """
    if path.is_dir():
        return _from_folder(path, names, person)
    if not path.exists():
        raise InputError(f"{path}: no such file or folder; pass the system's output for this person")
    found = read_file(path)
    if isinstance(found, Sequence) and not isinstance(found, str):
        return {i: _one(entry, names, f"{path}, entry {i}") for i, entry in enumerate(found) if entry is not None}
    return dict(enumerate(_rows(found, names, path)))


def _from_folder(path: Path, names: Names, person: int | None) -> dict[int, NDArray[np.float32]]:
    places: dict[int, Path] = {}
    for place in files_in(path):
        numbered = _FRAME.fullmatch(place.name if place.is_dir() else place.stem)
        if not numbered or not (place.is_dir() or place.suffix in _SUFFIXES):
            continue
        if person is None or numbered[2] is None or int(numbered[2]) == person:
            places.setdefault(int(numbered[1]), place)
    first = 0 if 0 in places else 1
    found = {
        number - first: _one(_files_of(place) if place.is_dir() else read_file(place), names, str(place))
        for number, place in sorted(places.items())
    }
    if not found:
        whose = "" if person is None else f" of person {person}"
        raise InputError(f"{path}: contains no results{whose}, such as 00001_{person or 0}.npz")
    return found


def _files_of(folder: Path) -> dict[str, Any]:
    """EMOCA's way: a folder for each frame, with an array in each file."""
    return {path.stem: read_file(path) for path in files_in(folder, "*.npy")}


def read_file(path: Path) -> Any:
    """The arrays, numbers and text in a file, in plain containers.

    Raises:
        InputError: It cannot be read, or holds something else.
    """
    if path.suffix == ".json":
        return read_json(path)
    if path.suffix == ".npz":
        return read_arrays(path)
    try:
        with regular_file(path).open("rb") as file:
            if path.stat().st_size > LARGEST_ARRAYS:
                raise InputError(f"has more than the {LARGEST_ARRAYS >> 30} GiB that are read at once")
            return load_arrays(file) if path.suffix in (".pkl", ".pickle") else _read_npy(file, path)
    except InputError as error:
        raise InputError(str(error) if str(path) in str(error) else f"{path}: {error}") from None
    except Exception as error:  # damaged files fail in any way
        line = " ".join(str(error).split())[:100]
        raise InputError(f"{path}: cannot be read ({line}); save plain NumPy arrays, one per part") from None


def _read_npy(file: Any, path: Path) -> Any:
    """An array; a mapping that was saved as an array of one object, as ``numpy.save`` does, is read as a pickle."""
    version = np.lib.format.read_magic(file)
    read_header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, _, kind = read_header(file)
    if not kind.hasobject:
        return read_array(path)
    found = load_arrays(file)
    return found.item() if isinstance(found, np.ndarray) and shape == () else list(found)


def _one(entry: Any, names: Names, where: str) -> NDArray[np.float32]:
    """A single frame's parts."""
    parts = []
    for part, (_, size) in names.items():
        values = _numbers(_named(entry, names, part, where), f"{where}: {part}")
        if values.size != size:
            raise InputError(f"{where}: {part} has {values.size} numbers; {size} are needed")
        parts.append(values.reshape(-1))
    return np.concatenate(parts)


def _rows(found: Any, names: Names, path: Path) -> NDArray[np.float32]:
    """All frames' parts, (T, sum of sizes)."""
    parts = []
    for part, (_, size) in names.items():
        values = _numbers(_named(found, names, part, str(path)), f"{path}: {part}")
        if values.ndim < 2 or values.size != len(values) * size:
            raise InputError(f"{path}: {part} has shape {values.shape}; (frames, {size}) is needed")
        parts.append(values.reshape(len(values), size))
    lengths = {part: len(values) for part, values in zip(names, parts, strict=True)}
    if len(set(lengths.values())) != 1:
        told = ", ".join(f"{part} {count}" for part, count in lengths.items())
        raise InputError(f"{path}: its parts differ in length, in frames: {told}")
    return np.concatenate(parts, 1)


def _named(entry: Any, names: Names, part: str, where: str) -> Any:
    if isinstance(entry, Mapping) and isinstance(entry.get("params"), Mapping):
        entry = entry["params"]
    if not isinstance(entry, Mapping):
        raise InputError(f"{where}: contains {type(entry).__name__}; a mapping from names to arrays is needed")
    for name in names[part][0]:
        if name in entry:
            return entry[name]
    raise InputError(f"{where}: has no {part} (as {' or '.join(names[part][0])}); it has {_told(entry)}")


def _told(entry: Mapping[Any, Any]) -> str:
    return ", ".join(str(name)[:40] for name in list(entry)[:8]) or "nothing"


def _numbers(values: Any, where: str) -> NDArray[np.float32]:
    try:
        if _count(values) > LARGEST_ARRAYS // 4:
            raise InputError(f"{where} has more numbers than are read at once")
        found = np.asarray(values)
        with np.errstate(over="ignore", invalid="ignore"):  # what float32 cannot hold is not finite below
            array = found.astype(np.float32, casting="unsafe" if found.dtype.kind in "OU" else "same_kind")
    except InputError:
        raise
    except (ValueError, TypeError, OverflowError, RecursionError, MemoryError):
        raise InputError(f"{where} is not a numeric array") from None
    if not np.isfinite(array).all():
        frame = int(np.argwhere(~np.isfinite(array))[0][0]) if array.ndim > 1 else 0
        raise InputError(f"{where} is not finite in frame {frame}; remove the frame")
    return array


def _count(values: Any) -> int:
    """How many numbers nested lists have, going by the first of each: a pickle can name one list many times."""
    count = 1
    for _ in range(64):
        if not isinstance(values, list | tuple) or not values:
            break
        count *= len(values)
        values = values[0]
    return count * (values.size if isinstance(values, np.ndarray) else 1)
