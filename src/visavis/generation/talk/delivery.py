"""A turn as it is said: words come one by one and are spoken sentence by sentence; codes are laid on that clock.

Words are told as soon as they are made; their times when the sentence is whole, since nobody speaks half a sentence as
they speak a whole one; codes when `visavis.models.mars.timing.lay_groups` knows how long they are shown.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np

from visavis.conversation import Word
from visavis.media.audio import SAMPLE_RATE, Audio
from visavis.models.mars.messages import Clock, Item, Role, Step, Turn
from visavis.models.mars.timing import Laid, grouped, lay, lay_groups
from visavis.simulation.voices.marks import Synthesiser, pronounceable

SENTENCE = re.compile(r"[.!?…。！？]+[\"'”’»)\]]*$")
"""How the last word of a sentence ends."""


@dataclass(frozen=True)
class Begun:
    """A turn that is going to be said; `start` is on the talk's clock, in seconds."""

    start: float


@dataclass(frozen=True)
class Made:
    """A word that is made and not yet said."""

    word: str


@dataclass(frozen=True)
class Said:
    """A word with its time on the turn's clock."""

    word: Word


@dataclass(frozen=True)
class Shown:
    """A step of codes, from `start` to `end` on the turn's clock."""

    step: Step
    start: float
    end: float


Event = Begun | Made | Said | Shown
Tell = Callable[[Event], None]


@dataclass(frozen=True)
class Delivered:
    """What was said and shown.

    Attributes:
        turn: Its items.
        words: With times on the turn's clock, a word for each of `Turn.words`.
        laid: Its codes on the same clock.
        duration: Seconds until all is over.
        audio: What is heard, as long as the turn; None without a synthesiser.
        stopped: Whether it was broken off with Ctrl-C.
    """

    turn: Turn
    words: tuple[Word, ...]
    laid: Laid
    duration: float
    audio: Audio | None
    stopped: bool = False


def deliver(
    items: Iterable[Item], clock: Clock, synthesiser: Synthesiser, *, role: Role = "assistant", name: str = "",
    tell: Tell = lambda _event: None,
) -> Delivered | None:  # fmt: skip
    """Says a turn while it is made.

    Args:
        items: As they come. Ctrl-C while one is waited for ends the turn; what came before is kept.
        clock: Of the codes.
        synthesiser: Speaks.
        role: Whose turn it is.
        name: Of the turn.
        tell: Is told words and codes in the order of their times each, as soon as they are known.

    Returns:
        None where it was stopped before anything was said.

    Raises:
        InputError: Something cannot be said.
    """
    course = _Course(clock, synthesiser, tell)
    stopped = False
    try:
        for laid in lay_groups(grouped(course.timed(items), clock), clock):
            tell(Shown(course.steps[laid.number], laid.start, laid.end))
    except KeyboardInterrupt:
        stopped = True
        course.finish()
    if not course.items:
        return None
    turn = Turn(role, name, tuple(course.items))
    codes = lay(turn, clock, course.words)
    duration = max(course.now, codes.duration)
    return Delivered(turn, tuple(course.words), codes, duration, course.heard(duration), stopped)


@dataclass
class _Course:
    """How far a turn has come."""

    clock: Clock
    synthesiser: Synthesiser
    tell: Tell
    items: list[Item] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    words: list[Word] = field(default_factory=list)
    sounds: list[tuple[float, Audio]] = field(default_factory=list)
    now: float = 0.0
    _waiting: list[Item] = field(default_factory=list)

    def timed(self, items: Iterable[Item]) -> Iterator[tuple[Item, Word | None]]:
        """Items with their words' times. Silence lasts as long as its codes, as does what nobody can pronounce."""
        for item in items:
            self.items.append(item)
            self.steps += item.steps
            if item.word is not None:
                self.tell(Made(item.word))
            if item.word is None or (item.steps and not pronounceable(item.word)):
                yield from self._speak()
                length = len(item.steps) * self.clock.step
                yield item, None if item.word is None else self._say(Word(item.word, self.now, self.now + length))
                self.now += length
            else:
                self._waiting.append(item)
                if SENTENCE.search(item.word):
                    yield from self._speak()
        yield from self._speak()

    def finish(self) -> None:
        """Says the words that were made before a turn was broken off; an item whose word has no time is forgotten."""
        for _ in self._speak():
            pass
        while len(self.words) < sum(item.word is not None for item in self.items):
            self.items.pop()

    def heard(self, duration: float) -> Audio | None:
        """All that was said, as one sound."""
        if not self.sounds:
            return None
        samples = np.zeros(round(duration * SAMPLE_RATE), np.float32)
        for start, audio in self.sounds:
            first = round(start * SAMPLE_RATE)
            part = audio.samples[: max(0, len(samples) - first)]
            samples[first : first + len(part)] += part
        return Audio(samples)

    def _speak(self) -> Iterator[tuple[Item, Word]]:
        """Says what waits, in one go."""
        items, self._waiting = self._waiting, []
        if not items:
            return
        spoken = self.synthesiser.speak([item.word for item in items if item.word is not None])
        start = self.now
        if spoken.audio is not None and len(spoken.audio):
            self.sounds.append((start, spoken.audio))
            self.now += spoken.audio.duration
        self.now = max(self.now, *(start + word.end for word in spoken.words))
        words = [self._say(Word(w.text, start + w.start, start + w.end)) for w in spoken.words]
        yield from zip(items, words, strict=True)

    def _say(self, word: Word) -> Word:
        self.words.append(word)
        self.tell(Said(word))
        return word
