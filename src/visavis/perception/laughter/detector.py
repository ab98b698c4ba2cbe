"""How likely it is that somebody laughs, moment by moment."""

from __future__ import annotations

from functools import cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from visavis.cancellation import check_cancelled
from visavis.media.audio import SAMPLE_RATE
from visavis.motion.runs import runs
from visavis.perception.laughter.features import FPS, laugh_features
from visavis.reading import read_arrays

STARTS, GOES_ON = 0.9, 0.55
"""Probability from which on laughter begins, and from which on it goes on: high, for it is rarer in talk than in what
was learnt from, and to see a laugh that nobody hears is worse than to miss one."""
BLIND = 0.4
"""Seconds at either end of a sound in which a window does not hold enough of it to tell."""
SHORTEST = 0.24
"""Seconds that laughter lasts at least."""
_MINUTES = 5 * 60 * SAMPLE_RATE
_EDGE = 2 * SAMPLE_RATE


@cache
def _weights() -> dict[str, NDArray[np.float32]]:
    with resources.as_file(resources.files("visavis.perception.laughter").joinpath("weights.npz")) as path:
        return {name: np.asarray(array, np.float32) for name, array in read_arrays(path).items()}


def laugh_probability(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Probability that somebody laughs, at 12.5 per second.

    A network of one hidden layer on `laugh_features` of the moment and of 0.3 s before and after.

    Args:
        samples: (N,) at 16 kHz.

    Returns:
        (ceil(N / 1280),).
    """
    parts = []
    hop = round(SAMPLE_RATE / FPS)
    for at in range(0, len(samples), _MINUTES):  # usual pitch and level are of five minutes; so is the memory
        check_cancelled()
        a, b = max(0, at - _EDGE), min(len(samples), at + _MINUTES + _EDGE)
        found = scored(laugh_features(samples[a:b]), _weights())
        first = (at - a) // hop
        parts.append(found[first : first + -(-min(_MINUTES, len(samples) - at) // hop)])
    if not parts:
        return np.zeros(0, np.float32)
    probability: NDArray[np.float32] = np.concatenate(parts)
    edge = round(BLIND * FPS)
    probability[:edge] = probability[-edge:] = 0.0
    return probability


def with_neighbours(features: NDArray[np.float32]) -> NDArray[np.float32]:
    """Features (T, F) with those of 4 windows before and after, (T, 3 F); ends are held."""
    at = np.arange(len(features))
    last = max(0, len(features) - 1)
    return np.concatenate([features[np.clip(at + shift, 0, last)] for shift in (0, -4, 4)], axis=1)


def scored(features: NDArray[np.float32], weights: dict[str, NDArray[np.float32]]) -> NDArray[np.float32]:
    """The network's output for features (T, F): probabilities (T,), smoothed over a quarter of a second."""
    if not len(features):
        return np.zeros(0, np.float32)
    x = np.clip((with_neighbours(features) - weights["mean"]) / weights["spread"], -4, 4)
    hidden = np.tanh(x @ weights["hidden"] + weights["hidden_bias"])
    logits = hidden @ weights["out"] + weights["out_bias"]
    probability: NDArray[np.float32] = 1 / (1 + np.exp(-gaussian_filter1d(logits[:, 0], 1.5, mode="nearest")))
    return probability.astype(np.float32)


def laughs(probability: NDArray[np.float32]) -> list[tuple[float, float]]:
    """When there is laughter, start and end (s), by probabilities at 12.5 per second (T,)."""
    found = []
    for start, stop in runs(probability >= GOES_ON, bridge=0.3 * FPS):
        if probability[start:stop].max() >= STARTS and stop - start >= SHORTEST * FPS:
            found.append((float(start / FPS), float(stop / FPS)))
    return found
