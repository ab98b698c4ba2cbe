"""Parts of a motion, such as the face or the body, and how parts become a whole again.

A part is a space of some of another space's columns, by groups: `MotionSpace.part`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from visavis.errors import InputError
from visavis.motion.motion import Motion
from visavis.motion.space import MotionSpace


def part_of(motion: Motion, space: MotionSpace) -> Motion:
    """The columns of a part's space, by name.

    Args:
        motion: In a space that has them all.
        space: Of the part.

    Raises:
        InputError: A column is missing.
    """
    if motion.space.columns == space.columns:
        return motion
    there = set(motion.space.columns)
    missing = [column.name for column in space.columns if column not in there]
    if missing:
        raise InputError(f"motion space {motion.space.name!r} has no column {missing[0]!r} of {space.name!r}")
    return Motion(motion[space.names], motion.fps, space)


def joined(parts: Sequence[Motion], space: MotionSpace) -> Motion:
    """Parts as one motion; the inverse of taking them with `part_of`.

    Args:
        parts: Of the same length and frame rate; together they have every column of `space` once.
        space: Of the whole.

    Raises:
        InputError: Parts differ in length or frame rate, or a column is missing, superfluous or there twice.
    """
    if len({(len(part), part.fps) for part in parts}) != 1:
        told = ", ".join(f"{len(part)} at {part.fps:g}/s" for part in parts) or "none"
        raise InputError(f"parts of a motion need the same frames and frame rate, not {told}")
    columns = [column for part in parts for column in part.space.columns]
    if len(set(columns)) != len(columns):
        twice = next(column.name for column in columns if columns.count(column) > 1)
        raise InputError(f"two parts of the motion have column {twice!r}")
    if odd := set(columns) ^ set(space.columns):
        name = min(column.name for column in odd)
        has = "no part has" if odd <= set(space.columns) else "the whole does not have"
        raise InputError(f"parts cannot become motion in {space.name!r}: {has} column {name!r}")
    where = {column: i for i, column in enumerate(columns)}
    values = np.concatenate([part.values for part in parts], axis=1)
    return Motion(values[:, [where[column] for column in space.columns]], parts[0].fps, space)
