"""Conversion between VENUS's features and the spaces that models use.

Nothing is estimated: columns that both spaces name alike keep their values, the others are zero. FLAME's neck, eyes and
place, for example, are not in VENUS; nobody's shape is in FLAME's motion. Rotations are copied as they are: OSX and
EMOCA give them about the camera's axes, so ``root`` and ``global`` turn with how the person stood to the camera.

Source: Kim et al., Speaking Beyond Language (VENUS, 2025), sections 3.1 and 3.2, appendix A.7.
"""

from __future__ import annotations

import numpy as np

from visavis.errors import InputError
from visavis.motion.motion import Motion
from visavis.motion.space import MotionSpace
from visavis.motion.spaces import (
    EMOCA56,
    FLAME,
    FLAME_FACE53,
    SMPLX_UPPER117,
    VENUS170,
    VENUS332,
    VENUS335,
    VENUS_BODY179,
    VENUS_FACE153,
    VENUS_FACE156,
)

_WHOLE = (VENUS332, VENUS335, VENUS170)
_FACES = (*_WHOLE, VENUS_FACE153, VENUS_FACE156, FLAME, EMOCA56, FLAME_FACE53)
_BODIES = (*_WHOLE, VENUS_BODY179, SMPLX_UPPER117)


def to_face(motion: Motion, space: MotionSpace = FLAME) -> Motion:
    """A face in another of the spaces that describe one by FLAME's expressions.

    Args:
        motion: In ``venus332``, ``venus335``, ``venus170``, ``venus-face153``, ``venus-face156``, ``flame``,
            ``emoca56`` or ``flame-face53``.
        space: One of them.

    Raises:
        InputError: A space is none of them.
    """
    return _by_name(motion, space, _FACES, "")


def to_body(motion: Motion, space: MotionSpace = SMPLX_UPPER117) -> Motion:
    """A body in another of the spaces that describe one by SMPL-X's joints.

    Args:
        motion: In ``venus332``, ``venus335``, ``venus170``, ``venus-body179`` or ``smplx-upper117``.
        space: One of them.

    Raises:
        InputError: A space is none of them.
    """
    return _by_name(motion, space, _BODIES, "body.")


def has_face(space: MotionSpace) -> bool:
    """Whether `to_face` takes motion of this space."""
    return any(space.columns == known.columns for known in _FACES)


def has_body(space: MotionSpace) -> bool:
    """Whether `to_body` takes motion of this space."""
    return any(space.columns == known.columns for known in _BODIES)


def narrowed(motion: Motion, space: MotionSpace) -> Motion:
    """VENUS's features with no other columns than `space` has, where they have them all; other motion as it is."""
    if not any(motion.space.columns == known.columns for known in (*_FACES, *_BODIES)):
        return motion
    theirs, ours = ({name: i for i, name in enumerate(_full_names(s))} for s in (motion.space, space))
    if not ours.keys() <= theirs.keys():
        return motion
    return Motion(motion.values[:, [theirs[name] for name in ours]], motion.fps, space)


def _full_names(space: MotionSpace) -> tuple[str, ...]:
    """As the combined spaces call their columns."""
    body = any(space.columns == known.columns for known in (VENUS_BODY179, SMPLX_UPPER117))
    return tuple(f"body.{name}" for name in space.names) if body else space.names


def side_by_side(face: Motion, body: Motion) -> Motion:
    """Face and body of one person as one motion, in ``venus332`` or ``venus335``.

    Args:
        face: In ``venus-face153`` or ``venus-face156``.
        body: In ``venus-body179``; as many frames.
    """
    space = {VENUS_FACE153: VENUS332, VENUS_FACE156: VENUS335}[face.space]
    return Motion(np.concatenate([face.values, body.values], 1), face.fps, space)


def _by_name(motion: Motion, space: MotionSpace, among: tuple[MotionSpace, ...], prefix: str) -> Motion:
    for one in (motion.space, space):
        if not any(one.columns == known.columns for known in among):
            raise InputError(f"motion space {one.name!r} cannot be converted; known are: {_names(among)}")
    theirs, ours = (_plain(s, prefix) for s in (motion.space, space))
    shared = [name for name in ours if name in theirs]
    values = np.zeros((len(motion), space.dim), np.float32)
    values[:, [ours[name] for name in shared]] = motion.values[:, [theirs[name] for name in shared]]
    return Motion(values, motion.fps, space)


def _plain(space: MotionSpace, prefix: str) -> dict[str, int]:
    """Columns by name, of a combined space those of one half without its prefix."""
    if any(space.columns == whole.columns for whole in _WHOLE):
        mine = {n: i for i, n in enumerate(space.names) if n.startswith("body.") == bool(prefix)}
        return {name.removeprefix(prefix): i for name, i in mine.items()}
    return {name: i for i, name in enumerate(space.names)}


def _names(spaces: tuple[MotionSpace, ...]) -> str:
    return ", ".join(space.name for space in spaces)
