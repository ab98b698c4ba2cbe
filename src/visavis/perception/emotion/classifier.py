"""The emotion of a text, learnt from chats whose writers said what they felt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, hstack

from visavis.language.embedding import sentence_similarity
from visavis.perception.sentiment.prototypes import likeness
from visavis.reading import read_arrays

EMOTIONS = ("happy", "sad", "angry", "surprised", "afraid", "disgusted", "curious", "neutral")
"""What there is to tell, in the order of probabilities."""
HASHES = 1 << 15
"""Places that words are hashed to."""
AFFECT: Mapping[str, tuple[float, float]] = MappingProxyType({
    "happy": (0.81, 0.51), "sad": (-0.63, -0.27), "angry": (-0.51, 0.59), "surprised": (0.40, 0.67),
    "afraid": (-0.64, 0.60), "disgusted": (-0.60, 0.35), "curious": (0.22, 0.62), "neutral": (0.0, 0.0),
})  # fmt: skip
"""Valence and arousal, -1 to 1 (Russell & Mehrabian 1977, "Evidence for a three-factor theory of emotions", J. Res.
Pers. 11, table 1)."""


LEANING = 0.1
"""Difference of likeness to two sentiments' example sentences at which one is e times as likely as the other."""
POLARITY = np.array([
    # negative, neutral, positive
    [0, 0, 1], [1, 0, 0], [1, 0, 0], [1 / 3, 1 / 3, 1 / 3], [1, 0, 0], [1, 0, 0], [1 / 6, 2 / 3, 1 / 6], [0, 1, 0],
])  # fmt: skip
"""How much of each emotion is of each sentiment, (8, 3)."""


@dataclass(frozen=True)
class Emotion:
    """The emotion of one text.

    Attributes:
        label: The likeliest of `EMOTIONS`.
        confidence: Its probability.
        valence: Expected, -1 to 1.
        arousal: Expected, -1 to 1.
    """

    label: str
    confidence: float
    valence: float
    arousal: float


class EmotionClassifier:
    """Logistic regressions on words and pairs of words, and on sentence embeddings (all-MiniLM-L6-v2). English only.

    The mean of their scores decides: words tell what was learnt of them, embeddings what is like it. Learnt from the
    23,373 turns of Topical-Chat (Gopalakrishnan et al. 2019, Interspeech) whose conversations are its two validation
    sets; each turn has the one of eight sentiments that its writer chose. `visavis.training.emotion` has the command.
    Those chats know little of illness, loss or luck: each emotion is weighed by how much the text is like example
    sentences of its sentiment.

    Raises:
        InputError: The embedding's weights are not available.
    """

    def __init__(self) -> None:
        self._similarity = sentence_similarity()

    def probabilities(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Of each text by `EMOTIONS`, (N, 8), each row adding up to 1."""
        stored = _weights()
        meaning = self._similarity.embed(texts)
        features = joined(weighted(counted(texts), stored["idf"]), meaning)
        return leaning(chances(features, stored["weights"], stored["bias"]), likeness(meaning, self._similarity))

    def __call__(self, texts: Sequence[str]) -> list[Emotion]:
        """The emotion of each text."""
        affect = np.array([AFFECT[name] for name in EMOTIONS])
        found = []
        for row in self.probabilities(texts):
            valence, arousal = row @ affect
            best = int(row.argmax())
            found.append(Emotion(EMOTIONS[best], float(row[best]), float(valence), float(arousal)))
        return found


def counted(texts: Sequence[str]) -> csr_matrix:
    """Which words, pairs of words and marks a text has, hashed to (N, `HASHES`)."""
    from sklearn.feature_extraction.text import HashingVectorizer

    if not len(texts):
        return csr_matrix((0, HASHES))
    hashing = HashingVectorizer(
        n_features=HASHES, ngram_range=(1, 2), token_pattern=r"[a-z']+|[?!.]", binary=True, norm=None,
        alternate_sign=False,
    )  # fmt: skip
    return hashing.transform([text.replace("’", "'") for text in texts])


def weighted(words: csr_matrix, idf: NDArray[np.floating]) -> csr_matrix:
    """The words of texts (N, `HASHES`) times how rare each is (`HASHES`,), each text scaled to length 1."""
    from sklearn.preprocessing import normalize

    rare = words.multiply(idf.astype(np.float64)[None]).tocsr()
    return normalize(rare) if words.shape[0] else rare


def joined(words: csr_matrix, embedded: NDArray[np.float64]) -> csr_matrix:
    """Weighted words (N, `HASHES`) and embeddings (N, 384) side by side."""
    return hstack([words, csr_matrix(embedded)], format="csr")


def chances(features: csr_matrix, weights: NDArray[np.floating], bias: NDArray[np.floating]) -> NDArray[np.float64]:
    """Probabilities (N, 8) from `joined` features (N, F), weights (F, 8) and bias (8,)."""
    scores = features @ weights.astype(np.float64) + bias.astype(np.float64)
    scores = np.exp(scores - scores.max(1, keepdims=True)) if len(scores) else scores
    shares: NDArray[np.float64] = scores / scores.sum(1, keepdims=True)
    return shares


def leaning(shares: NDArray[np.float64], like: NDArray[np.float64]) -> NDArray[np.float64]:
    """Probabilities (N, 8) by the likeness (N, 3) of their texts to examples of each sentiment."""
    sentiment = np.exp((like - like.max(1, keepdims=True)) / LEANING) if len(like) else like
    weighed = shares * (sentiment / sentiment.sum(1, keepdims=True) @ POLARITY.T)
    result: NDArray[np.float64] = weighed / weighed.sum(1, keepdims=True)
    return result


@cache
def _weights() -> dict[str, NDArray[np.floating]]:
    with resources.as_file(resources.files("visavis.perception.emotion").joinpath("weights.npz")) as path:
        return read_arrays(path)
