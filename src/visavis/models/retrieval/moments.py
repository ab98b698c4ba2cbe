"""Reactions along a turn: the reaction to each part depends only on what was said up to then.

A single description over a whole turn lets the listener laugh before the punch line, which the paper counts among its
failures.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from visavis.conversation.conversation import Participant
from visavis.conversation.timeline import Word
from visavis.errors import InputError
from visavis.models.retrieval.protocol import Describes, Moment
from visavis.models.retrieval.situation import describe_speaker

MOST = 4
"""Moments of a turn."""
SHORTEST = 4
"""Words of a moment, at least, unless the turn has fewer."""
PAUSE = 0.5
"""Seconds of silence after which a new part begins, where words have times."""
_ENDS = re.compile(r"[.!?…]+[\"'”’)]*$")


@dataclass(frozen=True)
class Part:
    """A part of a turn.

    Attributes:
        start: Share of the turn at which it begins, 0 to 1.
        stop: Share at which it ends.
        text: Its words.
        times: Seconds from and to which it lasts; None where words have no times.
    """

    start: float
    stop: float
    text: str
    times: tuple[float, float] | None = None


def describe_moments(
    describer: Describes, transcript: str, goal: str, *, seed: int = 0, speaker: Participant | None = None,
    most: int = MOST,
) -> list[Moment]:  # fmt: skip
    """One reaction for each part of a turn, in order of time; together they cover it.

    Args:
        describer: Describes each.
        transcript: What the speaker says, all of it.
        goal: The listener's.
        seed: The same one gives the same reactions.
        speaker: The speaker, if heard or seen. Words that are the transcript's give the parts their times, and voice
            and face within them enter the prompt; otherwise voice and face over all that is known do.
        most: Parts at most.

    Raises:
        InputError: As `visavis.models.retrieval.describer.Describer`, or there are no words.
    """
    words = _same_words(transcript, speaker.words) if speaker is not None else ()
    parts = cut_turn(transcript, words, most)
    found, before = [], ""
    for part in parts:
        situation = describe_speaker(speaker, *(part.times or ())) if speaker is not None else ()
        description = describer(part.text, goal, seed=seed, situation=situation, before=before)
        found.append(Moment(part.start, part.stop, description))
        before = f"{before} {part.text}".strip()
    return found


def cut_turn(transcript: str, words: Sequence[Word] = (), most: int = MOST) -> list[Part]:
    """Cuts a turn between sentences, or at pauses where words have times, into at most `most` parts of similar length.

    Args:
        transcript: What is said.
        words: The same, with times; shares are of time with them, of words without.
        most: Parts at most.

    Raises:
        InputError: There are no words.
    """
    said = transcript.split()
    if not said:
        raise InputError("what the speaker says is empty; enter some words")
    timed = words if len(words) == len(said) else ()
    ends = [i + 1 for i, word in enumerate(said[:-1]) if _ENDS.search(word)]
    if timed:
        ends += [i + 1 for i in range(len(timed) - 1) if timed[i + 1].start - timed[i].end >= PAUSE]
    cuts = [0, *_choose(sorted(set(ends)), len(said), most), len(said)]
    return [_part(said, timed, a, b) for a, b in pairwise(cuts)]


def _choose(ends: list[int], count: int, most: int) -> list[int]:
    """The ends of sentences, without those that leave too short a part, nearest to equal parts."""
    chosen: list[int] = []
    for number in range(1, most):
        first = (chosen[-1] if chosen else 0) + SHORTEST
        possible = [end for end in ends if first <= end <= count - SHORTEST]
        if not possible:
            break
        wanted = (chosen[-1] if chosen else 0) + (count - (chosen[-1] if chosen else 0)) / (most - number + 1)
        chosen.append(min(possible, key=lambda end: abs(end - wanted)))
    return chosen


def _part(said: list[str], words: Sequence[Word], first: int, stop: int) -> Part:
    text = " ".join(said[first:stop])
    if not words:
        return Part(first / len(said), stop / len(said), text)
    begin, end = words[0].start, words[-1].end
    # A part lasts until the next begins: the pause between belongs to the reaction to what was said before it.
    a, b = words[first].start, words[stop].start if stop < len(words) else end
    length = max(end - begin, 1e-9)
    return Part((a - begin) / length, (b - begin) / length if stop < len(words) else 1.0, text, (a, b))


def _same_words(transcript: str, words: Sequence[Word]) -> tuple[Word, ...]:
    """The words with times, if they are the transcript's."""

    def plain(text: str) -> str:
        return "".join(c for c in text.lower() if c.isalnum())

    found = [word for word in words if word.text.strip()]
    said = transcript.split()
    same = len(found) == len(said) and all(plain(a) == plain(b.text) for a, b in zip(said, found, strict=True))
    return tuple(found) if same else ()
