"""Motion as plain NumPy arrays, written by any program or by `visavis.formats.npz`.

An .npz holds ``motion`` (frames, columns), ``fps`` and ``space``, and may hold ``role``, ``partner`` and
``conversation``. An .npy is the motion alone.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from visavis.errors import InputError
from visavis.formats.npz import read_npz
from visavis.formats.people import known_space
from visavis.formats.person import Person
from visavis.motion import Motion, MotionSpace
from visavis.reading import read_array, read_arrays

ROLES = ("speaker", "listener")


def read_people(path: Path, space: MotionSpace | None, fps: float | None) -> dict[str, Person]:
    """Of the format ``motion``.

    Raises:
        InputError: It cannot be read; the message names field and remedy.
    """
    arrays = _load(path)
    if {"A_motion", "B_motion"} & set(arrays):
        return _both(path)
    if path.suffix.lower() == ".npy":
        if space is None or fps is None:
            raise InputError(
                f"{path}: an .npy file does not state its motion space and frame rate; pass --space and --fps"
            )
        return {"": Person(_motion(arrays["motion"], fps, space))}
    return {"": _person(arrays, space)}


def _load(path: Path) -> dict[str, NDArray[Any]]:
    return {"motion": read_array(path)} if path.suffix.lower() == ".npy" else read_arrays(path)


def _motion(values: NDArray[Any], fps: float, space: MotionSpace) -> Motion:
    if values.dtype.kind not in "fiu":
        raise InputError(f"'motion' has type {values.dtype}; numbers are required")
    if values.ndim != 2 or values.shape[1] != space.dim:
        raise InputError(f"'motion' has shape {values.shape}; space {space.name!r} needs (frames, {space.dim})")
    return Motion(values, fps, space)


def _person(arrays: dict[str, NDArray[Any]], space: MotionSpace | None) -> Person:
    for key in ("motion", "fps", "space"):
        if key not in arrays and not (key == "space" and space is not None):
            raise InputError(f"has no {key!r}; the keys 'motion' (frames, columns), 'fps' and 'space' are required")
    rate = arrays["fps"]
    if rate.size != 1 or rate.dtype.kind not in "fiu":
        raise InputError(f"'fps' has type {rate.dtype} of shape {rate.shape}; one number is needed")
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
        raise InputError(f"'partner' has {len(partner)} frames, 'motion' {len(motion)}; cut both to the same length")
    return partner


def _roles(given: NDArray[Any], frames: int) -> dict[str, NDArray[np.bool_]]:
    if given.dtype.kind == "U" and given.size in (1, frames) and set(np.unique(given).tolist()) <= set(ROLES):
        return {role: np.broadcast_to(given.reshape(-1) == role, frames).copy() for role in ROLES}
    raise InputError(f"'role' must be 'speaker' or 'listener', once or for each of the {frames} frames")


def _both(path: Path) -> dict[str, Person]:
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
