"""METEOR: how well a text's words match those of a reference, in order (Banerjee & Lavie 2005), by NLTK.

Words match that are equal, then words of the same stem (Porter). The third stage, synonyms, needs WordNet, which NLTK
downloads from elsewhere; it is left out, for everybody alike, so that values are a little lower than with it.
"""

from __future__ import annotations

import re
from typing import Any

from visavis.errors import MissingExtraError

STAGES = "exact and stemmed words, no synonyms"
"""What the values are of, for reports."""
_PIECES = re.compile(r"\w+(?:['’]\w+)*|[^\w\s]")


class _NoSynonyms:
    """Stands for WordNet, of which no word has an entry."""

    def synsets(self, _word: str) -> list[Any]:
        return []


def meteor(candidate: str, reference: str) -> float:
    """The score, 0 to 1: a mean of precision and recall in which recall weighs nine times, less for disorder.

    Args:
        candidate: Text; letter case does not count, and marks are words of their own.
        reference: What should have been said.

    Raises:
        MissingExtraError: NLTK is not installed.
    """
    try:
        from nltk.stem.porter import PorterStemmer
        from nltk.translate.meteor_score import single_meteor_score
    except ImportError:
        raise MissingExtraError("METEOR", "llm") from None
    mine, theirs = (_PIECES.findall(text.lower()) for text in (candidate, reference))
    if not mine or not theirs:
        return 0.0
    stemmer: Any = PorterStemmer()
    return float(single_meteor_score(theirs, mine, stemmer=stemmer, wordnet=_NoSynonyms()))
