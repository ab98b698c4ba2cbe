"""What is known of each person before it is decided how they behave, frame by frame.

It is read off a conversation in the same way whether that was recorded or simulated.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from visavis.behavior.curves import FPS, Array
from visavis.behavior.prosody import accents_of, energy_of, pitch_of
from visavis.behavior.words import Cue, plain, timed, word_cues
from visavis.conversation import Conversation, Interval, Participant, Word
from visavis.conversation.pauses import between_pauses
from visavis.media.audio import Audio
from visavis.motion.runs import runs
from visavis.perception.separation import separate
from visavis.perception.words.backchannels import APART, acknowledges

JOIN = 0.2
"""Seconds of silence up to which speech is one phrase: an inter-pausal unit (Heldner & Edlund 2010)."""
SPEAKS = 0.5
"""Least probability at which a person counts as speaking."""
BRIEF = 1.0
"""Seconds up to which speech without words may be a backchannel."""


@dataclass(frozen=True)
class Phrase:
    """A stretch of one person's speech without a pause.

    Attributes:
        start: Seconds.
        end: Seconds.
        words: What is said, if that is known.
        backchannel: Whether it only acknowledges.
        opens: Whether a turn begins with it.
        closes: Whether a turn ends with it.
        asks: Whether it is a question, as far as words or pitch tell.
    """

    start: float
    end: float
    words: tuple[Word, ...] = ()
    backchannel: bool = False
    opens: bool = False
    closes: bool = False
    asks: bool = False


@dataclass(frozen=True)
class Person:
    """One person's speech.

    Attributes:
        frames: T, at `visavis.behavior.curves.FPS`.
        phrases: In order of start.
        words: All words, in order of start; empty where they are not known.
        laughs: Heard laughter.
        energy: Loudness (T,), 0 in silence, 1 at loud speech.
        pitch: Semitones (T,) about the person's usual pitch, 0 where unvoiced.
        accents: Time (s) and strength (0 to 1) of the stressed syllables.
    """

    frames: int
    phrases: tuple[Phrase, ...]
    words: tuple[Word, ...]
    laughs: tuple[Interval, ...]
    energy: Array
    pitch: Array
    accents: tuple[tuple[float, float], ...]

    @cached_property
    def speaking(self) -> NDArray[np.bool_]:
        """Whether the person speaks (T,)."""
        return self._during([(p.start, p.end) for p in self.phrases])

    @cached_property
    def acknowledging(self) -> NDArray[np.bool_]:
        """Whether the person only acknowledges (T,)."""
        return self._during([(p.start, p.end) for p in self.phrases if p.backchannel])

    @cached_property
    def turns(self) -> tuple[tuple[float, float], ...]:
        """When the person holds the floor, start and end (s)."""
        found: list[tuple[float, float]] = []
        for phrase in self.phrases:
            if phrase.backchannel:
                continue
            if phrase.opens or not found:
                found.append((phrase.start, phrase.end))
            else:
                found[-1] = (found[-1][0], phrase.end)
        return tuple(found)

    @cached_property
    def holds(self) -> NDArray[np.bool_]:
        """Whether the person holds the floor (T,)."""
        return self._during(list(self.turns))

    @cached_property
    def cues(self) -> tuple[Cue, ...]:
        """What the words give to go by, in order of start; none in other languages than English."""
        return tuple(word_cues(self.words))

    def said(self, texts: frozenset[str]) -> list[Word]:
        """The words that are among `texts`."""
        return [word for word in self.words if plain(word.text) in texts]

    def _during(self, spans: list[tuple[float, float]]) -> NDArray[np.bool_]:
        return _within(spans, self.frames)


def people_of(conversation: Conversation) -> tuple[Person, Person]:
    """What is known of A and B.

    Loudness and pitch are of the own voice where both are known apart, else of what is theirs of the mixed track: only
    where the person speaks alone, unless the voices can be told apart.

    Args:
        conversation: With words, or with who speaks when.
    """
    frames = max(1, round(conversation.duration * FPS))
    said = [_phrases(person) for person in conversation.participants]
    a, b = _turns(said[0], said[1])
    speaks = [_within([(p.start, p.end) for p in phrases], frames) for phrases in (a, b)]
    voices, in_overlap = _voices(conversation, speaks)
    apart = all(person.audio is not None for person in conversation.participants)
    people = []
    for i, (person, phrases) in enumerate(zip(conversation.participants, (a, b), strict=True)):
        voice = voices[i]
        heard = speaks[i] if in_overlap else speaks[i] & ~speaks[1 - i]
        energy = np.zeros(frames) if voice is None else energy_of(voice, frames) * (1.0 if apart else heard)
        pitch = np.zeros(frames) if voice is None else pitch_of(voice, heard)
        laughs = tuple(person.events.get("heard_laugh", ()))
        known = Person(frames, tuple(phrases), tuple(timed(person.utterances)[0]), laughs, energy, pitch, ())
        people.append(replace(known, accents=tuple(accents_of(energy, pitch))))
    return people[0], people[1]


def _voices(
    conversation: Conversation, speaks: list[NDArray[np.bool_]]
) -> tuple[tuple[Audio | None, Audio | None], bool]:
    """Each person's voice, as far as it is known, and whether it is that person's where both speak, too."""
    a, b = (person.audio for person in conversation.participants)
    apart = a is not None and b is not None
    if apart or conversation.mixed is None:
        return (a, b), apart
    known = [person.speaking for person in conversation.participants]
    likely = [
        said if track is None else np.clip(np.nan_to_num(track.at(FPS, len(said)).values[:, 0]), 0, 1)
        for track, said in zip(known, speaks, strict=True)
    ]
    separated = separate(conversation.mixed, np.stack(likely).astype(np.float32))
    return separated.tracks, separated.in_overlap


def _phrases(person: Participant) -> list[Phrase]:
    """Stretches of speech: by the words where they are known, else by the probability of speaking."""
    words = [word for word in timed(person.utterances)[0] if plain(word.text)]
    if words:
        said = [(g[0].start, max(w.end for w in g), tuple(g)) for g in between_pauses(words, JOIN)]
    elif person.speaking is not None:
        track = person.speaking
        spans = runs(track.values[:, 0] >= SPEAKS, bridge=JOIN * track.fps) / track.fps
        said = [(float(a), float(b), ()) for a, b in spans]
    else:
        said = [(u.start, u.end, ()) for u in person.utterances]
    questions = [cue for cue in word_cues(words) if cue.kind == "question"]
    found = []
    for i, (start, end, spoken) in enumerate(said):
        before = start - said[i - 1][1] if i else np.inf
        after = said[i + 1][0] - end if i + 1 < len(said) else np.inf
        known = acknowledges(w.text for w in spoken) if spoken else end - start <= BRIEF
        asks = any(start < question.end <= end for question in questions)
        found.append(Phrase(start, end, spoken, min(before, after) >= APART and known, asks=asks))
    return found


def _turns(a: list[Phrase], b: list[Phrase]) -> tuple[list[Phrase], list[Phrase]]:
    """The phrases of both with the ends of turns marked.

    The floor passes when the other begins something that is no backchannel and outlasts what is being said.
    """
    both = sorted(
        ((p.start, i, n) for i, phrases in enumerate((a, b)) for n, p in enumerate(phrases) if not p.backchannel),
    )
    result = [list(a), list(b)]
    holder, end, last = -1, -np.inf, (0, 0)
    for _, i, n in both:
        phrase = result[i][n]
        if i == holder:
            end, last = max(end, phrase.end), (i, n)
        elif phrase.end > end:
            if holder >= 0:
                result[last[0]][last[1]] = replace(result[last[0]][last[1]], closes=True)
            result[i][n] = replace(phrase, opens=True)
            holder, end, last = i, phrase.end, (i, n)
    if holder >= 0:
        result[last[0]][last[1]] = replace(result[last[0]][last[1]], closes=True)
    return result[0], result[1]


def _within(spans: Iterable[tuple[float, float]], frames: int) -> NDArray[np.bool_]:
    """Whether each frame lies in one of some stretches of time (s)."""
    inside = np.zeros(frames, bool)
    for start, end in spans:
        inside[max(0, round(start * FPS)) : max(0, round(end * FPS))] = True
    return inside
