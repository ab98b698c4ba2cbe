"""Who laughs when, by ear and by transcript."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from visavis.conversation import Conversation, Interval, Participant
from visavis.errors import InputError
from visavis.media.audio import Audio
from visavis.perception.laughter.detector import laugh_probability, laughs
from visavis.perception.laughter.written import written_laughter
from visavis.perception.protocol import add_notes
from visavis.perception.speaking import FPS, frame_levels

EVENT = "heard_laugh"
"""The participants' events that laughter is kept in."""
LEAK = 12.0
"""dB by which a laugh is quieter than the other's track at most; one that is quieter leaks in from there. Microphones
differ by less, and what leaks from a headset or across a table is further down."""
NEAR = 1.0
"""Seconds before or after a laugh in which speech tells whose it is."""
SHARED = 1.5
"""Seconds from which on laughter that nobody's speech claims is taken to be both people's: shared laughter lasts longer
(Smoski & Bachorowski 2003, "Antiphonal laughter between friends and strangers", Cogn. Emot. 17)."""
_SPEAKS = 0.5


@dataclass(frozen=True)
class HeardLaughter:
    """Fills the events ``heard_laugh`` of both people, from sound where there is any and from words that are laughter.

    In tracks of their own people's laughter is their own. In one track of both it goes to whom diarization hears in it;
    else to who spoke last, for speakers laugh more than their listeners (Provine 1993, "Laughter punctuates speech",
    Ethology 95), or to who speaks next; long laughter to both. That is a guess, and a note says so.
    """

    def __call__(self, conversation: Conversation) -> Conversation:
        """A copy with ``heard_laugh``.

        Raises:
            InputError: There is neither sound nor a transcript, or one track of both and nobody knows who speaks.
        """
        a, b = conversation.participants
        notes: list[str] = []
        if a.audio is not None and b.audio is not None:
            heard = _apart(a.audio, b.audio)
        elif conversation.mixed is not None:
            heard = _mixed(conversation, conversation.mixed)
            if heard[0] or heard[1]:
                notes.append("who laughs is guessed by who speaks before, during and after, as both are on one track")
        elif a.words or b.words:
            heard = ([], [])
        else:
            raise InputError(f"conversation {conversation.id!r}: has neither sound nor words to find laughter in")
        people = [
            _with(person, spans, conversation.duration)
            for person, spans in zip(conversation.participants, heard, strict=True)
        ]
        return add_notes(conversation.with_participants(people[0], people[1]), notes)


def _with(person: Participant, heard: Sequence[tuple[float, float]], duration: float) -> Participant:
    written = [(interval.start, interval.end) for interval in written_laughter(person.words)]
    joined: list[tuple[float, float]] = []
    for start, end in sorted([*heard, *written]):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    found = tuple(Interval("laugh", start, min(end, duration)) for start, end in joined if start < duration)
    return replace(person, events={**person.events, EVENT: found})


def _apart(a: Audio, b: Audio) -> tuple[list[tuple[float, float]], list[tuple[float, float]]]:
    """Laughter in tracks of their own, less what leaks in from the other's."""
    found = [laughs(laugh_probability(audio.samples)) for audio in (a, b)]
    frames = max(1, round(max(a.duration, b.duration) * FPS))
    levels = [frame_levels(audio.samples, frames) for audio in (a, b)]
    kept: tuple[list[tuple[float, float]], list[tuple[float, float]]] = ([], [])
    for me in (0, 1):
        for start, end in found[me]:
            here = slice(int(start * FPS), int(end * FPS) + 1)
            if np.median(levels[me][here] - levels[1 - me][here]) > -LEAK:
                kept[me].append((start, end))
    return kept


def _mixed(conversation: Conversation, sound: Audio) -> tuple[list[tuple[float, float]], list[tuple[float, float]]]:
    """Laughter in one track, given to one person or both."""
    tracks = [person.speaking for person in conversation.participants]
    if tracks[0] is None or tracks[1] is None:
        raise InputError(
            f"conversation {conversation.id!r}: both are on one track; to tell who laughs, extract who speaks first"
        )
    frames = max(1, round(conversation.duration * FPS))
    speaking = np.stack([track.at(FPS, frames).values[:, 0] >= _SPEAKS for track in tracks if track is not None])
    found: tuple[list[tuple[float, float]], list[tuple[float, float]]] = ([], [])
    for start, end in laughs(laugh_probability(sound.samples)):
        for person in whose(speaking, start, end):
            found[person].append((start, end))
    return found


def whose(speaking: NDArray[np.bool_], start: float, end: float) -> tuple[int, ...]:
    """Who laughs from `start` to `end` seconds, by who speaks (2, T) at 25 per second: 0, 1 or both."""
    during = speaking[:, int(start * FPS) : max(int(start * FPS) + 1, round(end * FPS))]
    share = during.mean(1) if during.shape[1] else np.zeros(2)
    if share.max() >= 0.5:
        return tuple(int(i) for i in np.flatnonzero(share >= 0.5))
    if end - start >= SHARED:
        return (0, 1)
    for near in (_ago(speaking[:, : int(start * FPS)]), _ago(speaking[:, round(end * FPS) :][:, ::-1])):
        if near.min() <= NEAR:
            return (int(near.argmin()),)
    return (0, 1)


def _ago(speaking: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Seconds since each last spoke, (2,), at the end of a stretch (2, T)."""
    never = speaking.shape[1] + 1e9
    since = [speaking.shape[1] - 1 - hits[-1] if len(hits := np.flatnonzero(row)) else never for row in speaking]
    return np.array(since) / FPS
