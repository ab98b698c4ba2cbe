"""Stretches of AMI meetings in which two of the four people talk with each other: words and laughter with real times.

    words.parquet     meeting, person, start, end, kind (word, punctuation, vocalsound), text

People's transcripts of the AMI corpus (Carletta 2007), as `visavis.corpora.ami` reads them. A meeting is cut into
stretches of `STRETCH` seconds; those in which two people say nearly all words, and both say some, are kept and joined
where the same two go on. What the others put in is left out. Head signals and looks of the meeting are not: they were
made among four, and the two are simulated as sitting alone.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from itertools import combinations
from pathlib import Path

import numpy as np

from visavis.conversation import Conversation, Participant, Word
from visavis.conversation.timeline import Timed, within
from visavis.corpora.ami import LICENCE as LICENCE
from visavis.corpora.ami import Rows, laughs_of, rows_by_meeting, words_of
from visavis.corpora.chat_timing import usual_seconds
from visavis.corpora.reading import Recordings, need_folder, plain_id, provenance
from visavis.corpora.spoken_words import merged, one_after_the_other, utterances_of

REAL = ("words", "times", "laughter")
STRETCH = 30.0
"""Seconds."""
NEARLY = 0.95
"""Share of the words that the two say."""
LONGEST = 2.5
"""Times its usual length that a word lasts at most; the last one before a silence is 1.7 times as long."""
LEAST, EACH = 30, 5
"""Words in a stretch, of both and of each."""


def read(folder: Path) -> Recordings:
    """One conversation per run of stretches, ``MEETING-PQ-seconds``; a session is a series of meetings.

    Raises:
        InputError: The table or a column is missing, or has no times.
    """
    need_folder(folder, "words.parquet")
    meetings = rows_by_meeting(folder / "words.parquet", ("kind", "text"))
    found: Recordings = {}
    for meeting in sorted(meetings):
        people = meetings[meeting]
        for pair, start, end in runs_of_two(people):
            id = plain_id(f"{meeting}-{''.join(pair)}-{start:05.0f}")
            found[id] = partial(_pair, id, meeting, pair, [people[person] for person in pair], start, end)
    return found


def runs_of_two(people: dict[str, Rows]) -> list[tuple[tuple[str, str], float, float]]:
    """Who talks with whom from when to when (s), in order of time."""
    starts = {person: rows["start"][rows["kind"] == "word"] for person, rows in people.items()}
    latest = max((times.max() for times in starts.values() if len(times)), default=0.0)
    edges = np.arange(0.0, latest + STRETCH, STRETCH)
    counts = {person: np.histogram(times, edges)[0] for person, times in starts.items()}
    total = np.sum(list(counts.values()), axis=0)
    found: list[tuple[tuple[str, str], float, float]] = []
    for i, start in enumerate(edges[:-1].tolist()):
        for pair in combinations(sorted(people), 2):
            a, b = (int(counts[person][i]) for person in pair)
            if a + b >= max(LEAST, NEARLY * total[i]) and min(a, b) >= EACH:
                if found and found[-1][0] == pair and found[-1][2] == start:
                    found[-1] = (pair, found[-1][1], start + STRETCH)
                else:
                    found.append((pair, start, start + STRETCH))
                break
    return found


def _pair(
    id: str, meeting: str, pair: tuple[str, str], rows: list[Rows], start: float, end: float
) -> Conversation:  # fmt: skip
    people = []
    for name, all_of in zip(pair, rows, strict=True):
        here = slice(*np.searchsorted(all_of["start"], (start, end)))
        mine = {column: values[here] for column, values in all_of.items()}
        words = one_after_the_other(_whole(tuple(_spoken(word) for word in words_of(mine)), start, end))
        laughs = merged(_whole(laughs_of(mine), start, end))
        people.append(Participant(name, utterances=utterances_of(words), events={"heard_laugh": laughs}))
    series = meeting.rstrip("abcdefgh")
    about = provenance(
        "ami-pairs", LICENCE, session=series, meeting=meeting, start=start, real=list(REAL), estimated=["ends of words"]
    )
    return Conversation(id, (people[0], people[1]), end - start, provenance=about)


def _spoken(word: Word) -> Word:
    """A word without the silence after it: the meetings' alignment lets most words last until the next one begins."""
    return replace(word, end=min(word.end, word.start + LONGEST * usual_seconds(word.text)))


def _whole(parts: tuple[Timed, ...], start: float, end: float) -> tuple[Timed, ...]:
    """Those that begin in a stretch, on a clock that begins with it, cut at its end."""
    return within((part for part in parts if start <= part.start < end), start, end)
