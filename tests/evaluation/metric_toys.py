"""Motion whose statistics are known exactly."""

import numpy as np

from visavis.motion import EMOCA56, Motion

FPS = 25.0


def noise(seed, frames=400, space=EMOCA56, scale=0.3, offset=0.0):
    values = np.random.default_rng(seed).normal(offset, scale, (frames, space.dim))
    return Motion(values, FPS, space)


def gaussian(seed, mean, covariance, space, frames=4000):
    """Motion of exactly this mean and unbiased covariance."""
    rows = np.random.default_rng(seed).normal(size=(frames, len(mean)))
    rows -= rows.mean(0)
    rows = rows @ np.linalg.inv(np.linalg.cholesky(np.cov(rows.T))).T
    return Motion(rows @ np.linalg.cholesky(covariance).T + mean, FPS, space)


def measured(metric, *pairs, **extra):
    for predicted, true in pairs:
        metric.update(predicted, true, **extra)
    return metric.compute(intervals=False).value
