"""Confidence intervals of a mean."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats


def mean_interval(values: ArrayLike, level: float = 0.95, seed: int = 0) -> tuple[float, float, float]:
    """Mean and its bootstrap confidence interval (BCa, 2,000 resamples of the first axis).

    Args:
        values: (N,), one per independent unit, such as a conversation; nan is left out.
        level: Of confidence.
        seed: Of the resampling.

    Returns:
        Mean, lower and upper end; the ends equal the mean where there is nothing to resample.
    """
    known = np.asarray(values, np.float64)
    known = known[np.isfinite(known)]
    if not len(known):
        return (float("nan"),) * 3
    mean = float(known.mean())
    if len(known) < 3 or np.ptp(known) < 1e-12 * max(1.0, abs(mean)):
        return mean, float(known.min()), float(known.max())
    found = stats.bootstrap(
        (known,), np.mean, confidence_level=level, n_resamples=2000, random_state=np.random.default_rng(seed)
    ).confidence_interval
    return mean, float(found.low), float(found.high)
