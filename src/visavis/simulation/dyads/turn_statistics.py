"""Turn-taking statistics, computed in the same way on real and simulated conversations.

Speech of one person is a list of spurts: stretches without a silence longer than 0.2 s. A spurt of nothing but
acknowledging words that stands apart from the same person's other speech is a backchannel. What remains is divided
into turns as Heldner & Edlund (2010, "Pauses, gaps and overlaps in conversations") do: silence within one person's
turn is a pause, and from one person's turn to the other's there is an offset, positive for a gap and negative for an
overlap.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields

import numpy as np

from visavis.behavior.context import JOIN
from visavis.conversation import Conversation, Word
from visavis.conversation.pauses import between_pauses
from visavis.perception.words.backchannels import APART, acknowledges


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
    """What was counted; lists of seconds unless said otherwise.

    Attributes:
        seconds: Of conversation.
        speech: Of speech, by person.
        overlapped: In which both speak.
        offsets: From the end of a turn to the start of the other's; negative for overlaps.
        turns: Lengths from first to last sound.
        turn_spurts: Spurts per turn (counts).
        single_spurts: Lengths of the spurts that are turns by themselves.
        spurts: Lengths of the others.
        pauses: Between the spurts of a turn.
        backchannels: Lengths.
        backchannel_offsets: From the nearest end of one of the other's spurts to a backchannel's start.
        interjections: Lengths of what is said wholly within the other's spurt and is no backchannel.
    """

    seconds: float = 0.0
    speech: list[float] = field(default_factory=lambda: [0.0, 0.0])
    overlapped: float = 0.0
    offsets: list[float] = field(default_factory=list)
    turns: list[float] = field(default_factory=list)
    turn_spurts: list[int] = field(default_factory=list)
    single_spurts: list[float] = field(default_factory=list)
    spurts: list[float] = field(default_factory=list)
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
    groups, spurts = between_pauses(words, JOIN), []
    for i, group in enumerate(groups):
        before = group[0].start - groups[i - 1][-1].end if i else np.inf
        after = groups[i + 1][0].start - group[-1].end if i + 1 < len(groups) else np.inf
        backchannel = min(before, after) >= APART and acknowledges(w.text for w in group)
        spurts.append(Spurt(person, group[0].start, group[-1].end, len(group), backchannel))
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
    turn = [held[0]]
    end = held[0].end
    for spurt in held[1:]:
        if spurt.person != turn[0].person and spurt.end <= end:
            counted.interjections.append(spurt.end - spurt.start)
        elif spurt.person == turn[0].person:
            counted.pauses.append(max(0.0, spurt.start - end))
            turn.append(spurt)
            end = spurt.end
        else:
            counted.offsets.append(spurt.start - end)
            _count_turn(turn, counted)
            turn, end = [spurt], spurt.end
    _count_turn(turn, counted)


def _count_turn(turn: list[Spurt], counted: TurnStatistics) -> None:
    counted.turns.append(turn[-1].end - turn[0].start)
    counted.turn_spurts.append(len(turn))
    lengths = counted.single_spurts if len(turn) == 1 else counted.spurts
    lengths.extend(s.end - s.start for s in turn)


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


_LISTS = tuple(f.name for f in fields(TurnStatistics) if f.name not in ("seconds", "speech", "overlapped"))


def turns_of(conversation: Conversation) -> TurnStatistics:
    """`count_turns` of a conversation whose words are known."""
    a, b = (person.words for person in conversation)
    return count_turns((a, b), conversation.duration)
