"""Which body shows motion of a space: told from its columns, since anybody may name a space as they like."""

from __future__ import annotations

from visavis.motion.space import MotionSpace
from visavis.motion.spaces import ARKIT, ARKIT_BODY, EMOCA56, FLAME, SMPLX_UPPER117


def shown_as(space: MotionSpace) -> MotionSpace | None:
    """The space in which the built-in body shows motion of a space: `ARKIT`, `ARKIT_BODY` or None."""
    return _same_columns(space, ARKIT, ARKIT_BODY)


def shown_by_flame(space: MotionSpace) -> MotionSpace | None:
    """The space in which the user's own FLAME file shows motion of a space: `FLAME`, `EMOCA56` or None."""
    return _same_columns(space, FLAME, EMOCA56)


def shown_by_smplx(space: MotionSpace) -> MotionSpace | None:
    """The space in which the user's own SMPL-X file shows motion of a space: `SMPLX_UPPER117` or None."""
    return _same_columns(space, SMPLX_UPPER117)


def needs_model_file(space: MotionSpace) -> bool:
    """Whether motion of a space shows on FLAME or SMPL-X, whose files users bring."""
    return shown_by_flame(space) is not None or shown_by_smplx(space) is not None


def _same_columns(space: MotionSpace, *known: MotionSpace) -> MotionSpace | None:
    return next((own for own in known if own.columns == space.columns), None)
