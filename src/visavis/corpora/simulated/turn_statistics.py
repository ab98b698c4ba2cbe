"""Who speaks when, counted the same way in real and in simulated conversations.

Speech of one person is a list of spurts: stretches without a silence longer than 0.2 s. A spurt of nothing but
acknowledging words that stands apart from the same person's other speech is a backchannel. What remains is divided
into turns as Heldner & Edlund (2010, "Pauses, gaps and overlaps in conversations") do: silence within one person's
turn is a pause, and from one person's turn to the other's there is an offset, positive for a gap and negative for an
overlap.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from visavis.conversation import Conversation, Word

JOIN = 0.2
"""Seconds of silence up to which words belong to one spurt (Heldner & Edlund 2010)."""
APART = 1.0
"""Seconds that a backchannel keeps from the same person's other speech."""

BACKCHANNEL_WORDS = frozenset(
    [
        "yeah",
        "uh-huh",
        "um-hum",
        "mm-hmm",
        "mhm",
        "mm",
        "hm",
        "huh",
        "right",
        "okay",
        "ok",
        "oh",
        "really",
        "yes",
        "yep",
        "sure",
        "wow",
        "exactly",
        "true",
        "great",
        "see",
        "i",
        "uh",
        "um",
        "ah",
        "hmm",
        "absolutely",
        "definitely",
        "well",
        "gosh",
        "no",
    ]
)
_FILLERS = frozenset(["uh", "um", "i", "well", "no"])


@dataclass(frozen=True)
class Spurt:
    """A stretch of one person's speech.

    Attributes:
        person: 0 or 1.
        start: Seconds.
        end: Seconds.
        words: How many words.
        backchannel: Whether it only acknowledges.
    """

    person: int
    start: float
    end: float
    words: int
    backchannel: bool = False


@dataclass
class TurnStatistics:
    """What was counted; lists of seconds unless said otherwise."""

    seconds: float = 0.0
    speech: list[float] = field(default_factory=lambda: [0.0, 0.0])
    overlapped: float = 0.0
    offsets: list[float] = field(default_factory=list)
    turns: list[float] = field(default_factory=list)
    turn_spurts: list[int] = field(default_factory=list)
    spurts: list[float] = field(default_factory=list)
    spurt_words: list[int] = field(default_factory=list)
    pauses: list[float] = field(default_factory=list)
    backchannels: list[float] = field(default_factory=list)
    backchannel_offsets: list[float] = field(default_factory=list)
    interjections: list[float] = field(default_factory=list)

    @property
    def overlap_share(self) -> float:
        """Share of the time with any speech in which both speak."""
        return self.overlapped / max(1e-9, sum(self.speech) - self.overlapped)

    @property
    def backchannels_per_minute(self) -> float:
        """Of both people together."""
        return 60 * len(self.backchannels) / max(1e-9, self.seconds)


def spurts_of(person: int, words: Sequence[Word]) -> list[Spurt]:
    """The spurts of one person.

    Args:
        person: 0 or 1, kept in the result.
        words: In order of start, nothing but spoken words.
    """
    groups: list[list[Word]] = []
    for word in words:
        if groups and word.start - groups[-1][-1].end <= JOIN:
            groups[-1].append(word)
        else:
            groups.append([word])
    spurts = []
    for i, group in enumerate(groups):
        before = group[0].start - groups[i - 1][-1].end if i else np.inf
        after = groups[i + 1][0].start - group[-1].end if i + 1 < len(groups) else np.inf
        texts = [w.text.lower().strip(".,!?") for w in group]
        acknowledges = len(texts) <= 3 and all(t in BACKCHANNEL_WORDS for t in texts) and not set(texts) <= _FILLERS
        spurts.append(
            Spurt(person, group[0].start, group[-1].end, len(group), acknowledges and min(before, after) >= APART)
        )
    return spurts


def count_turns(words: tuple[Sequence[Word], Sequence[Word]], seconds: float) -> TurnStatistics:
    """Counts turns, pauses, offsets, overlaps and backchannels of one conversation.

    Args:
        words: Of both people, each in order of start.
        seconds: How long the conversation lasts.
    """
    counted = TurnStatistics(seconds=seconds)
    every = [spurt for person in (0, 1) for spurt in spurts_of(person, words[person])]
    every.sort(key=lambda s: s.start)
    for spurt in every:
        counted.speech[spurt.person] += spurt.end - spurt.start
    counted.overlapped = _overlap(every)
    held = [s for s in every if not s.backchannel]
    ends = [np.array([s.end for s in held if s.person == p]) for p in (0, 1)]
    for spurt in every:
        if spurt.backchannel:
            counted.backchannels.append(spurt.end - spurt.start)
            other = ends[1 - spurt.person]
            if len(other):
                counted.backchannel_offsets.append(float((spurt.start - other)[np.abs(spurt.start - other).argmin()]))
    _count_held(held, counted)
    return counted


def _count_held(held: list[Spurt], counted: TurnStatistics) -> None:
    """Fills in what concerns turns, from the spurts that hold or take the floor, in order of start."""
    if not held:
        return
    holder, start, end, size = held[0].person, held[0].start, held[0].end, 1
    counted.spurts.append(end - start)
    counted.spurt_words.append(held[0].words)
    for spurt in held[1:]:
        if spurt.person != holder and spurt.end <= end:
            counted.interjections.append(spurt.end - spurt.start)
            continue
        counted.spurts.append(spurt.end - spurt.start)
        counted.spurt_words.append(spurt.words)
        if spurt.person == holder:
            counted.pauses.append(max(0.0, spurt.start - end))
            end, size = spurt.end, size + 1
            continue
        counted.turns.append(end - start)
        counted.turn_spurts.append(size)
        counted.offsets.append(spurt.start - end)
        holder, start, end, size = spurt.person, spurt.start, spurt.end, 1
    counted.turns.append(end - start)
    counted.turn_spurts.append(size)


def _overlap(spurts: list[Spurt]) -> float:
    """Seconds in which both speak."""
    total, reach = 0.0, [0.0, 0.0]
    for spurt in spurts:  # in order of start: the other's earlier speech reaches at most to `reach`
        total += max(0.0, min(spurt.end, reach[1 - spurt.person]) - spurt.start)
        reach[spurt.person] = max(reach[spurt.person], spurt.end)
    return total


def merge(parts: Iterable[TurnStatistics]) -> TurnStatistics:
    """All conversations together."""
    total = TurnStatistics()
    for part in parts:
        total.seconds += part.seconds
        total.speech = [a + b for a, b in zip(total.speech, part.speech, strict=True)]
        total.overlapped += part.overlapped
        for name in _LISTS:
            getattr(total, name).extend(getattr(part, name))
    return total


_LISTS = ("offsets", "turns", "turn_spurts", "spurts", "spurt_words", "pauses", "backchannels",
          "backchannel_offsets", "interjections")  # fmt: skip


def turns_of(conversation: Conversation) -> TurnStatistics:
    """`count_turns` of a conversation whose words are known."""
    a, b = (person.words for person in conversation)
    return count_turns((a, b), conversation.duration)
