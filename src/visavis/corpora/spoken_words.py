"""What readers of calls and meetings share: words with times become utterances."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

import numpy as np

from visavis.conversation import Interval, Utterance, Word
from visavis.conversation.pauses import between_pauses
from visavis.perception.words.backchannels import APART, acknowledges

PAUSE = 0.5
"""Seconds of silence that end an utterance."""


def utterances_of(words: Sequence[Word]) -> tuple[Utterance, ...]:
    """One person's words, in order of start, as utterances; those that only acknowledge, apart, are backchannels."""
    groups = between_pauses(words, PAUSE)
    found = []
    for i, group in enumerate(groups):
        before = group[0].start - groups[i - 1][-1].end if i else np.inf
        after = groups[i + 1][0].start - group[-1].end if i + 1 < len(groups) else np.inf
        brief = min(before, after) >= APART and acknowledges(word.text for word in group)
        kind = "backchannel" if brief else "turn"
        found.append(Utterance(group[0].start, max(w.end for w in group), tuple(group), kind))
    return tuple(found)


def one_after_the_other(words: Iterable[Word]) -> list[Word]:
    """One mouth's words in order of start, each cut where the next begins; those left without length are left out."""
    ordered = sorted(words, key=lambda word: (word.start, word.end))
    ends = [min(a.end, b.start) for a, b in pairwise(ordered)] + [w.end for w in ordered[-1:]]
    return [Word(word.text, word.start, end) for word, end in zip(ordered, ends, strict=True) if end > word.start]


def merged(intervals: Iterable[Interval], gap: float = 0.3) -> tuple[Interval, ...]:
    """Intervals of one label in order of start, those less than `gap` seconds apart as one."""
    found: list[Interval] = []
    for interval in sorted(intervals, key=lambda i: i.start):
        if found and interval.start - found[-1].end < gap:
            found[-1] = Interval(found[-1].label, found[-1].start, max(found[-1].end, interval.end))
        else:
            found.append(interval)
    return tuple(found)
