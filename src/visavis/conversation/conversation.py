"""Two participants on one clock: the data type that everything else works with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from visavis.conversation.timeline import Interval, Track, Utterance, Word, shorten, within
from visavis.errors import InputError
from visavis.media.audio import Audio
from visavis.media.frames import Video
from visavis.motion.motion import Motion
from visavis.motion.seat import Seat

LONGEST = 1_000_000
"""Seconds of a conversation: beyond eleven days, a number is a mistake."""


@dataclass(frozen=True)
class Participant:
    """One of the two people.

    Attributes:
        name: Shown to users; ``A`` and ``B`` unless known better.
        audio: This person's own voice, if it is known apart from the other's.
        utterances: What the person says, in order of start.
        speaking: Track of one column ``speaking``: the probability, per frame, that the person speaks.
        motion: How the person moves.
        seat: Where the person is and which way the torso faces.
        tracks: Further signals by name (``emotion``, ``gaze_target``, ...).
        events: Labelled intervals by name (``nod``, ``smile``, ``blink``, ``phone``, ...).
        appearance: How to draw the person: body phenotypes and colours, as `visavis.bodies` reads them.
    """

    name: str
    audio: Audio | None = None
    utterances: tuple[Utterance, ...] = ()
    speaking: Track | None = None
    motion: Motion | None = None
    seat: Seat | None = None
    tracks: Mapping[str, Track] = field(default_factory=dict)
    events: Mapping[str, tuple[Interval, ...]] = field(default_factory=dict)
    appearance: Mapping[str, Any] = field(default_factory=dict)

    def __repr__(self) -> str:
        known = [] if self.motion is None else [f"{self.motion.space.name} motion"]
        known += [name for name in ("audio", "speaking", "seat") if getattr(self, name) is not None]
        known += [f"{len(self.utterances)} utterances"] if self.utterances else []
        for what, named in (("tracks", self.tracks), ("events", self.events)):
            known += [f"{what} {shorten(', '.join(named), 60)}"] if named else []
        return f"<Participant {shorten(self.name, 40)!r}: {'; '.join(known) or 'nothing known'}>"

    @property
    def words(self) -> tuple[Word, ...]:
        """All words of all utterances, in order of start."""
        return tuple(sorted((w for u in self.utterances for w in u.words), key=lambda w: w.start))


@dataclass(frozen=True)
class Conversation:
    """Two participants on one clock.

    Attributes:
        id: Unique within a corpus; letters, digits, ``.``, ``_`` and ``-``.
        participants: Exactly two.
        duration: Seconds; every part lies within it, give or take a frame.
        mixed: One track with both voices, if there is one.
        provenance: Where it comes from: source, licence, seed, versions (plain JSON values).
        video: The picture both were filmed in, on the same clock; held in memory only, never part of a corpus.

    Raises:
        InputError: A part does not fit; the message names the conversation, participant and field.
    """

    id: str
    participants: tuple[Participant, Participant]
    duration: float
    mixed: Audio | None = None
    provenance: Mapping[str, Any] = field(default_factory=dict)
    video: Video | None = None

    def __post_init__(self) -> None:
        """Validates."""
        validate(self)

    def __repr__(self) -> str:
        more = [name for name in ("mixed", "video") if getattr(self, name) is not None]
        return f"<Conversation {self.id!r}: {self.duration:.2f} s, {self.a}, {self.b}{''.join(f', {m}' for m in more)}>"

    def __iter__(self) -> Iterator[Participant]:
        """The two participants."""
        return iter(self.participants)

    @property
    def a(self) -> Participant:
        """The first participant."""
        return self.participants[0]

    @property
    def b(self) -> Participant:
        """The second participant."""
        return self.participants[1]

    def fact(self, *names: str) -> Any:
        """What the provenance tells under these names, one within the other; None where it tells nothing there.

        A provenance is whatever others have written: what one program keeps as a table is one word of another's.
        """
        found: Any = self.provenance
        for name in names:
            found = found.get(name) if isinstance(found, Mapping) else None
        return found

    def swapped(self) -> Conversation:
        """The same conversation with the two participants in the other order."""
        return replace(self, participants=(self.b, self.a))

    def with_participants(self, a: Participant, b: Participant) -> Conversation:
        """A copy with other participants."""
        return replace(self, participants=(a, b))

    def with_video(self, video: Video) -> Conversation:
        """A copy with its picture; ``provenance`` keeps its ``title``, and as ``video`` the file's name, size, rate."""
        facts = {"file": video.path.name, "width": video.width, "height": video.height, "fps": video.fps}
        known = {"video": facts, **({"title": video.title} if video.title else {})}
        return replace(self, video=video, provenance={**self.provenance, **known})

    def window(self, start: float, stop: float) -> Conversation:
        """What happens from `start` to `stop` seconds, on a clock that begins at `start`.

        Words and utterances that only partly lie within are cut at the edges. Edges should lie on frame
        boundaries; others are rounded to the nearest frame of each track.
        """
        stop = min(stop, self.duration)
        if not 0 <= start < stop:
            raise InputError(f"conversation {self.id!r}: no window from {start} to {stop} s in {self.duration:.2f} s")
        return replace(
            self,
            participants=tuple(_window(p, start, stop) for p in self.participants),  # type: ignore[arg-type]
            duration=stop - start,
            mixed=self.mixed.slice(start, stop) if self.mixed else None,
            video=self.video.slice(start, stop) if self.video else None,
        )


