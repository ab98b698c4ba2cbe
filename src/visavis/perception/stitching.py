"""Merges the local speakers of many windows into two people.

Each window names its speakers afresh. Which of them is which person follows from two things: how the voice
sounds (its embedding against each person's) and how the windows agree where they overlap. The labelling of
all windows that fits both best is found exactly, by dynamic programming; people's voices are then estimated
anew, and so on.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from visavis.perception.segmentation import SPEAKERS

# Every way to give each local speaker to one of the two people.
LABELS = np.array(list(itertools.product((0, 1), repeat=SPEAKERS)), np.intp)

_VOICE = 4.0
"""What a second of speech is worth per unit of cosine similarity, in seconds of disagreement between
windows."""

_TOGETHER = 0.5
"""Cost of giving two local speakers of one window to one person, per second of the lesser one's speech."""


@dataclass(frozen=True)
class Voices:
    """Local speakers of one recording.

    Attributes:
        active: (W, F, 3) probability that each local speaker speaks; window w + 1 begins `shift` frames after w.
        shift: Frames.
        fps: Frames per second.
        embedding: (W, 3, 256), each of length 1; zeros where a local speaker was not heard alone.
        heard: (W, 3) seconds that each local speaker was heard alone.
    """

    active: NDArray[np.float16]
    shift: int
    fps: float
    embedding: NDArray[np.float32]
    heard: NDArray[np.float32]


def stitch(voices: Voices, rounds: int = 8) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """Gives every local speaker to one of two people.

    Args:
        voices: What was heard.
        rounds: Of labelling and estimating voices anew, at most.

    Returns:
        labels (W, 3), 0 or 1; and the two people's mean embeddings (2, 256).
    """
    links, alone = _links(voices), _alone(voices)
    best: tuple[float, NDArray[np.intp], NDArray[np.float32]] | None = None
    for people in _starts(voices):
        labels = None
        for _ in range(rounds):
            voice = np.einsum("wse,pe->wsp", voices.embedding, people) * voices.heard[..., None] * _VOICE
            fit = sum(voice[:, s, LABELS[:, s]] for s in range(SPEAKERS)) - alone
            value, new = best_path(fit, links)
            if labels is not None and np.array_equal(new, labels):
                break
            labels, people = new, _means(voices, new, people)
        assert labels is not None
        if best is None or value > best[0]:
            best = value, labels, people
    assert best is not None
    return best[1], best[2]


def _links(voices: Voices) -> NDArray[np.float32]:
    """Seconds that two neighbouring windows disagree under each pair of labellings, (W - 1, 8, 8)."""
    width = voices.active.shape[1] - voices.shift
    onto = np.stack([person == LABELS for person in (0, 1)], -1).astype(np.float32)  # (8, 3, 2)
    result = np.zeros((max(len(voices.active) - 1, 0), len(LABELS), len(LABELS)), np.float32)
    for w in range(len(result)):
        before = np.minimum(np.einsum("fs,lsp->lfp", voices.active[w, voices.shift :].astype(np.float32), onto), 1)
        after = np.minimum(np.einsum("fs,lsp->lfp", voices.active[w + 1, :width].astype(np.float32), onto), 1)
        result[w] = np.abs(before[:, None] - after[None]).sum((2, 3)) / voices.fps
    return result


def _alone(voices: Voices) -> NDArray[np.float32]:
    """What each labelling costs for giving several local speakers to one person, (W, 8)."""
    seconds = voices.active.astype(np.float32).sum(1) / voices.fps
    cost = np.zeros((len(seconds), len(LABELS)), np.float32)
    for one, other in itertools.combinations(range(SPEAKERS), 2):
        lesser = np.minimum(seconds[:, one], seconds[:, other])
        cost += _TOGETHER * lesser[:, None] * (LABELS[:, one] == LABELS[:, other])[None]
    return cost


def best_path(fit: NDArray[np.float32], links: NDArray[np.float32]) -> tuple[float, NDArray[np.intp]]:
    """The labelling of all windows with the greatest sum of `fit` less `links` (Viterbi)."""
    back = np.zeros((len(fit), len(LABELS)), np.intp)
    total = fit[0].astype(np.float64)
    for w in range(1, len(fit)):
        way = total[:, None] - links[w - 1]
        back[w] = way.argmax(0)
        total = way.max(0) + fit[w]
    path = np.zeros(len(fit), np.intp)
    path[-1] = total.argmax()
    for w in range(len(fit) - 1, 0, -1):
        path[w - 1] = back[w, path[w]]
    return float(total.max()), LABELS[path]


def _starts(voices: Voices) -> list[NDArray[np.float32]]:
    """Guesses of the two voices: pairs of local speakers that were heard well and differ most."""
    w, s = np.nonzero(voices.heard >= min(1.5, float(voices.heard.max(initial=0))))
    vectors, weight = voices.embedding[w, s], voices.heard[w, s]
    if len(vectors) > 400:
        keep = np.random.default_rng(0).choice(len(vectors), 400, replace=False)
        vectors, weight = vectors[keep], weight[keep]
    if len(vectors) < 2:
        return [np.zeros((2, voices.embedding.shape[-1]), np.float32)]
    mean = weight @ vectors
    far = int(np.argmin(vectors @ mean))  # least like the whole recording: likely the one who speaks less
    farther = int(np.argmin(vectors @ vectors[far]))
    apart = np.unravel_index(int(np.argmin(vectors @ vectors.T)), (len(vectors), len(vectors)))
    principal = np.linalg.svd(vectors - vectors.mean(0), full_matrices=False)[2][0]
    side = vectors @ principal
    ends = [vectors[side >= np.quantile(side, 0.75)].mean(0), vectors[side <= np.quantile(side, 0.25)].mean(0)]
    pairs = [vectors[[far, farther]], vectors[list(apart)], np.stack(ends)]
    return [_unit(np.asarray(pair, np.float32)) for pair in pairs]


def _means(voices: Voices, labels: NDArray[np.intp], old: NDArray[np.float32]) -> NDArray[np.float32]:
    sums = np.stack([np.einsum("wse,ws->e", voices.embedding, voices.heard * (labels == person)) for person in (0, 1)])
    return _unit(np.where(np.linalg.norm(sums, axis=1, keepdims=True) > 1e-6, sums, old))


def _unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    unit: NDArray[np.float32] = vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9)
    return unit
