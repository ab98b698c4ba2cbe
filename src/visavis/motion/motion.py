"""Motion: values, frame rate and the meaning of the columns, kept together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from visavis.errors import InputError
from visavis.motion.space import MotionSpace

FASTEST = 100_000
"""Frames per second that a signal has at most; nothing that people do is faster, and a larger number is a mistake."""


@dataclass(frozen=True, eq=False)
class Motion:
    """Motion of one person.

    Attributes:
        values: float32 (T, D), one row per frame, one column per `space.columns`.
        fps: Frames per second.
        space: What the columns mean.

    Raises:
        InputError: The shape does not fit the space, a value is not finite (the frame and column are named), or the
            frame rate is not positive, or beyond `FASTEST`.
    """

    values: NDArray[np.float32]
    fps: float
    space: MotionSpace

    def __post_init__(self) -> None:
        """Converts to float32 and validates."""
        with np.errstate(over="ignore", invalid="ignore"):  # what float32 cannot hold is found below
            values = np.ascontiguousarray(self.values, dtype=np.float32)
        object.__setattr__(self, "values", values)
        object.__setattr__(self, "fps", float(self.fps))
        if not 0 < self.fps <= FASTEST:
            raise InputError(f"motion has a frame rate of {self.fps}; it must be above 0 and at most {FASTEST:,}")
        if values.ndim != 2 or values.shape[1] != self.space.dim:
            raise InputError(
                f"motion has shape {values.shape}; space {self.space.name!r} needs (frames, {self.space.dim})"
            )
        if not np.isfinite(values).all():
            frame, column = np.argwhere(~np.isfinite(values))[0]
            raise InputError(
                f"motion is not finite at frame {frame}, column {self.space.names[column]!r}; "
                "interpolate there, or cut it out"
            )

    def __repr__(self) -> str:
        frames, columns = self.values.shape
        return (
            f"<Motion {self.space.name!r}: {self.duration:.2f} s, {frames} frames at {self.fps:g}/s, {columns} columns>"
        )

    def __len__(self) -> int:
        return len(self.values)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Motion):
            return NotImplemented
        same_space = self.space.name == other.space.name and self.space.columns == other.space.columns
        return same_space and self.fps == other.fps and np.array_equal(self.values, other.values)

    __hash__ = None  # type: ignore[assignment]

    @property
    def duration(self) -> float:
        """Seconds."""
        return len(self) / self.fps

    @property
    def times(self) -> NDArray[np.float64]:
        """Seconds at which each frame is shown, (T,)."""
        return np.arange(len(self)) / self.fps

    def __getitem__(self, name: str | Iterable[str]) -> NDArray[np.float32]:
        """One column (T,), or the columns of a group, a set or several names (T, K)."""
        if isinstance(name, str) and not self.space.has(name):
            return self.values[:, self.space.index(name)]
        return self.values[:, self.space.indices(name)]

    def with_columns(self, name: str | Iterable[str], values: ArrayLike) -> Motion:
        """A copy in which a column, group or set has other values, (T,) or (T, K)."""
        changed = self.values.copy()
        single = isinstance(name, str) and not self.space.has(name)
        where = self.space.index(name) if single else self.space.indices(name)  # type: ignore[arg-type]
        changed[:, where] = np.asarray(values, dtype=np.float32)
        return replace(self, values=changed)

    def slice(self, start: int, stop: int) -> Motion:
        """Frames `start` to `stop` (exclusive)."""
        return replace(self, values=self.values[start:stop])

    @classmethod
    def zeros(cls, frames: int, fps: float, space: MotionSpace) -> Motion:
        """A motion at rest: all columns zero."""
        return cls(np.zeros((frames, space.dim), np.float32), fps, space)

    @classmethod
    def concatenate(cls, parts: Iterable[Motion]) -> Motion:
        """One after the other; all must share space and frame rate."""
        parts = list(parts)
        if not parts:
            raise InputError("nothing to concatenate")
        first = parts[0]
        for part in parts:
            if part.space.columns != first.space.columns or part.fps != first.fps:
                raise InputError("motions to concatenate differ in space or frame rate")
        return replace(first, values=np.concatenate([part.values for part in parts]))
