"""The parts of a person that are measured separately: column groups, regions, and their order in releases."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from visavis.errors import InputError
from visavis.motion.space import MotionSpace

Indices = NDArray[np.intp]

PARTS = ("all", "expression", "pose", "translation", "body", "lip", "eye", "global")
"""What is measured unless asked otherwise: everything; the groups that Dyadic Interaction Modeling reports apart
(``pose`` is every rotation, in radians); the body below the neck; and the regions of Talking Together (suppl. 3.3):
``lip``, ``eye`` (the eyes' rotations and, in named spaces, the shapes around them) and ``global`` (where the head is
and how it is turned)."""


def part_indices(space: MotionSpace, part: str) -> Indices:
    """Positions of a part's columns: one of `PARTS`, any group or set of the space, or a single column.

    Raises:
        InputError: The space has no such part.
    """
    found = _find(space, part)
    if not len(found):
        known = ", ".join(dict.fromkeys((*parts_of(space), *space.groups, *space.sets)))
        raise InputError(f"motion space {space.name!r} has no part {part!r}; it has: {known}")
    return found


def has_part(space: MotionSpace, part: str) -> bool:
    """Whether the space has columns for a part."""
    return len(_find(space, part)) > 0


def parts_of(space: MotionSpace) -> tuple[str, ...]:
    """Those of `PARTS` that the space has, each set of columns named once."""
    seen: dict[tuple[int, ...], str] = {}
    for part in PARTS:
        found = tuple(_find(space, part).tolist())
        if found:
            seen.setdefault(found, part)
    return tuple(seen.values())


def rotations(space: MotionSpace) -> Indices:
    """Positions of the columns that turn something; by their unit, since a body's signal may be no angle."""
    return np.flatnonzero([column.unit == "rad" for column in space.columns])


def _find(space: MotionSpace, part: str) -> Indices:
    if part == "all":
        return np.arange(space.dim, dtype=np.intp)
    if part == "pose":
        return rotations(space)
    if part == "global":
        return _join([space.indices(group) for group in ("neck", "head", "translation") if group in space.groups])
    if part == "lip":
        return space.indices("lips") if space.has("lips") else _join([])
    if part == "eye":
        named = [i for i, name in enumerate(space.names) if name.lower().startswith("eye")]
        turned = space.indices("eyes") if space.has("eyes") else _join([])
        return _join([np.array(named, np.intp), turned])
    if space.has(part):
        return space.indices(part)
    return np.array([space.index(part)], np.intp) if part in space.names else _join([])


def _join(parts: list[Indices]) -> Indices:
    """All of them, in the order of the space."""
    return np.unique(np.concatenate(parts)) if parts else np.zeros(0, np.intp)
