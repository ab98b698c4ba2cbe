"""Tells whether a text is English, however short it is.

Programs that identify languages need a sentence: of one or two words they take "hi" for Italian and "hola" for
English. Here words decide (naive Bayes): how often English has each is compared with how often six other languages
have it, and with how often a word so long occurs in any language, for those without a list; the shorter it is, the more
languages have it, so that "a", "me" and "on" say little. A word that English does not have counts against it, except
abbreviations and mistakes in spelling, which say nothing.

A text all of whose words are English gets the benefit of the doubt, so "no", "formidable" and "on divorce" are English
although French has them more often; one with other words does not, so loans ("adios", "c'est la vie") are doubted: a
note costs little, a wrong reaction to a death much. `docs/decisions.md` has how often it is right.
"""

from __future__ import annotations

import gzip
import re
import unicodedata
from functools import lru_cache
from importlib.resources import files
from math import log
from string import ascii_lowercase

from visavis.reading import parse_json

COMMON, KNOWN, SEEN = 10.0, 0.1, 1.0
"""Occurrences in a million words from which on one is common in English, is English at all, or of another language."""
ONE_LETTER, EACH_LETTER = 1500.0, 4.5
"""How often in a million words a word of one letter occurs in any language, and how much rarer one is a letter on."""
LONG = 9
"""Letters from which on words become no rarer."""
NEW = 0.02
"""Share of the words of a length that a language's list does not have."""
MISTAKE = 0.2
"""Share of the words of a length that are mistakes in spelling common English words."""
DOUBT = log(20.0)
"""Evidence (nats) against English that is forgiven if English has all words."""
SURE = 12.0
"""Evidence for English at which no other language needs to be looked at; its lists take seconds to read."""
LETTERS = 0.6
"""Share of the letters that are a to z."""
TYPO = 5
"""Letters from which on a word one letter off a common one is a mistake and no other word."""
OTHERS = ("de", "es", "fr", "it", "nl", "pt")
"""Languages in Latin letters of which `pyspellchecker` has lists."""

_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*")
_LONG = re.compile(r"(.)\1{2,}")
"""A letter drawn out, as in "sooo"."""
_VOWEL = re.compile("[aeiouy]")
_CHAT_WORDS = """
    lol lmao lmfao rofl omg omfg idk tbh thx ty hmm hm mm mhm haha hahaha hehe ha ugh ew eww yay ouch wow whoa woah
    yikes jeez meh duh phew oops ooh oof shh grr pfft nope nah yep yup sup wassup asap brb bruh bro dude congrats gonna
    wanna gotta gimme lemme gotcha dunno hella im ive id youre thats whats dont cant didnt doesnt wont isnt aint uh um
    oh ah eh aw aww hey hi ok okay btw imo imho smh fyi rip irl nvm lmk wtf wtaf pls plz u ur r n af fr ngl tmrw tmr omw
    otw gtg ttyl hbu wbu wyd ikr istg ily jk np bff obv y'all ain't g'day g'night ma'am o'clock cuz cos kinda sorta tho
    teh wnat taht adn
"""
"""What people write in chats, and books and subtitles do not; it says nothing, as other languages have it, too."""
_CHAT = frozenset(_CHAT_WORDS.split())


@lru_cache(maxsize=4096)
def looks_english(text: str) -> bool:
    """Whether a text is English; true of what has no words, such as numbers.

    Slang, names and mistakes in spelling count as English among English words.
    """
    words = _words(text)
    letters = [c for c in text if c.isalpha()]
    if sum(c.isascii() for c in letters) < LETTERS * len(letters):
        return False
    forgiven = DOUBT if all(_is_known(word) for word in words) else 0.0
    english = sum(log(_in_english(word)) for word in words)
    evidence = english - sum(log(_anywhere(word)) for word in words)
    if not words or evidence > SURE or evidence < -forgiven:
        return evidence >= -forgiven
    return all(english + forgiven >= sum(log(_in_other(word, name)) for word in words) for name in OTHERS)


def _words(text: str) -> list[str]:
    """Words in lower case and without accents, without names: those with a capital, if others have none.

    The first has one anyway: it is a name if the second has one, too, or if English does not have it.
    """
    written = _WORD.findall(text.replace("’", "'"))
    first_too = len(written) > 2 and (written[1].istitle() or not _is_known(_plain(written[0])))
    others = [word for i, word in enumerate(written) if not word.istitle() or (i == 0 and not first_too)]
    kept = others if others and (len(others) > 1 or len(written) <= 2 or first_too) else written
    return [_plain(word) for word in kept]


def _plain(word: str) -> str:
    return _without_accents(_LONG.sub(r"\1", word.lower()))


def _without_accents(word: str) -> str:
    if word.isascii():
        return word
    return "".join(c for c in unicodedata.normalize("NFKD", word) if not unicodedata.combining(c))


def _anywhere(word: str) -> float:
    """How often in a million a word so long occurs in whatever language."""
    return float(ONE_LETTER * EACH_LETTER ** (1 - min(len(word), LONG)))


def _in_english(word: str) -> float:
    """Occurrences in a million English words; of what is new in it, as many as its length suggests."""
    if word in _CHAT:
        return max(COMMON, _listed(word), _anywhere(word))
    if _listed(word) >= KNOWN:
        return max(_listed(word), NEW * _anywhere(word))
    if _abbreviates(word):
        return _anywhere(word)
    return (MISTAKE if _is_mistake(word) else NEW) * _anywhere(word)


def _is_known(word: str) -> bool:
    return word in _CHAT or _listed(word) >= KNOWN or _abbreviates(word) or _is_mistake(word)


def _listed(word: str) -> float:
    """Occurrences in a million English words; those with an apostrophe may be listed without their ending."""
    per_million = _per_million("en")
    return max(per_million.get(word, 0.0), per_million.get(word.partition("'")[0], 0.0))


def _in_other(word: str, language: str) -> float:
    """Occurrences in a million words of another language; an article before an apostrophe counts as its own word."""
    per_million = _per_million(language)
    parts = min(per_million.get(part, 0.0) for part in word.split("'"))
    return max(parts, per_million.get(word, 0.0), NEW * _anywhere(word))


def _abbreviates(word: str) -> bool:
    return len(word) > 1 and word.isascii() and not _VOWEL.search(word)


@lru_cache(maxsize=4096)
def _is_mistake(word: str) -> bool:
    """Whether a letter too many, too few, wrong or exchanged with the next makes it differ from a common word."""
    if len(word) < TYPO:
        return False
    cuts = [(word[:i], word[i:]) for i in range(len(word) + 1)]
    nearest = {head + tail[1:] for head, tail in cuts if tail}
    nearest |= {head + tail[1] + tail[0] + tail[2:] for head, tail in cuts if len(tail) > 1}
    nearest |= {head + c + tail[skipped:] for head, tail in cuts for c in ascii_lowercase for skipped in (0, 1)}
    return any(_per_million("en").get(other, 0.0) >= COMMON for other in nearest)


@lru_cache(maxsize=1 + len(OTHERS))
def _per_million(language: str) -> dict[str, float]:
    """Occurrences in a million words, without accents, of what is not rare; from the lists of `pyspellchecker`."""
    with gzip.open(str(files("spellchecker") / "resources" / f"{language}.json.gz"), "rb") as file:
        counts: dict[str, int] = parse_json(file.read(), language)
    unit, least = sum(counts.values()) / 1e6, KNOWN if language == "en" else SEEN
    found: dict[str, float] = {}
    for word, count in counts.items():
        if count >= least * unit:
            plain = _without_accents(word)
            found[plain] = found.get(plain, 0.0) + count / unit
    return found
