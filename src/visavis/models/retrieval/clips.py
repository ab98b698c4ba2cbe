"""Mines the clips of a corpus in which somebody listens (RealTalk, section 4.2).

A conversation that curation cut (stage ``clips``) is one clip: ``provenance["clip"]`` says who listens. From any other
conversation clips are mined: turns: spans in which one person has the floor and the other, seen all the while, does not
take it. Clips are served whose motion the built-in body shows, which is what can be drawn and what the built-in encoder
reads; people who move in other spaces are passed over.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeGuard

import numpy as np
from numpy.typing import NDArray

from visavis.bodies import shown_as
from visavis.conversation import Conversation, Track
from visavis.conversation.corpus import Corpus
from visavis.errors import InputError
from visavis.models.retrieval.pictures import PictureSource
from visavis.models.retrieval.protocol import Clip
from visavis.motion import Motion
from visavis.motion.runs import runs

FPS = 25.0
LONGEST = 384
"""Frames of a mined clip at most: 15.36 s, as in the paper."""
SHORTEST = 75
"""Frames of a mined clip at least: 3 s, the time a reaction takes to come, be seen and go."""
PAUSE = 1.5
"""Seconds for which a speaker who pauses keeps the floor."""
INTERJECTION = 1.0
"""Seconds that a listener may speak at once and still listen, as in "oh no"."""
BLINK = 0.4
"""Seconds for which a face may be lost from sight, as behind a hand that passes."""

LEARNT_FROM = (None, "train")
"""Values of ``provenance["split"]`` of conversations that methods may learn from."""


@dataclass
class Passed:
    """Why people gave no clips, counted for a line to the user.

    Attributes:
        spaces: Of motion that is not served: people by name.
        unmoved: People without motion.
        unheard: Conversations in which it is not known who speaks.
    """

    spaces: dict[str, int] = field(default_factory=dict)
    unmoved: int = 0
    unheard: int = 0

    def why(self) -> str:
        """The commonest reason and what to do about it."""
        if self.spaces:
            found = ", ".join(repr(name) for name in sorted(self.spaces))
            return f"motion is in {found}, clips need 'arkit' or 'arkit-body'; map the motion first"
        if self.unheard:
            return "voice activity is unknown; extract or curate the videos with 'speaking' and 'active-speaker'"
        if self.unmoved:
            return "there is no motion; extract or curate videos that show both people"
        return (
            f"no one listens on camera for {SHORTEST / FPS:g} s while the other speaks; use longer conversations, or "
            "videos that show both people"
        )


def corpus_clips(
    corpus: Corpus,
    ids: Iterable[str] | None = None,
    *,
    pictures: PictureSource | None = None,
    passed: Passed | None = None,
) -> Iterator[Clip]:
    """The listener clips of a corpus, in order of conversation, time and person; one conversation in memory at a time.

    Args:
        corpus: Any corpus of ours. Sound is not read where it is known who speaks when.
        ids: Of the conversations that are looked at; all unless given.
        pictures: Where pictures come from, for encoders that look at pictures.
        passed: Filled with what gave no clips.

    Raises:
        InputError: A file is broken, or names a listener who is not there.
    """
    passed = Passed() if passed is None else passed
    for id in corpus.ids if ids is None else ids:
        yield from _Talk(corpus, id, pictures, passed).clips()


def need_clips(corpus: Corpus, found: int, passed: Passed) -> None:
    """Raises `InputError` where a corpus has no clips; the line says why."""
    if not len(corpus):
        raise InputError(f"{corpus.folder}: the corpus is empty; there is nothing to retrieve")
    if not found:
        raise InputError(f"{corpus.folder}: contains no clips of listeners: {passed.why()}")


def listening(
    speaker: NDArray[np.bool_], listener: NDArray[np.bool_], seen: NDArray[np.bool_], fps: float = FPS
) -> Iterator[tuple[int, int]]:
    """Stretches in which one person has the floor and the other listens.

    The speaker has the floor while speaking and in pauses of up to `PAUSE` s. The other listens unless speaking for
    longer than `INTERJECTION` s. A stretch ends where the listener is out of sight for longer than `BLINK` s; from 3 s
    on it counts, and above 15.36 s it is cut into equal parts.

    Args:
        speaker: (T,) whether the speaker speaks.
        listener: (T,) whether the listener does.
        seen: (T,) whether the listener's face is seen.
        fps: Frames per second of all three.

    Yields:
        First frame, and frame after the last.
    """
    floor = _without_gaps(speaker, PAUSE * fps)
    talks = ~_without_gaps(~listener, INTERJECTION * fps)
    shown = _without_gaps(seen, BLINK * fps)
    for start, stop in runs(floor & ~talks & shown).tolist():
        length = stop - start
        if length >= SHORTEST * fps / FPS:
            parts = math.ceil(length / (LONGEST * fps / FPS))
            edges = [start + length * i // parts for i in range(parts + 1)]
            yield from itertools.pairwise(edges)


def load_motion(corpus: Corpus, conversation: str, listener: str, start: float, stop: float) -> Motion:
    """The motion of a clip, read anew from the corpus.

    Raises:
        InputError: It is not there, as after the corpus has changed.
    """
    motion = _motion(corpus, conversation, listener) if conversation in corpus else None
    if motion is None or not len(cut := motion.slice(round(start * motion.fps), round(stop * motion.fps))):
        raise InputError(f"{corpus.folder}: no longer has {listener} of {conversation!r} at {start:.2f} s")
    return cut


def served(motion: Motion | None) -> TypeGuard[Motion]:
    """Whether somebody's motion is known, and in a space that the built-in body shows."""
    return motion is not None and shown_as(motion.space) is not None


