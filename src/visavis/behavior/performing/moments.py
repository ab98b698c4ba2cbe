"""Chance that belongs to moments: what is drawn at one is the same, whatever else a plan holds."""

from __future__ import annotations

import numpy as np


class Moments:
    """A random generator for every millisecond of one part of one person."""

    def __init__(self, rng: np.random.Generator) -> None:
        """Takes one number from `rng`, however many moments there will be."""
        self._seed = int(rng.integers(2**63))

    def __call__(self, seconds: float, part: int = 0) -> np.random.Generator:
        """The generator of a moment, in seconds from the conversation's start; different parts have different ones."""
        return np.random.default_rng([self._seed, part, round(1000 * seconds)])
