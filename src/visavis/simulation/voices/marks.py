"""Speech with the time of every word as it is written: what else is to happen at a word needs to know when that is.

A `Voice` knows the times of what it pronounces; here each written word gets its own, marks, numbers and emoticons
included, so that the n-th word that was asked for is the n-th that is told.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol, runtime_checkable

import numpy as np
import soxr
from numpy.typing import NDArray

from visavis.conversation import Word
from visavis.errors import InputError
from visavis.media.audio import SAMPLE_RATE, Audio
from visavis.perception.words.spoken import number_words, plain_text, sounds
from visavis.simulation.voices import espeak_library
from visavis.simulation.voices.espeak import ESPEAK_VOICES
from visavis.simulation.voices.registry import get_voice
from visavis.simulation.voices.speech import Voice, words_of

WORDS_A_MINUTE = 165
QUIET = 0.004
"""Of full scale; a word is over when nothing is louder until the next one begins."""
LOUDNESS = 0.09
"""Root mean square of the loud parts, about that of a close microphone."""

_NUMBER = re.compile(r"\d+")
_AROUND = ".,;:!?…\"'()[]“”‘’«»"


@dataclass(frozen=True)
class Spoken:
    """Words as they were said.

    Attributes:
        words: Those that were given, in order, with seconds from the start of `audio`; what cannot be pronounced has
            no length.
        audio: 16 kHz; None of what is not heard.
    """

    words: tuple[Word, ...]
    audio: Audio | None


@runtime_checkable
class Synthesiser(Protocol):
    """Speaks, and tells when it says which word."""

    name: str

    def speak(self, words: Sequence[str]) -> Spoken:
        """Says written words, such as a sentence's, in one go.

        Raises:
            InputError: They cannot be said.
        """
        ...


class EspeakSynthesiser:
    """One of `ESPEAK_VOICES`, or any voice or language of eSpeak NG; word times are those of its library, exact.

    The same words always sound the same.
    """

    def __init__(self, voice: str = "en-us") -> None:
        """Raises InputError if the library is not here, or does not know the voice."""
        self.name = f"espeak:{voice}"
        self._voice, self._pitch = ESPEAK_VOICES.get(voice, (voice, 45))
        espeak_library.synthesise("a", self._voice, WORDS_A_MINUTE, self._pitch)

    def speak(self, words: Sequence[str]) -> Spoken:
        """See `Synthesiser.speak`."""
        # Marks of the words' own are left to it, but what is nothing but marks it would read out: "colon", "dash".
        said = [word if pronounceable(word) else "" for word in words]
        samples, rate, marks = espeak_library.synthesise(" ".join(said), self._voice, WORDS_A_MINUTE, self._pitch)
        starts = _starts(said, marks, rate, len(samples) / rate)
        return Spoken(_timed(words, starts, samples, rate), _heard(samples, rate))


class MarkedVoice:
    """Any `Voice`, with the times of the words as they are written."""

    def __init__(self, voice: Voice, seed: int = 0) -> None:
        """The seed decides the prosody."""
        self.name, self._voice, self._seed = voice.name, voice, seed

    def speak(self, words: Sequence[str]) -> Spoken:
        """See `Synthesiser.speak`."""
        written = [_spelt(word) for word in words]
        counts = [_count(word) for word in written]
        if not any(counts):
            return Spoken(tuple(Word(word, 0.0, 0.0) for word in words), None)
        speech = self._voice.say(
            " ".join(word for word, count in zip(written, counts, strict=True) if count), self._seed
        )
        if len(speech.words) != sum(counts):
            raise InputError(f"the voice {self.name} tells the times of {len(speech.words)} words of {sum(counts)}")
        timed: list[Word] = []
        number, now = 0, 0.0
        for word, count in zip(words, counts, strict=True):
            own = speech.words[number : number + count]
            start, now = (own[0].start, own[-1].end) if own else (now, now)
            timed.append(Word(word, start, max(start, now)))
            number += count
        return Spoken(tuple(timed), speech.audio)


def get_synthesiser(name: str) -> Synthesiser:
    """A synthesiser by the name of its voice.

    - ``espeak`` or ``espeak:<voice or language>``: eSpeak NG's library.
    - Any other name of `visavis.simulation.voices.get_voice`.

    Raises:
        InputError: There is no such voice, or what it needs is not installed.
    """
    engine, _, voice = name.partition(":")
    return EspeakSynthesiser(voice or "en-us") if engine == "espeak" else MarkedVoice(get_voice(name))


def pronounceable(word: str) -> bool:
    """Whether there is anything in a word but marks and pictures."""
    return any(letter.isalnum() for letter in word)


@lru_cache(maxsize=1)
def quick_voices() -> tuple[str, str] | None:
    """A woman's and a man's voice that speak many times faster than they are heard; None where none is installed."""
    from visavis.simulation.voices import flite

    if espeak_library.is_installed():
        return "espeak:en-us-f", "espeak:en-us"
    return ("flite:slt", "flite:rms") if flite.installed_voices() else None


def _starts(
    said: Sequence[str], marks: Sequence[espeak_library.Mark], rate: int, duration: float
) -> list[float | None]:
    """When each word begins; None of what is not said.

    Some words that go together ("out of", "for a while") are one entry in eSpeak NG: the group has a mark
    at its first word, and what comes after it may be marked one letter on. Within a group, words share the time by
    their phones.
    """
    begins = np.cumsum([0, *(len(word) + 1 for word in said)])
    starts: list[float | None] = [None] * len(said)
    misplaced: dict[int, list[float]] = {}
    for mark in marks:
        number = int(np.searchsorted(begins, mark.letter, side="right")) - 1
        if number >= len(said) or mark.letter >= begins[number] + len(said[number]):
            continue
        if starts[number] is None:
            starts[number] = mark.sample / rate
        elif said[number].strip(_AROUND).isalpha():  # numbers and compounds have several marks of their own
            misplaced.setdefault(number, []).append(mark.sample / rate)
    first = 0
    while first < len(said):
        stop = next((i for i in range(first + 1, len(said)) if starts[i] is not None), len(said))
        group = [i for i in range(first, stop) if said[i]]
        for i, start in zip(group[:0:-1], misplaced.get(first, ())[::-1], strict=False):
            starts[i] = start
        first = stop
    return _shared(said, starts, duration)


def _shared(said: Sequence[str], starts: list[float | None], duration: float) -> list[float | None]:
    """The same, where words without a mark share the time of the one before them."""
    number = 0
    while number < len(said):
        stop = next((i for i in range(number + 1, len(said)) if starts[i] is not None), len(said))
        start, end = starts[number], duration if stop == len(said) else starts[stop]
        group = [i for i in range(number, stop) if said[i]]
        if start is not None and end is not None and len(group) > 1:
            lengths = [len(sounds(said[i])) or len(said[i]) for i in group]
            edges = start + (end - start) * np.cumsum([0, *lengths]) / sum(lengths)
            for i, edge in zip(group, edges[:-1].tolist(), strict=True):
                starts[i] = edge
        number = stop
    return starts


def _timed(
    words: Sequence[str], starts: Sequence[float | None], samples: NDArray[np.float32], rate: int
) -> tuple[Word, ...]:
    """Words that end where they cannot be heard any more, or where the next one begins."""
    timed: list[Word] = []
    over = len(samples) / rate
    following = [*starts[1:], over]
    for i in range(len(starts) - 1, 0, -1):  # what is not said does not end the word before it
        following[i - 1] = following[i] if following[i - 1] is None else following[i - 1]
    now = 0.0
    for word, start, after in zip(words, starts, following, strict=True):
        if start is None:
            timed.append(Word(word, now, now))
            continue
        start = max(start, now)
        heard = np.flatnonzero(np.abs(samples[round(start * rate) : round((after or over) * rate)]) > QUIET)
        now = start + (int(heard[-1]) + 1) / rate if len(heard) else start
        timed.append(Word(word, start, now))
    return tuple(timed)


def _heard(samples: NDArray[np.float32], rate: int) -> Audio:
    """16 kHz at `LOUDNESS`."""
    loud = samples[np.abs(samples) > 0.05 * np.abs(samples).max(initial=1e-4)]
    level = float(np.sqrt(np.mean(np.square(loud)))) if len(loud) else 1.0
    peak = max(float(np.abs(samples).max(initial=0.0)), 1e-4)
    return Audio(soxr.resample(samples * min(LOUDNESS / level, 0.98 / peak), rate, SAMPLE_RATE))


def _spelt(word: str) -> str:
    """A word in Latin letters without accents, numbers as words."""
    return _NUMBER.sub(lambda digits: f" {' '.join(number_words(digits[0]))} ", plain_text(word)).strip()


def _count(word: str) -> int:
    try:
        return len(words_of(word))
    except InputError:
        return 0
