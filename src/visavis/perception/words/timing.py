"""Where the phones of a word lie when only the word's times are known."""

from __future__ import annotations

from collections.abc import Sequence

from visavis.conversation import Interval, Word
from visavis.perception.words.phones import DIPHTHONGS, SILENCE, VOWELS
from visavis.perception.words.spoken import sounds

# Lengths relative to a stop, after Klatt 1976, "Linguistic uses of segmental duration in English", J. Acoust. Soc. Am.
# 59: vowels, most of all gliding ones, are longer than consonants, fricatives longer than nasals, liquids and flaps.
_LONG, _SHORT = {"S": 1.35, "SH": 1.4, "CH": 1.4, "F": 1.25, "TH": 1.2}, {"DH": 0.6, "HH": 0.8, "T": 0.85, "D": 0.8}
_VOWEL, _GLIDE, _BRIEF = 1.6, 2.0, frozenset(("AH", "IH", "UH"))
_BRIEF_VOWEL = 1.15


def phone_times(phones: Sequence[str], start: float, end: float) -> list[tuple[str, float, float]]:
    """Each phone with start and end (s), one after the other from `start` to `end`, each as long as it usually is."""
    lengths = [_usual(phone) for phone in phones]
    scale = (end - start) / sum(lengths) if lengths else 0.0
    found = []
    at = start
    for phone, length in zip(phones, lengths, strict=True):
        found.append((phone, at, at + length * scale))
        at += length * scale
    return found


def phones_of_words(words: Sequence[Word], duration: float) -> tuple[Interval, ...]:
    """The phones of one mouth's words, with silence wherever nothing is said, gapless from 0 to `duration`.

    A word that cannot be pronounced is silence, and one that begins before the last has ended cuts that one short.

    Args:
        words: In order of start, seconds.
        duration: Of the conversation, seconds.
    """
    found: list[Interval] = []
    at = 0.0
    for number, word in enumerate(words):
        after = words[number + 1].start if number + 1 < len(words) else duration
        start, end = max(at, word.start), min(word.end, max(after, word.start), duration)
        phones = sounds(word.text)
        if not phones or end - start <= 1e-3:
            continue
        if start > at:
            found.append(Interval(SILENCE, at, start))
        found += [Interval(*phone) for phone in phone_times(phones, start, end)]
        at = end
    if at < duration:
        found.append(Interval(SILENCE, at, duration))
    return tuple(found)


def _usual(phone: str) -> float:
    if phone in DIPHTHONGS:
        return _GLIDE
    if phone in VOWELS:
        return _BRIEF_VOWEL if phone in _BRIEF else _VOWEL
    return _LONG.get(phone, _SHORT.get(phone, 1.0))
