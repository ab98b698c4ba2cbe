"""Distance between a predicted and the true listener in face-recognition embeddings (RealTalk, section 5.2).

The paper takes the L2 distance in the feature spaces of VGG-Face, FaceNet, FaceNet-512 and DeepFace; it does not say
which frames are compared. Here a listener is the mean feature of the key frames, on one and the same character, so that
nothing but expression and pose can differ. Which network gives the features is the caller's choice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from visavis.errors import InputError
from visavis.evaluation.intervals import Interval, mean_interval

Array = NDArray[np.float64]
Pictures = Iterable[NDArray[np.uint8]]
Embed = Callable[[NDArray[np.uint8]], ArrayLike | None]
"""A picture (H, W, 3) to a vector (D,), or one for each of several networks (S, D); None where no face is found."""


def looks(pictures: Pictures, embed: Embed) -> Array | None:
    """A listener as one vector, of the shape that `embed` gives: the mean over pictures that show a face.

    Returns:
        None where no picture shows a face.
    """
    found = [vector for picture in pictures if (vector := embed(picture)) is not None]
    return np.mean(np.asarray(found, np.float64), 0) if found else None


def perceptual_distances(predicted: ArrayLike, true: ArrayLike) -> Array:
    """L2 distances (N,) between predicted and true listeners, nan where either has no face.

    Args:
        predicted: (N, D), a row of nan for a listener without a face.
        true: (N, D) likewise.

    Raises:
        InputError: The shapes differ.
    """
    a, b = np.asarray(predicted, np.float64), np.asarray(true, np.float64)
    if a.ndim != 2 or a.shape != b.shape:
        raise InputError(f"perceptual distances need as many predicted as true listeners, not {a.shape} and {b.shape}")
    distances: Array = np.linalg.norm(a - b, axis=1)
    return distances


def perceptual_distance(predicted: ArrayLike, true: ArrayLike) -> Interval:
    """The mean of `perceptual_distances` and its 95% interval over listeners."""
    return mean_interval(perceptual_distances(predicted, true), least=0.0)


def expected_distances(true: ArrayLike) -> Array:
    """Distances (N,) of each true listener from the others on average: what a listener drawn at random has.

    Args:
        true: (N, D), a row of nan for a listener without a face.

    Returns:
        nan for a listener without a face, and where there is no other.
    """
    values = np.asarray(true, np.float64)
    seen = np.isfinite(values).all(1)
    found = np.full(len(values), np.nan)
    for i in np.flatnonzero(seen) if seen.sum() > 1 else ():
        found[i] = np.linalg.norm(values[seen] - values[i], axis=1).sum() / (seen.sum() - 1)
    return found
