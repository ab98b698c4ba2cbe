"""Runs of frames in which a condition holds."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def runs(mask: NDArray[np.bool_], *, bridge: float = 0) -> NDArray[np.intp]:
    """Runs of True as (N, 2): the first frame and the frame after the last, in order.

    Args:
        mask: (T,).
        bridge: Gaps between runs of up to so many frames belong to one run.
    """
    edges = np.flatnonzero(np.diff(np.asarray(mask, bool), prepend=False, append=False)).reshape(-1, 2)
    if not len(edges):
        return edges
    apart = edges[1:, 0] - edges[:-1, 1] > bridge
    return np.stack([edges[np.r_[True, apart], 0], edges[np.r_[apart, True], 1]], axis=1)


def without_short(mask: NDArray[np.bool_], shortest: float) -> NDArray[np.bool_]:
    """The mask (T,) without runs of True of fewer than `shortest` frames."""
    result = np.array(mask, bool)
    for start, stop in runs(mask):
        if stop - start < shortest:
            result[start:stop] = False
    return result
