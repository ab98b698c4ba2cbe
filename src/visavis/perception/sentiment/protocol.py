"""Input and output of sentiment classifiers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

LABELS = ("negative", "neutral", "positive")


class SentimentClassifier(Protocol):
    """Tells the sentiment of sentences.

    Attributes:
        name: For notes and provenance.
    """

    name: str

    def __call__(self, sentences: Sequence[str]) -> NDArray[np.intp]:
        """Indices into `LABELS`, (N,)."""
        ...
