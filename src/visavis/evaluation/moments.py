"""Mean and covariance as additive sums, and the Frechet distance between two Gaussians."""

from __future__ import annotations

from contextlib import AbstractContextManager
from functools import cache
from math import inf, isqrt
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from threadpoolctl import ThreadpoolController

Array = NDArray[np.float64]

CHUNK = 4096
"""Rows that are held in double precision at a time: few enough to stay in a core's cache."""


def one_thread() -> AbstractContextManager[object]:
    """Keeps BLAS to one thread.

    These matrices are small, and threads that wait for each other on a busy machine make a product of 4,096 x 56 a
    hundred times slower.
    """
    limited: AbstractContextManager[object] = _pools().limit(limits=1, user_api="blas")
    return limited


@cache
def _pools() -> ThreadpoolController:
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


def moment_sums(values: NDArray[np.floating], shift: Array) -> Array:
    """Count, sums and sums of products of rows about `shift`, in double precision and bounded memory.

    Args:
        values: (N, D).
        shift: (D,), near the mean, so that nothing cancels; the same for all sums that are to be added.

    Returns:
        (1 + D + D * D,).
    """
    dim = values.shape[1]
    total, product = np.zeros(dim), np.zeros((dim, dim))
    held = np.empty((min(CHUNK, len(values)), dim))
    with one_thread():
        for start in range(0, len(values), CHUNK):
            chunk = values[start : start + CHUNK]
            rows = np.subtract(chunk, shift, out=held[: len(chunk)])
            total += np.ones(len(rows)) @ rows
            product += rows.T @ rows
    return np.concatenate([[len(values)], total, product.ravel()])


def mean_covariance(sums: Array) -> tuple[Array, Array]:
    """Mean about the shift (D,) and unbiased covariance (D, D), the divisor being N - 1, of what `moment_sums` gave."""
    dim = _dim(len(sums))
    count, total, product = sums[0], sums[1 : 1 + dim], sums[1 + dim :].reshape(dim, dim)
    mean = total / count
    return mean, (product - count * np.outer(mean, mean)) / (count - 1)


def independent_rows(sums: Array) -> tuple[float, float]:
    """What rows are worth that follow each other: see `worth`.

    Args:
        sums: (units, 1 + D + D * D), `moment_sums` of at least two units about one shift.
    """
    dim, total = _dim(sums.shape[1]), sums.sum(0)
    mean, covariance = mean_covariance(total)
    offsets = sums[:, 1 : 1 + dim] - sums[:, :1] * mean
    return worth(offsets / total[0], float(np.trace(covariance)), float(np.square(covariance).sum()))


def worth(offsets: Array, trace: float, square: float) -> tuple[float, float]:
    """How many independent rows, in how many equally strong directions, autocorrelated ones are worth.

    The means of units scatter as if each held fewer rows than it does, which tells the first number; the second is the
    participation ratio of the covariance, tr(S)^2 / tr(S^2), in which few rows seem to move in fewer directions than
    they do: that adds one over their number to its inverse.

    Args:
        offsets: (units, D), by how much each unit moves the mean of all.
        trace: Of the covariance.
        square: The sum of its squares.

    Returns:
        Rows, endless where units do not move the mean, and directions, none where nothing varies and endless where
        rows are too few to tell.
    """
    scatter = float(np.square(offsets).sum()) * len(offsets) / (len(offsets) - 1)
    rows = trace / scatter if scatter > 0 else inf
    if square <= 0:
        return rows, 0.0
    inverse = square / trace**2 - 1 / rows
    return rows, 1 / inverse if inverse > 0 else inf


def frechet_distance(mean_a: Array, covariance_a: Array, mean_b: Array, covariance_b: Array) -> float:
    """Squared Frechet distance between two Gaussians (Dowson and Landau 1982).

    |mu_a - mu_b|^2 + Tr(S_a + S_b - 2 (S_a S_b)^(1/2)). The last trace is the sum of the singular values of
    F_a^T F_b for any factors S = F F^T, which needs neither a matrix square root nor full rank.

    Args:
        mean_a: (D,).
        covariance_a: (D, D), symmetric, positive semi-definite.
        mean_b: (D,).
        covariance_b: (D, D).
    """
    difference = mean_a - mean_b
    cross = np.linalg.svd(_factor(covariance_a).T @ _factor(covariance_b), compute_uv=False).sum()
    distance = difference @ difference + np.trace(covariance_a) + np.trace(covariance_b) - 2 * cross
    return max(0.0, float(distance))


def frechet_of_sums(sums_a: Array, sums_b: Array) -> float:
    """The distance between two sets of rows, from their `moment_sums` about one shift; nan for fewer than two rows."""
    if sums_a[0] < 2 or sums_b[0] < 2:
        return float("nan")
    return frechet_distance(*mean_covariance(sums_a), *mean_covariance(sums_b))


def _factor(covariance: Array) -> Array:
    """F with F F^T = covariance; by Cholesky where it has full rank, else one column per direction that varies."""
    try:
        return np.asarray(np.linalg.cholesky(covariance), np.float64)
    except np.linalg.LinAlgError:
        values, vectors = np.linalg.eigh((covariance + covariance.T) / 2)
        kept = values > max(values[-1], 0.0) * 1e-14
        factor: Array = vectors[:, kept] * np.sqrt(values[kept])
        return factor


def _dim(length: int) -> int:
    """D with 1 + D + D * D = length."""
    return (isqrt(4 * length - 3) - 1) // 2
