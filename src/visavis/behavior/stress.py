"""Stressed syllables guessed from words with times, where there is no sound to hear them in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from visavis.behavior.context import Person
from visavis.behavior.words import CUES, word_cues
from visavis.conversation import Word
from visavis.perception.words.backchannels import acknowledges
from visavis.perception.words.spoken import sounds, stressed
from visavis.perception.words.timing import phone_times

USUALLY, EMPHATIC, LAST = 0.5, 0.8, 0.65
"""Strengths of the stress on content words, on words that stress or deny, and on the last content word of a phrase,
which has the nuclear accent by default (Chomsky & Halle 1968, "The sound pattern of English"; Cruttenden 1997,
"Intonation"). Of accents that are heard in simulated speech, half are between 0.52 and 0.68."""
SHORTEST = 0.1
"""Seconds below which a word is said too quickly to be stressed."""
APART = 0.25
"""Seconds between two stresses, as between those that are heard (`visavis.behavior.prosody.accents_of`)."""
LOUD = 0.8
"""Loudness that stands for speech whose sound is not there."""
_STRESSING = frozenset(("emphasis", "no", "count")) & frozenset(CUES)


def with_guessed_stress(me: Person, *, laughter_known: bool) -> Person:
    """A person whose accents are those that the words most likely have.

    Args:
        me: With words.
        laughter_known: Whether all laughter is among `Person.laughs`. If so, the person is taken as heard, and does not
            laugh at other times; else laughs are drawn.
    """
    accents = guessed_accents([phrase.words for phrase in me.phrases], me.words)
    return replace(me, accents=accents, energy=LOUD * me.speaking if laughter_known else me.energy)


def guessed_accents(phrases: Sequence[Sequence[Word]], words: Sequence[Word]) -> tuple[tuple[float, float], ...]:
    """Time (s) and strength (0 to 1) of stressed syllables: the main stress of content words.

    Args:
        phrases: Words without pauses between, phrase by phrase.
        words: All words, which tell what they mean to behaviour.
    """
    strong = {cue.start for cue in word_cues(words) if cue.kind in _STRESSING}
    found: list[tuple[float, float]] = []
    for phrase in phrases:
        if acknowledges(word.text for word in phrase):
            continue
        mine = [(at, word) for word in phrase if (at := stressed_at(word)) is not None]
        for number, (at, word) in enumerate(mine):
            strength = EMPHATIC if word.start in strong else LAST if number + 1 == len(mine) else USUALLY
            if found and at - found[-1][0] < APART:
                if strength <= found[-1][1]:
                    continue
                found.pop()
            found.append((at, strength))
    return tuple(found)


def stressed_at(word: Word) -> float | None:
    """The middle (s) of a word's stressed vowel; None if it has none or is over too soon."""
    index = stressed(word.text)
    if index is None or word.end - word.start < SHORTEST:
        return None
    _, start, end = phone_times(sounds(word.text), word.start, word.end)[index]
    return (start + end) / 2
