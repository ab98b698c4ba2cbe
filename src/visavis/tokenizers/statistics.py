"""Statistics that are measured once on the training motion and stored with a tokenizer."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from visavis.errors import InputError
from visavis.motion import MotionSpace
from visavis.motion.stats import STILL

FLOORS = {"coefficient": 0.02, "rad": 0.005, "m": 0.002}
"""Least standard deviation by unit of a column that moves: one that hardly does is not blown up into noise."""
OUTLIERS = 1.0
"""Per cent of the values at either end that bins leave out."""


@dataclass(frozen=True)
class MotionStatistics:
    """Scales and ranges of columns, in the space's units.

    Attributes:
        mean: (D,).
        std: (D,), floored; 0 where the column never moves. Such a column is not encoded and decodes to its mean.
        low: (D,) first percentile.
        high: (D,) 99th percentile; that of `low` where the column never moves.
    """

    mean: Tensor
    std: Tensor
    low: Tensor
    high: Tensor

    @classmethod
    def neutral(cls, space: MotionSpace) -> MotionStatistics:
        """Nothing measured yet: zero mean, plausible scales."""
        std = torch.tensor([10 * FLOORS[column.unit] for column in space.columns])
        return cls(torch.zeros(space.dim), std, -2 * std, 2 * std)

    @classmethod
    def measure(cls, rows: NDArray[np.floating], space: MotionSpace) -> MotionStatistics:
        """From frames (N, D).

        Raises:
            InputError: There are none, a value is not finite (its column is named), or no column moves.
        """
        rows = np.asarray(rows, np.float64)
        if rows.ndim != 2 or rows.shape[1] != space.dim:
            raise InputError(f"motion has shape {rows.shape}; space {space.name!r} needs (frames, {space.dim})")
        if not len(rows):
            raise InputError("there is no motion to measure: no frames")
        if not np.isfinite(rows).all():
            frame, column = np.argwhere(~np.isfinite(rows))[0]
            raise InputError(f"motion is not finite at frame {frame}, column {space.names[column]!r}")
        std = rows.std(0)
        moves = std >= STILL
        if not moves.any():
            raise InputError(
                f"none of the {space.dim} columns moves in {len(rows)} frames; a tokenizer needs motion that varies"
            )
        low, high = np.percentile(rows, [OUTLIERS, 100 - OUTLIERS], axis=0)
        # A column that is nearly always the same has both percentiles there; its bins then span all it ever does.
        flat = moves & (high - low < STILL)
        low, high = np.where(flat, rows.min(0), low), np.where(flat, rows.max(0), high)
        floors = np.array([FLOORS[column.unit] for column in space.columns])
        std = np.where(moves, np.maximum(std, floors), 0.0)
        high = np.where(moves, high, low)
        return cls(*(torch.tensor(x, dtype=torch.float32) for x in (rows.mean(0), std, low, high)))

    def check(self, space: MotionSpace, where: str) -> None:
        """Raises `InputError` unless all shapes fit the space and all values are usable."""
        for field in fields(self):
            values = getattr(self, field.name)
            if values.shape != (space.dim,):
                raise InputError(
                    f"{where}: {field.name} has shape {tuple(values.shape)}; space {space.name!r} needs ({space.dim},)"
                )
            if not torch.isfinite(values).all():
                raise InputError(f"{where}: {field.name} is not finite")
        if (self.std < 0).any() or (self.high < self.low).any() or not (self.std > 0).any():
            raise InputError(f"{where}: contains no usable scales")

    def still(self, space: MotionSpace) -> list[str]:
        """Names of the columns that never move."""
        return [name for name, std in zip(space.names, self.std.tolist(), strict=True) if std == 0]
