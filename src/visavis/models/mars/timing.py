"""The clock of an answer: when its words are said, and when its codes are shown.

Codes last 320 ms each where the model learnt them. A synthesiser speaks faster or slower, so codes are laid on the
words: the codes that stand after a word begin with it, within 80 ms, and last until the next word that has codes.
Between two such beginnings, motion is played a little faster or slower (`Laid.source`); only where a step would last
less than half or more than one and a half times its length, steps are left out or repeated, evenly. Within the 80 ms, a
beginning stays as near as it can to where the codes' own clock has it, which keeps the motion's speed.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from visavis.conversation import Word
from visavis.errors import InputError
from visavis.models.mars.messages import Clock, Item, Turn

TOGETHER = 0.08
"""Seconds within which a word and the codes after it begin."""

SHORTEST, LONGEST = 0.5, 1.5
"""Of a step, relative to its length in the data; below and above, steps are left out or repeated."""

SECONDS_PER_WORD, SECONDS_PER_SYLLABLE, SECONDS_BEFORE_PAUSE = 0.07, 0.12, 0.16
"""How long words last: least squares on the 2.8 million words of 2,194 telephone calls (the MS98 transcripts of
Switchboard), by `syllables`; words before a pause of 0.32 s or more last so much longer."""

_SYLLABIC = ((0x1100, 0x1112), (0x3040, 0x30FF), (0x3400, 0x9FFF))
"""A sign a syllable: the first sound of a Korean one, kana, Chinese signs."""

_COUNTED = ((0x1100, 0x11FF), (0x1F00, 0x1FFF), (0x3040, 0x30FF), (0x3400, 0x9FFF))
"""Letters beyond Cyrillic whose syllables are counted already: these, and Greek with accents."""


def syllables(word: str) -> int:
    """How many syllables a word has, roughly: groups of vowels, signs of Chinese, Japanese and Korean, digits.

    Scripts that write no vowels, or that we know no vowels of, count two letters for one.
    """
    count = others = 0
    before = False
    letters = unicodedata.normalize("NFKC", word).lower().replace("й", "j")  # a consonant, which NFD makes a vowel
    for letter in unicodedata.normalize("NFD", letters):
        vowel = letter in "aeiouyаеёиоуыэюяіїєαεηιουω"
        count += vowel and not before
        count += letter.isdigit() or any(first <= ord(letter) <= last for first, last in _SYLLABIC)
        if letter.isalpha() and ord(letter) > 0x52F and not any(a <= ord(letter) <= b for a, b in _COUNTED):
            others += 1
        before = vowel or (before and unicodedata.combining(letter) > 0)
    return max(1, count + math.ceil(others / 2))


def estimate(words: Sequence[str], rate: float = 1.0) -> tuple[Word, ...]:
    """Times of a phrase's words where nobody has said them, beginning at 0.

    Args:
        words: Between two silences.
        rate: Of speech, relative to telephone calls in English.
    """
    times: list[Word] = []
    now = 0.0
    for number, word in enumerate(words):
        length = SECONDS_PER_WORD + SECONDS_PER_SYLLABLE * syllables(word)
        length += SECONDS_BEFORE_PAUSE if number == len(words) - 1 else 0.0
        times.append(Word(word, now, now + length / rate))
        now = times[-1].end
    return tuple(times)


def place(turn: Turn, clock: Clock, phrases: Sequence[Sequence[Word]]) -> tuple[Word, ...]:
    """Words on the turn's clock: phrases as they were said or estimated, silences as long as their codes.

    Args:
        turn: Whose.
        clock: Of its codes.
        phrases: Words of each of `Turn.phrases`, with times from the beginning of its sound: a synthesiser's marks,
            or `estimate`.

    Raises:
        InputError: They are not the turn's words.
    """
    if [len(phrase) for phrase in phrases] != [len(phrase) for phrase in turn.phrases]:
        raise InputError(
            f"word marks are of phrases of {[len(phrase) for phrase in phrases]} words; the turn has "
            f"{[len(phrase) for phrase in turn.phrases]}: a mark is needed for each word"
        )
    words: list[Word] = []
    now, after = 0.0, 0.0
    marks = iter(phrases)
    for number, item in enumerate(turn.items):
        if item.word is None:
            now = after + len(item.steps) * clock.step
            after = now
        elif not number or turn.items[number - 1].word is None:
            words += [Word(w.text, now + w.start, now + w.end) for w in next(marks)]
            after = max(word.end for word in words)
    return tuple(words)


@dataclass(frozen=True)
class LaidStep:
    """A time step where it is shown.

    Attributes:
        number: Of `Turn.steps`.
        start: Seconds on the answer's clock.
        end: Seconds; the next step's start.
    """

    number: int
    start: float
    end: float


@dataclass(frozen=True)
class Group:
    """Codes that begin together with a word or a silence.

    Attributes:
        anchor: When that begins, in seconds.
        first: Number of the first step.
        count: Of steps.
        end: When what they go with is over, the words after it that have no codes included.
    """

    anchor: float
    first: int
    count: int
    end: float


def lay(turn: Turn, clock: Clock, words: Sequence[Word]) -> Laid:
    """A turn's codes on the clock of its words.

    Args:
        turn: Whose codes.
        clock: They were learnt with.
        words: The turn's words with their times on its clock, from `place` or from a recording.

    Raises:
        InputError: These are not the turn's words in order of time.
    """
    return Laid(tuple(lay_groups(groups_of(turn, clock, words), clock)), clock)


def groups_of(turn: Turn, clock: Clock, words: Sequence[Word]) -> Iterator[Group]:
    """A turn's codes by what they stand after; see `lay`."""
    if len(words) != len(turn.words):
        raise InputError(f"times of {len(words)} words for a turn of {len(turn.words)}: each word needs its time")
    if any(a.start > b.start for a, b in pairwise(words)):
        raise InputError("times of words must be in order of their start")
    times = iter(words)
    yield from grouped(((item, None if item.word is None else next(times)) for item in turn.items), clock)


