"""What a voice returns, and the interface of every voice."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from visavis.conversation import Interval, Word
from visavis.errors import InputError
from visavis.media.audio import Audio
from visavis.perception.words.phones import SILENCE, VOWELS


@dataclass(frozen=True)
class Speech:
    """One utterance, spoken.

    Attributes:
        audio: 16 kHz mono.
        words: As they are written, without punctuation; seconds from the start of `audio`.
        phones: ARPAbet without stress and ``SIL``, gapless from 0 to the end of `audio`.
    """

    audio: Audio
    words: tuple[Word, ...]
    phones: tuple[Interval, ...]


@runtime_checkable
class Voice(Protocol):
    """A synthesiser that knows when it says what."""

    name: str

    def say(self, text: str, seed: int) -> Speech:
        """Speaks `text`; `seed` decides the prosody (rate, pitch, pauses, loudness) and nothing else varies.

        Raises:
            InputError: There is nothing in `text` to say.
        """
        ...


def levelled(samples: NDArray[np.float32], rng: np.random.Generator) -> Audio:
    """16 kHz samples at a loudness that varies by 8 dB around that of a close microphone (about -23 dBFS)."""
    loud = np.abs(samples) > 0.05 * np.abs(samples).max(initial=1e-4)
    rms = float(np.sqrt(np.mean(np.square(samples[loud])))) if loud.any() else 1.0
    gain = 0.09 * 10 ** (float(rng.uniform(-4, 4)) / 20) / rms
    return Audio(samples * min(gain, 0.98 / max(float(np.abs(samples).max(initial=0.0)), 1e-4)))


def words_of(text: str) -> list[str]:
    """The words of a sentence as they are pronounced: lower case, apostrophes kept, no punctuation.

    Raises:
        InputError: There are none.
    """
    words = re.findall(r"[a-z]+(?:'[a-z]+)*", text.lower().replace("’", "'").replace("-", " "))
    if not words:
        raise InputError(f"no pronounceable words in {text[:60]!r}; voices need words in Latin letters")
    return words


def gapless(phones: list[tuple[str, float, float]], duration: float) -> tuple[Interval, ...]:
    """Phones in order with silence wherever nothing was said, from 0 to `duration`; slivers under 5 ms are closed."""
    out: list[Interval] = []
    at = 0.0
    for label, start, end in phones:
        start, end = max(at, start), min(max(at, start, end), duration)
        if start - at > 0.005:
            out.append(Interval(SILENCE, at, start))
        else:
            start = at
        if end > start:
            out.append(Interval(label, start, end))
            at = end
    if duration - at > 0.005 or not out:
        out.append(Interval(SILENCE, at, duration))
    elif at < duration:
        out[-1] = Interval(out[-1].label, out[-1].start, duration)
    return tuple(out)


def words_over_phones(
    words: list[str], pronunciations: Sequence[Sequence[str]], phones: tuple[Interval, ...]
) -> tuple[Word, ...]:
    """Word times for a synthesiser that only tells phone times.

    The expected pronunciations are aligned with the spoken phones by edit distance; each word takes the phones that
    fall to it. Substitutions within the vowels or within the consonants cost half.

    Args:
        words: N words.
        pronunciations: The N expected phone lists; they need not be what was spoken.
        phones: What was spoken, with silences.
    """
    spoken = [p for p in phones if p.label != SILENCE]
    if not spoken:
        return ()
    expected = [(p, i) for i, pron in enumerate(pronunciations) for p in pron]
    rows, columns = len(expected), len(spoken)
    cost = np.zeros((rows + 1, columns + 1))
    cost[:, 0], cost[0, :] = np.arange(rows + 1), np.arange(columns + 1)

    def swap(i: int, j: int) -> float:
        a, b = expected[i][0], spoken[j].label
        return 0.0 if a == b else 0.5 if (a in VOWELS) == (b in VOWELS) else 1.5

    for i in range(1, rows + 1):
        for j in range(1, columns + 1):
            cost[i, j] = min(cost[i - 1, j - 1] + swap(i - 1, j - 1), cost[i - 1, j] + 1, cost[i, j - 1] + 1)
    owner = [-1] * columns
    i, j = rows, columns
    while j > 0:
        if i > 0 and cost[i, j] == cost[i - 1, j - 1] + swap(i - 1, j - 1):
            i, j = i - 1, j - 1
            owner[j] = expected[i][1]
        elif i > 0 and cost[i, j] == cost[i - 1, j] + 1:
            i -= 1
        else:
            j -= 1
            owner[j] = expected[max(i - 1, 0)][1] if rows else 0
    out, edge = [], spoken[0].start
    for index, word in enumerate(words):
        mine = [spoken[k] for k in range(columns) if owner[k] == index]
        start, end = (mine[0].start, mine[-1].end) if mine else (edge, edge)
        out.append(Word(word, start, end))
        edge = end
    return tuple(out)