def _window(person: Participant, start: float, stop: float) -> Participant:
    def frames(part: Any) -> Any:
        return part.slice(round(start * part.fps), round(stop * part.fps))

    return replace(
        person,
        audio=person.audio.slice(start, stop) if person.audio else None,
        utterances=tuple(
            Utterance(max(u.start, start) - start, min(u.end, stop) - start, within(u.words, start, stop), u.kind)
            for u in person.utterances
            if u.end > start and u.start < stop
        ),
        speaking=frames(person.speaking) if person.speaking else None,
        motion=frames(person.motion) if person.motion else None,
        tracks={name: frames(track) for name, track in person.tracks.items()},
        events={name: within(found, start, stop) for name, found in person.events.items()},
    )


def need_id(name: str) -> None:
    """Raises `InputError` unless a conversation can have this id, which is a part of files' names."""
    if not name or not all(c.isalnum() or c in "._-" for c in name):
        raise InputError(f"conversation {name!r}: an id needs letters, digits, '.', '_' and '-' only")


def validate(conversation: Conversation) -> None:
    """Checks that all parts fit one clock.

    Raises:
        InputError: Names the conversation, the participant, the field and, where there is one, the frame.
    """
    here = f"conversation {conversation.id!r}"
    need_id(conversation.id)
    if len(conversation.participants) != 2:
        raise InputError(f"{here}: {len(conversation.participants)} participants; exactly two are needed")
    if not 0 <= conversation.duration <= LONGEST:
        raise InputError(f"{here}: a duration of {conversation.duration} s; 0 to {LONGEST:,} are possible")
    for letter, person in zip("AB", conversation.participants, strict=True):
        where = f"{here}, participant {letter}"
        for field_name, part in _timed(person):
            tolerance = 1.0 / getattr(part, "fps", 10.0) + 0.1
            if abs(part.duration - conversation.duration) > tolerance:
                raise InputError(
                    f"{where}: {field_name} lasts {part.duration:.3f} s, the conversation {conversation.duration:.3f} s"
                )
        for utterance in person.utterances:
            if utterance.end > conversation.duration + 0.5:
                raise InputError(
                    f"{where}: an utterance ends at {utterance.end:.3f} s, after the end of the conversation"
                )
        if person.speaking is not None:
            bad = (person.speaking.values < -1e-4) | (person.speaking.values > 1 + 1e-4)
            if bad.any():
                raise InputError(f"{where}: speaking is not a probability at frame {int(np.argwhere(bad)[0][0])}")


def _timed(person: Participant) -> list[tuple[str, Any]]:
    parts = [("audio", person.audio), ("speaking", person.speaking), ("motion", person.motion)]
    parts += [(f"track {name!r}", track) for name, track in person.tracks.items()]
    return [(name, part) for name, part in parts if part is not None]
