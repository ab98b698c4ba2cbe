"""Sentences and words in transcripts, and which of them are characteristic."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

SENTENCE_END = r"[.!?…。！？]+[\"'”’)\]]*(?:\s+|$)"
"""Where a sentence ends; the same for Arrow's regular expressions and Python's."""
TRIMMED = " .,;:!?…\"'“”‘’()[]{}<>-–—。，！？、¿¡*#/"
"""Taken off both ends of a word."""
# Forms and sounds of conversation that sklearn's list, made for written text, does not have.
_SPOKEN = """
    yeah yes no oh uh um uhm hmm mm mhm huh ah okay ok well like just really right know think mean got get gets going
    gonna wanna gotta thing things stuff kind sort lot bit actually say says said let lets did didn't do don't does
    doesn't can't won't isn't wasn't aren't i'm i've i'll i'd you're you've you'll you'd it's that's there's he's she's
    we're we've we'll they're they've what's let's one two go want come make makes way us uh-huh mm-hmm hm probably
    maybe sure exactly honestly absolutely suppose somebody guess
"""
STOP_WORDS = ENGLISH_STOP_WORDS | {*_SPOKEN.split(), *_SPOKEN.replace("'", "’").split()}
_BETWEEN = re.compile("(?<=[.!?…。！？])\\s+|(?<=[.!?…。！？][\"'”’)\\]])\\s+")


def sentences(utterances: Iterable[str]) -> list[str]:
    """The sentences of utterances, by punctuation; an utterance without any is one."""
    parts = (part for text in utterances for part in _BETWEEN.split(text))
    return [part.strip() for part in parts if part.strip(TRIMMED)]


def words_of(text: str) -> list[str]:
    """Lower-case words without punctuation."""
    return [word for word in (part.strip(TRIMMED) for part in text.lower().split()) if word]


def telling(counts: Counter[str]) -> Counter[str]:
    """Those with something to say for themselves: no stop words of English, no numbers, no single letters."""
    return Counter({w: n for w, n in counts.items() if w not in STOP_WORDS and len(w) > 1 and not w.isdigit()})


def leaning(texts: Sequence[str], here: Sequence[bool]) -> dict[str, float]:
    """Words that are said more in some texts than in the others, and by how much.

    Log odds with a Dirichlet prior in proportion to all texts, over their standard deviation (Monroe, Colaresi and
    Quinn 2008, equations 15-22).

    Args:
        texts: All of them.
        here: For each, whether it is one of those that words are sought for.

    Returns:
        z scores above 0, of words that are said at least twice in those texts.
    """
    inside, outside = Counter[str](), Counter[str]()
    for text, mine in zip(texts, here, strict=True):
        (inside if mine else outside).update(words_of(text))
    inside_total, outside_total = inside.total(), outside.total()
    prior = inside + outside
    if len(prior) < 2:  # one word is said everywhere to the same share
        return {}
    strength = min(100.0, float(prior.total()))
    found: dict[str, float] = {}
    for word, count in telling(inside).items():
        share = strength * prior[word] / prior.total()
        first, second = count + share, outside[word] + share
        odds = np.log(first / (inside_total + strength - first)) - np.log(second / (outside_total + strength - second))
        z = float(odds / np.sqrt(1 / first + 1 / second))
        if z > 0 and count > 1:
            found[word] = z
    return found
