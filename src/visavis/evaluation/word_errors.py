"""How well words and their times were recognised: word error rate, and how far word times lie from the true ones.

Both texts are first brought to one spelling as the Whisper paper does (Radford et al. 2022, appendix C: case,
punctuation, contractions, numbers, hesitations), and acknowledgements to one form as in NIST's scoring of telephone
calls: ``um-hum`` and ``uh-huh`` are one word.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from visavis.conversation import Word
from visavis.errors import MissingExtraError

_ACKNOWLEDGED = re.compile(r"\b(?:uh|um|mm|m|ah)[\s-]*h+(?:u|m)+[hm]*\b|\bm+h+m+\b")


@dataclass(frozen=True)
class WordErrors:
    """What a recogniser got wrong.

    Attributes:
        words: True words.
        substituted: Recognised as another word.
        deleted: Not recognised.
        inserted: Recognised where none is.
    """

    words: int
    substituted: int
    deleted: int
    inserted: int

    @property
    def rate(self) -> float:
        """Word error rate, which insertions can lift above 1; NaN where there are no true words."""
        return (self.substituted + self.deleted + self.inserted) / self.words if self.words else float("nan")


def word_errors(truth: str, guess: str) -> WordErrors:
    """Errors of a whole text, under the alignment with the fewest.

    Args:
        truth: What was said; what stands in brackets (``[laughter]``) does not count.
        guess: What was recognised.

    Raises:
        MissingExtraError: jiwer is not installed.
    """
    true, guessed = " ".join(_tokens(truth)), " ".join(_tokens(guess))
    if not true:
        return WordErrors(0, 0, 0, len(guessed.split()))
    found = _jiwer().process_words(true, guessed)
    return WordErrors(len(true.split()), found.substitutions, found.deletions, found.insertions)


def word_time_errors(truth: Sequence[Word], guess: Sequence[Word]) -> NDArray[np.float64]:
    """By how much the times of recognised words miss the true ones.

    Words that were not recognised, or as others, have no error of time: `word_errors` counts them.

    Args:
        truth: In order of time.
        guess: In order of time.

    Returns:
        (N, 2) seconds, of N words' starts and ends; positive where the guess is late.

    Raises:
        MissingExtraError: jiwer is not installed.
    """
    true, guessed = _owned_tokens(truth), _owned_tokens(guess)
    if not true or not guessed:
        return np.zeros((0, 2))
    found = _jiwer().process_words(" ".join(t for t, _ in true), " ".join(t for t, _ in guessed))
    pairs: dict[int, int] = {}
    for chunk in found.alignments[0]:
        if chunk.type == "equal":
            for i in range(chunk.ref_end_idx - chunk.ref_start_idx):
                owner = guessed[chunk.hyp_start_idx + i][1]
                pairs.setdefault(true[chunk.ref_start_idx + i][1], owner)
    errors = [(guess[g].start - truth[t].start, guess[g].end - truth[t].end) for t, g in pairs.items()]
    return np.array(errors).reshape(-1, 2)


def _jiwer() -> Any:
    try:
        import jiwer
    except ImportError:
        raise MissingExtraError("the word error rate", "perception") from None
    return jiwer


@cache
def _normaliser() -> Any:
    from transformers.models.whisper.english_normalizer import EnglishTextNormalizer

    return EnglishTextNormalizer({})


def _tokens(text: str) -> list[str]:
    plain = re.sub(r"\[[^]]*\]", " ", text.lower())
    tokens: list[str] = _normaliser()(_ACKNOWLEDGED.sub(" uhhuh ", plain)).split()
    return tokens


def _owned_tokens(words: Sequence[Word]) -> list[tuple[str, int]]:
    return [(token, i) for i, word in enumerate(words) for token in _tokens(word.text)]
