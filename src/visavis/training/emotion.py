"""Trains the classifier of emotion: ``python -m visavis.training.emotion --data FOLDER -o FILE``.

FOLDER holds Topical-Chat. It learns from the validation sets, chooses its regularisation by folds of their
conversations, and is measured on the test sets, which it prints beside the commonest label and, as far as their three
classes can tell, the built-in classifier of sentiment.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from visavis.language.embedding import sentence_similarity

STRENGTHS = (1.0, 3.0, 10.0, 30.0)
"""Inverse regularisations to choose from."""
FOLDS = 5
AT_ONCE = 2048
"""Texts; bounds the memory."""


def embedded(texts: Sequence[str]) -> NDArray[np.float64]:
    """Sentence embeddings (N, 384)."""
    parts = [sentence_similarity().embed(texts[at : at + AT_ONCE]) for at in range(0, len(texts), AT_ONCE)]
    return np.concatenate(parts)
