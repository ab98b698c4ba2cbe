"""Sentiment by similarity to a few example sentences: small and transparent, but no substitute for a model."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from visavis.language.embedding import SentenceSimilarity, sentence_similarity
from visavis.perception.sentiment.protocol import LABELS

NEAREST = 5
"""Prototypes of a label that count for a sentence."""


@cache
def prototypes() -> dict[str, tuple[str, ...]]:
    """The sentences that stand for each label."""
    import yaml

    text = resources.files("visavis.perception.sentiment").joinpath("prototypes.yaml").read_text("utf-8")
    found = yaml.safe_load(text)
    return {label: tuple(found[label]) for label in LABELS}


class Prototypes:
    """A `visavis.perception.sentiment.SentimentClassifier` by sentence embeddings (all-MiniLM-L6-v2).

    A sentence has the label to whose five nearest prototypes its mean cosine is greatest. English only.

    Raises:
        InputError: The embedding's weights are not available.
    """

    name = "similarity to 72 example sentences (all-MiniLM-L6-v2)"

    def __init__(self) -> None:
        self._similarity = sentence_similarity()

    def __call__(self, sentences: Sequence[str]) -> NDArray[np.intp]:
        """See `visavis.perception.sentiment.SentimentClassifier`."""
        classes: NDArray[np.intp] = likeness(self._similarity.embed(sentences), self._similarity).argmax(1)
        return classes


def likeness(embedded: NDArray[np.float64], similarity: SentenceSimilarity) -> NDArray[np.float64]:
    """Mean cosine of embedded sentences (N, D) to the nearest prototypes of each label, (N, 3)."""
    cosines = [embedded @ similarity.embed(prototypes()[label]).T for label in LABELS]
    return np.stack([np.sort(cosine, axis=1)[:, -NEAREST:].mean(1) for cosine in cosines], 1)