def said_to(talk: Conversation, listener: str, start: float, stop: float) -> str:
    """What the other one says from `start` to `stop` seconds: the words whose middle lies there, else utterances."""
    speaker = talk.b if listener == "A" else talk.a
    spoken = speaker.words or speaker.utterances
    return " ".join(each.text for each in spoken if start <= (each.start + each.end) / 2 < stop)


class _Talk:
    """One conversation, of which only what is needed is read."""

    def __init__(self, corpus: Corpus, id: str, pictures: PictureSource | None, passed: Passed) -> None:
        self._corpus, self._id, self._pictures, self._passed = corpus, id, pictures, passed

    def clips(self) -> Iterator[Clip]:
        provenance, duration = self._corpus.record(self._id)
        cut = provenance.get("clip")
        found = list(self._cut(cut, duration) if cut is not None else self._mined())
        for start, stop, letter, motion in sorted(found, key=lambda each: each[:3]):
            part = motion.slice(round(start * motion.fps), round(stop * motion.fps))
            if len(part):
                pictures = None
                if self._pictures is not None:
                    face = self._signal(letter, "track", "face")
                    pictures = self._pictures.pictures(provenance, face, start, part)
                yield Clip(self._id, letter, start, stop, part, pictures)

    def _cut(self, cut: Any, duration: float) -> Iterator[tuple[float, float, str, Motion]]:
        letter = cut.get("listener") if isinstance(cut, Mapping) else None
        if letter not in ("A", "B"):
            raise InputError(
                f"{self._corpus.folder}, conversation {self._id!r}: its clip's listener is {str(letter)[:20]!r}, not A "
                "or B; curate the videos again"
            )
        motion = self._moves(letter)
        if motion is not None:
            yield 0.0, duration, letter, motion

    def _mined(self) -> Iterator[tuple[float, float, str, Motion]]:
        moves = {letter: self._moves(letter) for letter in "AB"}
        if not any(motion is not None and len(motion) for motion in moves.values()):
            return
        speaks = self._speaks()
        if speaks is None:
            self._passed.unheard += 1
            return
        for letter, motion in moves.items():
            if motion is None or not len(motion):
                continue
            other = speaks["AB".replace(letter, "")]
            count = min(round(motion.duration * FPS), len(other))
            stretches = listening(other[:count], speaks[letter][:count], self._seen(letter, count))
            for start, stop in stretches:
                yield start / FPS, stop / FPS, letter, motion

    def _moves(self, letter: str) -> Motion | None:
        motion = _motion(self._corpus, self._id, letter)
        if motion is not None:
            return motion
        for name in self._corpus.spaces:
            if self._signal(letter, "motion", name) is not None:
                self._passed.spaces[name] = self._passed.spaces.get(name, 0) + 1
                return None
        self._passed.unmoved += 1
        return None

    def _speaks(self) -> dict[str, NDArray[np.bool_]] | None:
        """(T,) for A and B whether they speak, at 25 per second; None where that is not known."""
        tracks = {letter: self._signal(letter, "speaking", "speaking") for letter in "AB"}
        if all(isinstance(track, Track) for track in tracks.values()):
            count = min(round(track.duration * FPS) for track in tracks.values() if track is not None)
            return {k: _spoken(track, count) for k, track in tracks.items() if isinstance(track, Track)}
        talk = self._corpus[self._id]
        if not any(person.utterances for person in talk):
            return None
        return _from_utterances(talk)

    def _seen(self, letter: str, count: int) -> NDArray[np.bool_]:
        face = self._signal(letter, "track", "face")
        return face.at(FPS, count).valid if isinstance(face, Track) else np.ones(count, bool)

    def _signal(self, letter: str, kind: str, name: str) -> Motion | Track | None:
        return self._corpus.signal(self._id, letter, kind, name)


def _motion(corpus: Corpus, id: str, letter: str) -> Motion | None:
    for name, space in corpus.spaces.items():
        if shown_as(space) is not None:
            motion = corpus.signal(id, letter, "motion", name)
            if isinstance(motion, Motion):
                return motion
    return None


def _spoken(track: Track, count: int) -> NDArray[np.bool_]:
    at = track.at(FPS, count)
    return (at.values[:, 0] > 0.5) & at.valid


def _from_utterances(talk: Conversation) -> dict[str, NDArray[np.bool_]]:
    count = round(talk.duration * FPS)
    speaks = {}
    for letter, person in zip("AB", talk, strict=True):
        speaks[letter] = np.zeros(count, bool)
        for u in person.utterances:
            speaks[letter][round(u.start * FPS) : round(u.end * FPS)] = True
    return speaks


def _without_gaps(flags: NDArray[np.bool_], longest: float) -> NDArray[np.bool_]:
    """The same with every gap of up to `longest` frames filled that has True on both sides."""
    filled = np.zeros_like(flags)
    for start, stop in runs(flags, bridge=longest):
        filled[start:stop] = True
    return filled