def grouped(timed: Iterable[tuple[Item, Word | None]], clock: Clock) -> Iterator[Group]:
    """Groups as items come: one is known when the item after it that has codes is, a silence's when the next word is.

    Args:
        timed: A turn's items in order, each with the word's time on the turn's clock; None for silence.
        clock: Of the codes.
    """
    said, first = 0.0, 0
    now: Group | None = None
    for (item, word), following in _with_next_word(timed):
        if word is None:
            anchor = said if following is None else min(said, following.start)  # words of a recording may overlap
        else:
            anchor, said = word.start, max(said, word.end)
        if item.steps:
            if now is not None:
                yield now
            end = said if word is not None else anchor + len(item.steps) * clock.step
            now = Group(anchor, first, len(item.steps), end)
            first += len(item.steps)
        elif now is not None:
            now = replace(now, end=max(now.end, said))
    if now is not None:
        yield now


def _with_next_word(
    timed: Iterable[tuple[Item, Word | None]],
) -> Iterator[tuple[tuple[Item, Word | None], Word | None]]:
    """Each item; silences, which are held back until then, with the word after them."""
    silence: tuple[Item, None] | None = None
    for item, word in timed:
        if silence is not None:
            yield silence, word
        silence = (item, None) if word is None else None
        if word is not None:
            yield (item, word), None
    if silence is not None:
        yield silence, None


def lay_groups(groups: Iterable[Group], clock: Clock) -> Iterator[LaidStep]:
    """Lays groups as they come: the steps of one are settled when the two after it are known.

    A group that would have less than half a step before the next one begins is left out: its word passes while what
    was shown before goes on.
    """
    early, late = TOGETHER, TOGETHER - 1 / clock.fps  # a beginning is seen in the first frame that is not before it
    least = SHORTEST * clock.step
    held: tuple[float, Group] | None = None
    now: tuple[float, Group] | None = None
    for group in groups:
        own = max(0.0, group.anchor) if now is None else now[0] + now[1].count * clock.step
        start = max(0.0, min(max(own, group.anchor - early), group.anchor + late))
        if now is not None and start - now[0] >= least:
            if held is not None:
                yield from _spread(held[1], held[0], now[0], clock)
            held = now
        now = (start, group)
    if now is None:
        return
    if held is not None:
        yield from _spread(held[1], held[0], now[0], clock)
    start, last = now
    own = start + last.count * clock.step
    end = min(max(own, last.end - early), last.end + late)
    yield from _spread(last, start, max(end, start + least), clock)


def _spread(group: Group, start: float, end: float, clock: Clock) -> Iterator[LaidStep]:
    """The steps of a group evenly between two times, as many as neither race nor drag."""
    room = (end - start) / clock.step
    count = max(1, min(max(group.count, math.ceil(room / LONGEST - 1e-9)), math.floor(room / SHORTEST + 1e-9)))
    edges = np.linspace(start, end, count + 1)
    for i in range(count):
        number = group.first + int((i + 0.5) * group.count / count)
        yield LaidStep(number, float(edges[i]), float(edges[i + 1]))


@dataclass(frozen=True)
class Laid:
    """An answer's codes in time.

    Attributes:
        steps: Without gaps between them; a number may be missing, or come several times.
        clock: Of the codes.
    """

    steps: tuple[LaidStep, ...]
    clock: Clock

    @property
    def numbers(self) -> tuple[int, ...]:
        """The steps to decode, in order: what is left out is not decoded, what is repeated is decoded again."""
        return tuple(step.number for step in self.steps)

    @property
    def duration(self) -> float:
        """Seconds until the last step is over."""
        return self.steps[-1].end if self.steps else 0.0

    def source(self, frames: int | None = None) -> NDArray[np.float64]:
        """For every frame of the answer, which frame of the motion decoded from `numbers` is shown, (T,).

        Between whole numbers, motion is interpolated. Before the first step its first frame is held, after the last
        one its last.

        Args:
            frames: T; the answer's duration decides unless given.
        """
        count = math.ceil(self.duration * self.clock.fps - 1e-9) if frames is None else frames
        if not self.steps:
            return np.zeros(count)
        edges = [step.start for step in self.steps] + [self.steps[-1].end]
        decoded = np.interp(np.arange(count) / self.clock.fps, edges, np.arange(len(edges)) * float(self.clock.factor))
        shown: NDArray[np.float64] = np.minimum(decoded, len(self.steps) * self.clock.factor - 1)
        return shown
