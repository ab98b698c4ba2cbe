"""Laughter in transcripts: "[laughter]", "(laughs)", "*giggles*", "haha"."""

from __future__ import annotations

import re
from collections.abc import Iterable

from visavis.conversation import Interval, Word

SHORTEST = 0.3
"""Seconds that laughter lasts where its words say no more."""

_MARKED = re.compile(
    r"^[\[(<{*]+\s*(?:(?:both|all|they|he|she)\s+)?(?:laugh(?:s|ing|ter|ed)?|chuckl(?:es?|ing)|giggl(?:es?|ing)|haha)"
    r"\b[^\])>}*]*[\])>}*]+[.,!?]*$",
    re.IGNORECASE,
)
_LAUGHING = re.compile(r"^\[laughter-(.+)\]$", re.IGNORECASE)
"""A word that is spoken laughing, as Switchboard's transcripts write it."""
_SPELT = re.compile(r"^(?:ba|bwa|mwa)?(?:[ha]*(?:ha){2,}h?|(?:he){2,}h?|(?:ho){3,}|(?:hi){3,})$", re.IGNORECASE)


def is_laughter(text: str) -> bool:
    """Whether a word of a transcript is laughter, or spoken laughing."""
    bare = text.strip().strip(".,!?;:\"'-–")
    joined = bare.replace("-", "").replace(" ", "")
    return bool(_MARKED.match(text.strip()) or _LAUGHING.match(text.strip()) or _SPELT.match(joined))


def written_laughter(words: Iterable[Word]) -> tuple[Interval, ...]:
    """The laughter among words, as intervals ``laugh``."""
    return tuple(Interval("laugh", w.start, max(w.end, w.start + SHORTEST)) for w in words if is_laughter(w.text))


def without_laughter(words: Iterable[Word]) -> tuple[Word, ...]:
    """The words that are spoken; of those spoken laughing, the word itself."""
    spoken = []
    for word in words:
        laughing = _LAUGHING.match(word.text.strip())
        if laughing:
            spoken.append(Word(laughing[1], word.start, word.end))
        elif not is_laughter(word.text):
            spoken.append(word)
    return tuple(spoken)
