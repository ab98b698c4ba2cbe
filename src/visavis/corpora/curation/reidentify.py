"""VENUS's Algorithm 1: which of several apparent speakers is the one that was cropped before."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from visavis.corpora.curation.batching import resize_and_pad

Embed = Callable[[NDArray[np.uint8]], NDArray[np.floating]]
"""Pictures (N, S, S, 3) to vectors (N, D)."""

SIDE = 32


def pixels(squares: NDArray[np.uint8]) -> NDArray[np.float64]:
    """The built-in embedding: the pixels themselves, less their mean.

    From one picture to the next a person hardly changes, so that clothes and background tell people apart; the paper
    takes MobileNetV2, which any `Embed` may stand for.
    """
    flat: NDArray[np.float64] = squares.reshape(len(squares), -1).astype(np.float64)
    flat -= flat.mean(1, keepdims=True)
    return flat


def align_speaker(
    crops: Iterable[Sequence[NDArray[np.uint8]]], embed: Embed = pixels, side: int = SIDE
) -> list[int | None]:
    """Which crop of each frame is the speaker (lines 10 to 22).

    A single crop is taken as it is; of several, the one whose embedding has the highest cosine with the crop taken
    before. The first frame of an utterance has nothing to compare with and takes its first crop. Frames without a crop,
    of which the paper does not speak, change nothing.

    Args:
        crops: For each frame of an utterance, pictures of those who speak, the surest first.
        embed: Turns pictures into vectors.
        side: Pixels of the squares that crops are padded to.

    Returns:
        For each frame the index of the crop that was taken, None where there is none.
    """
    taken: list[int | None] = []
    previous: NDArray[np.uint8] | None = None
    for pictures in crops:
        if not len(pictures):
            taken.append(None)
            continue
        choice = 0
        if len(pictures) > 1 and previous is not None:
            squares, _ = resize_and_pad([previous, *pictures], side)
            vectors = _unit(np.asarray(embed(squares), np.float64))
            choice = int(np.argmax(vectors[1:] @ vectors[0]))
        taken.append(choice)
        previous = pictures[choice]
    return taken


def _unit(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    unit: NDArray[np.float64] = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    return unit
