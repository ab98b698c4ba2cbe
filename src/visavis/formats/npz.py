"""`motion.npz`: the motion of both people as plain arrays, for NumPy and for `visavis evaluate`.

Keys, with X one of A and B:

    fps            float64 (): frames per second
    space          str (): name of the motion space
    columns        str (D,): its columns
    definition     str (): the space as JSON, columns with unit and group; only of spaces that are not built in
    id, duration   str (), float64 (): the conversation's
    X_motion       float32 (T, D); only if it is known, which it is of at least one of the two
    X_speaking     float32 (T,): probability that X speaks, on the frames of the motion; only if it is known
    X_name         str ()
    X_partner      str (): B for A and A for B
    X_seat         float64 (5,): x, y, z in metres, yaw in radians, 1 if seated; only if there is one

Text is stored as NumPy strings; nothing is pickled, and nothing pickled is read.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from visavis.conversation.conversation import Conversation, Participant
from visavis.conversation.timeline import Track
from visavis.errors import InputError
from visavis.files import atomic_write
from visavis.motion.motion import Motion
from visavis.motion.seat import Seat
from visavis.motion.space import MotionSpace, parse_space
from visavis.motion.spaces import SPACES, built_in_or_own
from visavis.reading import parse_json, read_arrays
from visavis.reporter import Update

_TEXT_LIMIT = 1000
_DEFINITION_LIMIT = 2**22


def write_npz(conversation: Conversation, path: str | Path) -> Path:
    """Writes the motion of both people, or of the one whose motion is known.

    Raises:
        InputError: Nobody has motion, the two differ in space or frame rate, or the file cannot be written.
    """
    motions = [person.motion for person in conversation if person.motion is not None]
    if not motions:
        raise InputError(f"conversation {conversation.id!r} has no motion to write")
    first, last = motions[0], motions[-1]
    if first.space.columns != last.space.columns or first.fps != last.fps:
        raise InputError(f"conversation {conversation.id!r}: the two people differ in motion space or frame rate")
    arrays: dict[str, Any] = {
        "fps": np.float64(first.fps),
        "space": np.array(first.space.name),
        "columns": np.array(first.space.names),
        "id": np.array(conversation.id),
        "duration": np.float64(conversation.duration),
    }
    if SPACES.get(first.space.name) != first.space:
        arrays["definition"] = np.array(json.dumps(first.space.as_plain()))
    for letter, other, person in zip("AB", "BA", conversation, strict=True):
        arrays |= _person_arrays(letter, other, person, person.motion or first)
    path = Path(path)
    with atomic_write(path) as temporary, temporary.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **arrays)
    return path


def write(conversation: Conversation, paths: Sequence[Path], _update: Update) -> Sequence[str]:
    """Of the format ``motion``."""
    write_npz(conversation, paths[0])
    return ()


def read_npz(path: str | Path) -> Conversation:
    """Reads what `write_npz` wrote as a conversation without sound and words.

    Raises:
        InputError: The file is missing, is something else, or a key does not hold what it should (named).
    """
    path = Path(path)
    arrays = read_arrays(path)
    space = _space(arrays, path)
    fps = float(_get(arrays, "fps", path, "f", ()))
    if not {"A_motion", "B_motion"} & set(arrays):
        raise InputError(f"{path} is not a motion archive: it has neither 'A_motion' nor 'B_motion'")
    a, b = (_person(letter, arrays, fps, space, path) for letter in "AB")
    try:
        return Conversation(
            id=str(_get(arrays, "id", path, "U", ())),
            participants=(a, b),
            duration=float(_get(arrays, "duration", path, "f", ())),
        )
    except InputError as error:
        raise InputError(f"{path}: {error}") from None


def _person_arrays(letter: str, other: str, person: Participant, clock: Motion) -> dict[str, Any]:
    arrays: dict[str, Any] = {f"{letter}_name": np.array(person.name), f"{letter}_partner": np.array(other)}
    if person.motion is not None:
        arrays[f"{letter}_motion"] = person.motion.values
    if person.speaking is not None:
        arrays[f"{letter}_speaking"] = person.speaking.at(clock.fps, len(clock)).values[:, 0]
    if person.seat is not None:
        arrays[f"{letter}_seat"] = np.array([*person.seat.position, person.seat.yaw, person.seat.seated])
    return arrays


def _person(letter: str, arrays: dict[str, Any], fps: float, space: MotionSpace, path: Path) -> Participant:
    try:
        motion = speaking = seat = None
        if f"{letter}_motion" in arrays:
            motion = Motion(_get(arrays, f"{letter}_motion", path, "f", (None, space.dim)), fps, space)
        if f"{letter}_speaking" in arrays:
            found = _get(arrays, f"{letter}_speaking", path, "f", (len(motion) if motion else None,))
            speaking = Track(found, fps, ("speaking",))
        if f"{letter}_seat" in arrays:
            x, y, z, yaw, seated = _get(arrays, f"{letter}_seat", path, "f", (5,)).tolist()
            seat = Seat((x, y, z), yaw, seated=bool(seated))
        name = str(_get(arrays, f"{letter}_name", path, "U", ()))
        return Participant(name, motion=motion, speaking=speaking, seat=seat)
    except InputError as error:
        message = str(error)
        raise InputError(message if str(path) in message else f"{path}, {letter}: {message}") from None


def _space(arrays: dict[str, Any], path: Path) -> MotionSpace:
    name = str(_get(arrays, "space", path, "U", ()))
    columns = tuple(_get(arrays, "columns", path, "U", (None,)).tolist())
    space = _defined(arrays["definition"], path) if "definition" in arrays else SPACES.get(name)
    if space is None:
        raise InputError(
            f"{path}: motion space {name[:40]!r} is not built in ({', '.join(SPACES)}), and the file does not define it"
        )
    if columns != space.names:
        raise InputError(f"{path}: its columns differ from those of motion space {name!r}")
    return space


def _defined(text: Any, path: Path) -> MotionSpace:
    if text.dtype.kind != "U" or text.shape != () or text.nbytes > _DEFINITION_LIMIT:
        raise InputError(f"{path}: 'definition' has type {text.dtype} and shape {text.shape}; a short text is needed")
    return built_in_or_own(parse_space(parse_json(str(text), f"{path}: 'definition'"), str(path)))


def _get(arrays: dict[str, Any], key: str, path: Path, kind: str, shape: tuple[int | None, ...]) -> Any:
    """The array under `key`, checked; None in `shape` is any length."""
    if key not in arrays:
        raise InputError(f"{path} is not a motion archive: it has no {key!r}")
    array = arrays[key]
    fits = array.ndim == len(shape) and all(want in (None, have) for want, have in zip(shape, array.shape, strict=True))
    if array.dtype.kind != kind or not fits or (kind == "U" and array.dtype.itemsize > 4 * _TEXT_LIMIT):
        wanted = {"f": "numbers", "U": "text"}[kind]
        raise InputError(
            f"{path}: {key!r} has type {array.dtype} and shape {array.shape}; {wanted} of {shape} are needed"
        )
    return array
