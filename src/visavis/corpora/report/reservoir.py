"""A bounded random sample of a stream (reservoir sampling)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

import numpy as np

T = TypeVar("T")


class Reservoir(Generic[T]):
    """Keeps `size` of all items, every one as likely; the same for the same items and seed.

    Each item draws a key, and those with the smallest keys stay.
    """

    def __init__(self, size: int, seed: int) -> None:
        self.met = 0
        self._size = size
        self._rng = np.random.default_rng([seed, 23])
        self._limit = 1.0
        self._kept: list[tuple[float, int, T]] = []

    def meet(self, count: int, get: Callable[[int], T]) -> None:
        """Meets `count` more items; `get` is only asked for those that stay for now."""
        keys = self._rng.random(count)
        for i in np.flatnonzero(keys < self._limit):
            self._kept.append((float(keys[i]), self.met + int(i), get(int(i))))
        self.met += count
        if len(self._kept) > self._size:
            self._kept = sorted(self._kept, key=lambda entry: entry[0])[: self._size]
            self._limit = self._kept[-1][0]

    @property
    def items(self) -> Sequence[T]:
        """What stays, in the order in which it was met."""
        return [item for _, _, item in sorted(self._kept, key=lambda entry: entry[1])]
