"""How high the true item is ranked: recall at k and the median rank (RealTalk, section 5.2)."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from visavis.errors import InputError
from visavis.evaluation.intervals import Interval, median_interval, share_interval


def true_ranks(scores: ArrayLike, truth: ArrayLike) -> NDArray[np.float64]:
    """Rank (N,) of the true item of each query, from 1, the best.

    Items with equal scores share the mean of their ranks, so that a method that gives all the same score is at chance.

    Args:
        scores: (N, M), of M items for N queries; the higher the better.
        truth: (N,) numbers of the true items.

    Raises:
        InputError: Shapes do not fit, a score is not finite, or a number is of no item.
    """
    values, items = np.asarray(scores, np.float64), np.asarray(truth, np.intp)
    if values.ndim != 2 or items.shape != (len(values),):
        raise InputError(
            f"ranks need scores (queries, items) and one true item each, not {values.shape}, {items.shape}"
        )
    if not np.isfinite(values).all():
        query, item = np.argwhere(~np.isfinite(values))[0]
        raise InputError(f"the score of item {item} for query {query} is not finite")
    if len(items) and not (items.min() >= 0 and items.max() < values.shape[1]):
        raise InputError(f"true items have numbers from {items.min()} to {items.max()}; there are {values.shape[1]}")
    own = values[np.arange(len(values)), items][:, None]
    ranks: NDArray[np.float64] = (values > own).sum(1) + ((values == own).sum(1) + 1) / 2
    return ranks


def recall_at(ranks: ArrayLike, k: int) -> Interval:
    """R@k: the share of queries whose true item is among the first `k`, with Wilson's 95% interval over the queries.

    Where the true item ties with others across place `k`, its mean rank decides.
    """
    return share_interval(np.asarray(ranks, np.float64) <= k)


def median_rank(ranks: ArrayLike) -> Interval:
    """The median rank and its 95% interval over the queries, by order statistics; none of fewer than six."""
    return median_interval(ranks)


def chance_recall(k: int, items: int) -> float:
    """R@k of a method that ranks at random among `items`."""
    return min(1.0, k / items)


def chance_median(items: int) -> float:
    """Median rank of a method that ranks at random among `items`."""
    return (items + 1) / 2
