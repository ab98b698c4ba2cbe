"""How written words are said: numbers, abbreviations and hyphens become sounds; one syllable is the stressed one."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from visavis.perception.words.letters import pronounce
from visavis.perception.words.phones import VOWELS


def _list(words: str) -> list[str]:
    return words.split()


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


LONGEST_NUMBER = 6
"""Digits of a number that is read as one; longer ones are read digit by digit."""
FUNCTION_WORDS = _set(
    """a an the and or but nor so if then than that as of at by for from in into on onto to up with without about over
    under i me my mine we us our you your he him his she her it its they them their this these those there here who
    whom whose which what when where am is are was were be been being do does did have has had having will would shall
    should can could may might must i'm i've i'd i'll you're you've you'd you'll he's she's it's we're we've we'd we'll
    they're they've they'd they'll that's there's what's let's im ive id oh uh um er hm hmm mm well just
    because 'cause 'em too also"""
)
"""English words that carry grammar rather than meaning, which are stressed seldom (Cutler & Carter 1987, "The
predominance of strong initial syllables in the English vocabulary", Comput. Speech Lang. 2)."""

_NAMES = dict(zip(
    "abcdefghijklmnopqrstuvwxyz",
    ("EY", "B IY", "S IY", "D IY", "IY", "EH F", "JH IY", "EY CH", "AY", "JH EY", "K EY", "EH L", "EH M", "EH N", "OW",
     "P IY", "K Y UW", "AA R", "EH S", "T IY", "Y UW", "V IY", "D AH B AH L Y UW", "EH K S", "W AY", "Z IY"),
    strict=True,
))  # fmt: skip
_HUMS = frozenset(("hm", "hmm", "mm", "mhm", "shh", "psst"))
"""Words that are said without a vowel letter, rather than spelt."""
_ONES = _list(
    """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
    seventeen eighteen nineteen"""
)
_TENS = _list("twenty thirty forty fifty sixty seventy eighty ninety")
_SIGNS = {"$": "dollars", "%": "percent", "&": "and", "@": "at", "+": "plus", "°": "degrees"}
_PIECES = re.compile(r"[a-z]+(?:'[a-z]+)*|\d+(?:st|nd|rd|th)?(?![a-z])|\d+|[$%&@+°]")
_ORDINAL = re.compile(r"(?:st|nd|rd|th)$")
# The stressed vowel is the last one before these endings ("ability", "vacation", "electric").
_STRESSED_BEFORE = re.compile(r"(?:[st]ions?|ity|ities|ical|ically|ics?|ious|eous|ian|ians)$")


@lru_cache(maxsize=50_000)
def sounds(text: str) -> tuple[str, ...]:
    """The phones of a written word, ARPAbet without stress.

    Numbers are read as words (1998 as nineteen ninety eight), words without a vowel letter are spelt (TV), parts joined
    by hyphens are said one after the other. Empty where nothing can be pronounced: marks, emoticons, other scripts.
    """
    return tuple(phone for piece in _pieces(text) for phone in piece)


def stressed(text: str) -> int | None:
    """Which phone of `sounds` is the vowel of the main stress; None for function words and for what has no vowel.

    Guessed: nine of ten English content words begin with a strong syllable (Cutler & Carter 1987), words that begin
    with a reduced vowel have the next one stressed, and some endings decide (Chomsky & Halle 1968, "The sound pattern
    of English": -tion, -ity, -ic).
    """
    plain = plain_text(text).strip('.,!?;:"()[]{}…-')
    if plain in FUNCTION_WORDS:
        return None
    phones = sounds(text)
    vowels = [i for i, phone in enumerate(phones) if phone in VOWELS]
    if not vowels:
        return None
    ending = _STRESSED_BEFORE.search(plain)
    if ending and len(vowels) > 2:
        after = sum(phone in VOWELS for phone in sounds("b" + ending[0]))
        return vowels[max(0, len(vowels) - 1 - after)]
    reduced = len(vowels) > 1 and phones[vowels[0]] == "AH" and vowels[0] == 0
    return vowels[1 if reduced else 0]


def plain_text(text: str) -> str:
    """Lower case, accents taken off, typographic apostrophes made straight."""
    decomposed = unicodedata.normalize("NFKD", text.replace("’", "'").replace("‘", "'"))
    return "".join(c for c in decomposed if not unicodedata.combining(c)).lower()


def _pieces(text: str) -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = []
    joined = re.sub(r"(?<=\d),(?=\d{3})", "", plain_text(text))
    for piece in _PIECES.findall(re.sub(r"\$(\d+)", r"\1$", joined)):
        if piece[0].isdigit():  # an ordinal moves the mouth nearly as its number does
            found += [pronounce(word) for word in number_words(_ORDINAL.sub("", piece))]
        elif piece in _SIGNS:
            found.append(pronounce(_SIGNS[piece]))
        elif not set(piece) & set("aeiouy") and piece not in _HUMS and len(piece) <= 5 and piece.isalpha():
            found += [tuple(_NAMES[letter].split()) for letter in piece]
        else:
            found.append(pronounce(piece))
    return found


def number_words(digits: str) -> list[str]:
    """A number as it is read: years from 1100 to 1999 in pairs, others up to `LONGEST_NUMBER` digits as one."""
    if len(digits) > LONGEST_NUMBER or (len(digits) > 1 and digits[0] == "0"):
        return [_ONES[int(digit)] for digit in digits]
    value = int(digits)
    if 1100 <= value < 2000:
        rest = value % 100
        tail = ["hundred"] if rest == 0 else ["oh", _ONES[rest]] if rest < 10 else _below_thousand(rest)
        return [*_below_thousand(value // 100), *tail]
    thousands, rest = divmod(value, 1000)
    words = [*_below_thousand(thousands), "thousand"] if thousands else []
    return words + (_below_thousand(rest) if rest or not thousands else [])


def _below_thousand(value: int) -> list[str]:
    if value < 20:
        return [_ONES[value]]
    if value < 100:
        return [_TENS[value // 10 - 2], *([_ONES[value % 10]] if value % 10 else [])]
    hundreds, rest = divmod(value, 100)
    return [_ONES[hundreds], "hundred", *(_below_thousand(rest) if rest else [])]
