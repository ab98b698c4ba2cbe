"""Motion files of anybody: what `visavis evaluate` reads, and which file belongs to which."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from visavis.errors import InputError
from visavis.evaluation.appropriateness import REACT25
from visavis.motion import SPACES, Motion, MotionSpace

SUFFIXES = (".npz", ".npy", ".csv")
ROLES = ("speaker", "listener")
_SIZE_LIMIT = 2**33


@dataclass(frozen=True)
class Person:
    """One person's motion as a file has it.

    Attributes:
        motion: It.
        partner: The other person's motion, or the name of the file that has it.
        roles: By role, the frames (T,) in which the person has it; empty if not said.
        conversation: Which conversation it is from; empty if not said.
    """

    motion: Motion
    partner: Motion | str | None = None
    roles: Mapping[str, NDArray[np.bool_]] = field(default_factory=dict)
    conversation: str = ""


def find_files(folder: Path) -> dict[str, Path]:
    """The motion files of a folder by name without ending.

    Raises:
        InputError: There is no such folder, no such files, or two of one name.
    """
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder; --pred and --truth name folders of motion files")
    found: dict[str, Path] = {}
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() not in SUFFIXES or path.name.startswith(".") or not path.is_file():
            continue
        if path.name.endswith(".arkit.csv") and (folder / "motion.npz").is_file():
            continue  # what `animate` writes: motion.npz has the same people, and more of them
        if path.stem in found:
            raise InputError(f"{path} and {found[path.stem].name} have the same name; keep one of them")
        found[path.stem] = path
    if not found:
        raise InputError(f"{folder}: holds no motion; files end in {', '.join(SUFFIXES)}")
    return found


def read_people(path: Path, space: MotionSpace | None, fps: float | None) -> dict[str, Person]:
    """The people in a file: one, under the empty name, or A and B of what `animate` wrote.

    Args:
        path: An .npz (`motion`, `fps`, `space`, optionally `role`, `partner` and `conversation`), an .npy, or a CSV
            of Live Link Face.
        space: Of an .npy.
        fps: Of an .npy, and of a CSV whose timecodes are not to be trusted.

    Raises:
        InputError: It cannot be read; the message names file, field and remedy.
    """
    try:
        if path.suffix.lower() == ".csv":
            from visavis.formats.arkit_csv import read_csv

            return {"": Person(read_csv(path, fps=fps))}
        arrays = _load(path)
        if {"A_motion", "B_motion"} & set(arrays):
            return _both(path)
        if path.suffix.lower() == ".npy":
            if space is None or fps is None:
                raise InputError(f"{path}: an .npy file does not say what it holds; give --space and --fps")
            return {"": Person(_motion(arrays["motion"], fps, space))}
        return {"": _person(arrays, space)}
    except InputError as error:
        message = str(error)
        raise InputError(message if str(path) in message else f"{path}: {message}") from None


def known_space(name: str) -> MotionSpace:
    """The motion space called `name`; REACT's is known here, too.

    Raises:
        InputError: There is none.
    """
    spaces = {**SPACES, REACT25.name: REACT25}
    if name not in spaces:
        raise InputError(f"no motion space is called {name[:40]!r}; there are: {', '.join(spaces)}")
    return spaces[name]


def _load(path: Path) -> dict[str, NDArray[Any]]:
    try:
        if path.suffix.lower() == ".npz":
            with zipfile.ZipFile(path) as archive:
                if sum(entry.file_size for entry in archive.infolist()) > _SIZE_LIMIT:
                    raise InputError(f"would unpack to more than {_SIZE_LIMIT >> 30} GiB; cut it into clips")
        loaded = np.load(path, allow_pickle=False)
        if isinstance(loaded, np.ndarray):
            return {"motion": loaded}
        with loaded:
            return {name: loaded[name] for name in loaded.files}
    except InputError:
        raise
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror or error}") from None
    except (ValueError, EOFError, KeyError, zipfile.BadZipFile, MemoryError, NotImplementedError) as error:
        raise InputError(f"no readable file of plain arrays ({str(error)[:80]}); write it with numpy.savez") from None


def _motion(values: NDArray[Any], fps: float, space: MotionSpace) -> Motion:
    if values.dtype.kind not in "fiu":
        raise InputError(f"'motion' holds {values.dtype}; numbers are needed")
    if values.ndim != 2 or values.shape[1] != space.dim:
        raise InputError(f"'motion' has shape {values.shape}; space {space.name!r} needs (frames, {space.dim})")
    return Motion(values, fps, space)


def _person(arrays: dict[str, NDArray[Any]], space: MotionSpace | None) -> Person:
    for key in ("motion", "fps", "space"):
        if key not in arrays and not (key == "space" and space is not None):
            raise InputError(f"has no {key!r}; the keys 'motion' (frames, columns), 'fps' and 'space' are needed")
    rate = arrays["fps"]
    if rate.size != 1 or rate.dtype.kind not in "fiu":
        raise InputError(f"'fps' holds {rate.dtype} of shape {rate.shape}; one number is needed")
    if not (np.isfinite(rate).all() and (rate > 0).all()):
        raise InputError(f"'fps' is {rate.reshape(()):g}; frames per second above 0 are needed")
    named = known_space(str(arrays["space"])) if "space" in arrays else space
    assert named is not None
    motion = _motion(arrays["motion"], float(rate.reshape(())), named)
    partner: Motion | str | None = None
    if "partner" in arrays:
        given = arrays["partner"]
        partner = str(given) if given.dtype.kind == "U" and given.size == 1 else _partner(given, motion)
    roles = _roles(arrays["role"], len(motion)) if "role" in arrays else {}
    return Person(motion, partner, roles, str(arrays.get("conversation", "")))


def _partner(values: NDArray[Any], motion: Motion) -> Motion:
    try:
        partner = _motion(values, motion.fps, motion.space)
    except InputError as error:
        raise InputError(f"'partner': {str(error).replace(chr(39) + 'motion' + chr(39) + ' ', '')}") from None
    if len(partner) != len(motion):
        raise InputError(f"'partner' has {len(partner)} frames, 'motion' {len(motion)}; cut both to the same stretch")
    return partner


def _roles(given: NDArray[Any], frames: int) -> dict[str, NDArray[np.bool_]]:
    if given.dtype.kind == "U" and given.size in (1, frames) and set(np.unique(given).tolist()) <= set(ROLES):
        return {role: np.broadcast_to(given.reshape(-1) == role, frames).copy() for role in ROLES}
    raise InputError(f"'role' must be 'speaker' or 'listener', once or for each of the {frames} frames")


def _both(path: Path) -> dict[str, Person]:
    from visavis.formats.npz import read_npz

    conversation = read_npz(path)
    people = dict(zip("AB", conversation.participants, strict=True))
    found = {}
    for letter, other in ("AB", "BA"):
        own, partner = people[letter], people[other]
        if own.motion is None:
            continue
        roles = {}
        if own.speaking is not None and partner.speaking is not None:
            speaks, other_speaks = (
                p.speaking.at(own.motion.fps, len(own.motion)).values[:, 0] > 0.5  # type: ignore[union-attr]
                for p in (own, partner)
            )
            roles = {"speaker": speaks, "listener": ~speaks & other_speaks}
        found[letter] = Person(own.motion, partner.motion, roles, conversation.id)
    return found
