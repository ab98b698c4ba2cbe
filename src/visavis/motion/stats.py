"""Means and standard deviations of motion columns, for normalisation."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from visavis.errors import InputError, about
from visavis.motion.motion import Motion
from visavis.motion.space import MotionSpace
from visavis.reading import read_json

STILL = 1e-5
"""A column whose standard deviation is below this does not move; it is centred and not scaled."""


@dataclass(frozen=True, eq=False)
class MotionStats:
    """Mean and standard deviation per column.

    Attributes:
        columns: Column names, to check that statistics and motion belong together.
        mean: float32 (D,).
        std: float32 (D,), 1 where a column does not move.
    """

    columns: tuple[str, ...]
    mean: NDArray[np.float32]
    std: NDArray[np.float32]

    def __post_init__(self) -> None:
        """Validates."""
        for name in ("mean", "std"):
            values = np.asarray(getattr(self, name), np.float32)
            object.__setattr__(self, name, values)
            if values.shape != (len(self.columns),) or not np.isfinite(values).all():
                raise InputError(f"motion statistics: {name} needs {len(self.columns)} finite numbers")
        if (self.std <= 0).any():
            at = self.columns[int(np.argmax(self.std <= 0))]
            raise InputError(f"motion statistics: the standard deviation of {at!r} is not above 0")

    def __repr__(self) -> str:
        return f"<MotionStats: means and standard deviations of {len(self.columns)} columns>"

    @classmethod
    def of(cls, motions: Iterable[Motion]) -> MotionStats:
        """Statistics over all frames of many motions, one in memory at a time.

        Raises:
            InputError: There are no frames, or the motions are in different spaces.
        """
        columns: tuple[str, ...] = ()
        count, mean, squares = 0, np.zeros(0), np.zeros(0)
        for motion in motions:
            if not columns:
                columns = motion.space.names
                mean, squares = np.zeros(len(columns)), np.zeros(len(columns))
            if motion.space.names != columns:
                raise InputError(f"motion statistics need one space; {motion.space.name!r} has other columns")
            if not len(motion):
                continue
            # Chan, Golub and LeVeque 1983: sums of squares about the mean, merged without cancellation.
            values = motion.values.astype(np.float64)
            there = values.mean(0)
            total = count + len(values)
            squares += ((values - there) ** 2).sum(0) + (there - mean) ** 2 * (count * len(values) / total)
            mean += (there - mean) * (len(values) / total)
            count = total
        if count == 0:
            raise InputError("motion statistics need at least one frame")
        std = np.sqrt(squares / count)
        return cls(columns, mean.astype(np.float32), np.where(std < STILL, 1.0, std).astype(np.float32))

    def normalize(self, motion: Motion) -> NDArray[np.float32]:
        """The motion's values (T, D) with mean 0 and standard deviation 1."""
        if motion.space.names != self.columns:
            raise InputError(f"these statistics are not for motion space {motion.space.name!r}")
        return (motion.values - self.mean) / self.std

    def denormalize(self, values: NDArray[np.float32], fps: float, space: MotionSpace) -> Motion:
        """The motion whose normalised values are (T, D)."""
        if space.names != self.columns:
            raise InputError(f"these statistics are not for motion space {space.name!r}")
        return Motion(values * self.std + self.mean, fps, space)

    def save(self, path: str | Path) -> Path:
        """Writes JSON."""
        path = Path(path)
        rows = {
            name: {"mean": float(mean), "std": float(std)}
            for name, mean, std in zip(self.columns, self.mean, self.std, strict=True)
        }
        temporary = path.with_name(f".{path.name}.tmp")
        temporary.write_text(json.dumps(rows, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        temporary.replace(path)
        return path

    @classmethod
    def load(cls, path: str | Path) -> MotionStats:
        """Reads what `save` wrote; exact.

        Raises:
            InputError: The file is missing or is something else.
        """
        try:
            rows = read_json(path)
            means, stds = ([float(row[key]) for row in rows.values()] for key in ("mean", "std"))
            with about(path), np.errstate(over="ignore"):
                return cls(tuple(rows), np.array(means, np.float32), np.array(stds, np.float32))
        except InputError:
            raise
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError):
            raise InputError(f"{path} does not contain motion statistics (mean and std per column)") from None
