"""VENUS's annotations as conversations, and conversations as VENUS's annotations.

What VENUS says of a segment comes back unchanged from a conversation, or from a corpus of them. The way back loses what
VENUS has no place for: sound, who speaks with which probability, listeners, gaze and place, seats, tracks and events
other than harm, and motion in spaces that are not made of FLAME's or SMPL-X's parameters.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, ValidationError

from visavis.conversation.conversation import Conversation, Participant
from visavis.conversation.timeline import Track, Utterance, Word
from visavis.errors import InputError
from visavis.formats.venus_schema import (
    BODY_SIZE,
    LONGEST,
    Venus,
    VenusBox,
    VenusFeatures,
    VenusUtterance,
    VenusWord,
    span,
    span_text,
    told,
)
from visavis.motion.motion import Motion
from visavis.motion.spaces import VENUS335, VENUS_BODY179, VENUS_FACE153, VENUS_FACE156
from visavis.motion.venus import has_body, has_face, side_by_side, to_body, to_face
from visavis.reading import LARGEST_ARRAYS
from visavis.reporter import Update

SPEAKER_BOX = "speaker"
"""The track that holds where the person is while speaking: ``x0, y0, x1, y1`` in pixels of the video."""
_UTTERANCE = "utterance"
"""The track that says to which of VENUS's utterances a frame of motion belongs."""
_BOX = ("x0", "y0", "x1", "y1")
_WIDEST = 4 * (VENUS335.dim + len(_BOX) + 2)
"""Bytes of a frame of one person: features, box and number of the utterance."""


def from_venus(venus: Venus) -> Conversation:
    """A conversation that says what an annotation says; speaker 0 is A.

    Motion is in ``venus332`` or ``venus335`` (see `visavis.motion.venus`), interpolated where VENUS has none; the
    tracks ``face`` and ``body`` tell by their masks where it has. The track ``speaker`` has the boxes. What a
    conversation has no field for is kept in ``provenance["venus"]``.

    Raises:
        InputError: Frames or times lie outside the segment, or an utterance is there twice; the message names it.
    """
    start, stop = span(venus.duration)
    frames = round((stop - start) * venus.fps)
    if frames * len("AB") * _WIDEST > LARGEST_ARRAYS:
        raise InputError(f"Duration and FPS make {frames:,} frames, more than are read at once; cut the segment")
    owners = _owners(venus)
    people = [_Person(frames, 153 if not venus.face else len(venus.face[0].features)) for _ in "AB"]
    lost = sum(
        not people[owners[entry.utterance]].put(kind, entry) if entry.utterance in owners else True
        for kind, entries in (("face", venus.face), ("body", venus.body))
        for entry in entries
    )
    _share_boxes(venus, people, owners)
    in_time = sorted(venus.conversation, key=lambda u: (u.start, u.id))
    mine = [[u for u in in_time if u.speaker == who] for who in (0, 1)]
    more: dict[str, Any] = {
        "utterances": {letter: [u.id for u in said] for letter, said in zip("AB", mine, strict=True)},
        "texts": {str(u.id): u.text for u in venus.conversation if u.text != " ".join(w.word for w in u.words)},
        "harmful": list(venus.harmful), "video": venus.video, "segment": venus.segment, "fps": venus.fps,
    }  # fmt: skip
    notes = [f"{lost} frames of features belong to no utterance, or to one that already has features"] if lost else []
    a, b = (
        person.participant(letter, tuple(map(_utterance, said)), venus.fps)
        for letter, said, person in zip("AB", mine, people, strict=True)
    )
    provenance = {
        "source": "venus", "session": venus.video, "channel": venus.channel, "start": start, "stop": stop,
        "venus": more, "notes": notes,
    }  # fmt: skip
    return Conversation(venus_id(venus.video, venus.segment), (a, b), stop - start, provenance=provenance)


def to_venus(conversation: Conversation) -> tuple[Venus, list[str]]:
    """The annotation that says what VENUS can say of a conversation, and notes on what it cannot.

    Utterances labelled harmful (event ``harmful``) are left out and listed. Features are those of the frames within
    utterances, ``floor(start * FPS)`` to ``floor(end * FPS)`` as in Algorithm 1, in which the person is seen.

    Returns:
        The annotation, and one line for each person whose motion VENUS has no features for.
    """
    given = _kept(conversation)
    said = _numbered(conversation, given)
    fps = given.get("fps") or next((p.motion.fps for p in conversation if p.motion is not None), 25.0)
    harmful = {number for number, who, u in said if _is_harmful(conversation.participants[who], u)}
    spoken = [(number, who, u) for number, who, u in said if number not in harmful]
    texts = given.get("texts", {})
    notes = []
    face: list[VenusFeatures] = []
    body: list[VenusFeatures] = []
    for who, person in enumerate(conversation):
        if person.motion is None:
            continue
        known = [has_face(person.motion.space), has_body(person.motion.space)]
        if not any(known):
            notes.append(
                f"participant {'AB'[who]}: VENUS cannot represent motion in {person.motion.space.name!r}; "
                "face and body are omitted"
            )
        frames = _frames_of(person, [(n, u) for n, w, u in spoken if w == who], fps)
        if known[0]:
            space = VENUS_FACE156 if person.motion.space.columns == VENUS335.columns else VENUS_FACE153
            face += _features(to_face(person.motion, space).values, frames, _seen(person, "face"))
        if known[1]:
            body += _features(to_body(person.motion, VENUS_BODY179).values, frames, _seen(person, "body"))
    start = conversation.provenance.get("start")
    start = float(start) if isinstance(start, int | float) and 0 <= start <= LONGEST else 0.0
    video, segment = _names(conversation, given)
    return _checked(
        channel=str(conversation.provenance.get("channel", "")),
        video=video,
        duration=span_text(start, start + conversation.duration),
        fps=int(fps) if fps == int(fps) else fps,
        segment=segment,
        conversation=[_spoken(number, who, u, texts) for number, who, u in spoken],
        face=sorted(face, key=lambda e: (e.utterance, e.frame)),
        body=sorted(body, key=lambda e: (e.utterance, e.frame)),
        boxes=sorted((b for person in conversation for b in _boxes(person)), key=lambda b: b.frame),
        harmful=sorted(harmful | set(given.get("harmful", []))),
    ), notes


class _Kept(BaseModel):
    """What `from_venus` keeps in the provenance; a corpus that somebody wrote by hand may hold anything there."""

    model_config = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)
    utterances: dict[str, list[int]] = {}
    texts: dict[str, str] = {}
    harmful: list[int] = []
    video: str
    segment: int
    fps: int | float


def _kept(conversation: Conversation) -> dict[str, Any]:
    try:
        return _Kept.model_validate(conversation.provenance.get("venus")).model_dump()
    except ValidationError:
        return {}


def _checked(**fields: Any) -> Venus:
    try:
        return Venus(**fields)
    except ValidationError as error:
        raise InputError(f"cannot be told in VENUS's format: {told(error)}") from None


def write(conversation: Conversation, paths: Sequence[Path], _update: Update) -> Sequence[str]:
    """Of the format ``venus``; the lines tell whose motion VENUS has no features for."""
    venus, notes = to_venus(conversation)
    venus.write(paths[0])
    return notes


def venus_id(video: str, segment: int) -> str:
    """The conversation's id: video and segment, as the authors name them (``G51M8YGs_OM_005``)."""
    plain = "".join(c if c.isascii() and (c.isalnum() or c in "._-") else "-" for c in video)
    return f"{plain or 'unnamed'}_{segment:03d}"


@dataclass
class _Person:
    """What is gathered of one person: features by frame, whose they are, and boxes."""

    frames: int
    face_size: int
    values: dict[str, NDArray[np.float32]] = field(default_factory=dict)
    utterance: NDArray[np.int64] = field(init=False)
    box: NDArray[np.float32] = field(init=False)

    def __post_init__(self) -> None:
        self.utterance = np.full(self.frames, -1, np.int64)
        self.box = np.full((self.frames, 4), np.nan, np.float32)

    def put(self, kind: str, entry: VenusFeatures) -> bool:
        """Takes a frame's features in; not if another utterance has the frame, or this one has it twice."""
        if kind not in self.values:
            size = self.face_size if kind == "face" else BODY_SIZE
            self.values[kind] = np.full((self.frames, size), np.nan, np.float32)
        self.inside(entry.frame, f"features of utterance {entry.utterance}")
        free = self.utterance[entry.frame] in (-1, entry.utterance) and np.isnan(self.values[kind][entry.frame, 0])
        if free:
            self.utterance[entry.frame] = entry.utterance
            with np.errstate(over="ignore"):  # what float32 cannot hold is found when the motion is made
                self.values[kind][entry.frame] = entry.features
        return bool(free)

    def inside(self, frame: int, what: str) -> None:
        if frame >= self.frames:
            raise InputError(f"{what}: frame {frame} is beyond the segment's {self.frames} frames")

    def participant(self, name: str, utterances: tuple[Utterance, ...], fps: float) -> Participant:
        person = Participant(name, utterances=utterances)
        tracks: dict[str, Track] = {}
        if not np.isnan(self.box).all():
            valid = ~np.isnan(self.box[:, 0])
            tracks[SPEAKER_BOX] = Track(np.where(valid[:, None], self.box, 0), fps, _BOX, valid)
        if not self.values:
            return replace(person, tracks=tracks)
        sizes = {"face": self.face_size, "body": BODY_SIZE}
        parts = {kind: self.values.get(kind, np.full((self.frames, n), np.nan)) for kind, n in sizes.items()}
        for kind, values in parts.items():
            valid = ~np.isnan(values[:, 0])
            tracks[kind] = Track(valid.astype(np.float32), fps, ("visible",), valid)
        known = self.utterance >= 0
        tracks[_UTTERANCE] = Track(np.where(known, self.utterance, 0).astype(np.float32), fps, ("number",), known)
        face_space = VENUS_FACE153 if self.face_size == 153 else VENUS_FACE156
        motion = side_by_side(
            Motion(_filled(parts["face"]), fps, face_space), Motion(_filled(parts["body"]), fps, VENUS_BODY179)
        )
        return replace(person, motion=motion, tracks=tracks)


def _owners(venus: Venus) -> dict[int, int]:
    """Who says each utterance; checks what pydantic does not see."""
    owners: dict[int, int] = {}
    for number, utterance in enumerate(venus.conversation):
        where = f"Conversation[{number}]"
        if utterance.id in owners:
            raise InputError(f"{where}.Utt_id: {utterance.id} appears twice")
        parts: list[VenusUtterance | VenusWord] = [utterance, *utterance.words]
        for part in parts:
            if part.end < part.start:
                what = repr(part.word) if isinstance(part, VenusWord) else "the utterance"
                raise InputError(f"{where}: {what} ends at {part.end} s, before it begins at {part.start} s")
        owners[utterance.id] = utterance.speaker
    return owners


def _share_boxes(venus: Venus, people: list[_Person], owners: dict[int, int]) -> None:
    """A box is of whoever has features in its frame, else of whoever speaks then, else of whoever had one last."""
    speak = [_speaks(venus, who, people[who].frames) for who in (0, 1)]
    last = 0
    for number, entry in enumerate(venus.boxes):
        for person in people:
            person.inside(entry.frame, f"Speaker bbox[{number}]")
        shown = [who for who in (0, 1) if people[who].utterance[entry.frame] >= 0]
        heard = [who for who in (0, 1) if speak[who][entry.frame]]
        order = dict.fromkeys([*shown, *heard, last, 0, 1])
        who = next((w for w in order if np.isnan(people[w].box[entry.frame, 0])), None)
        if who is None:
            raise InputError(f"Speaker bbox[{number}]: frame {entry.frame} has more than two boxes")
        with np.errstate(over="ignore"):  # see `_Person.put`
            people[who].box[entry.frame] = entry.box
        last = who


def _speaks(venus: Venus, who: int, frames: int) -> NDArray[np.bool_]:
    """The frames (T,) that lie in somebody's utterances, or of which a part does."""
    changes = np.zeros(frames + 1, np.int64)
    for utterance in venus.conversation:
        if utterance.speaker == who:
            first, last = (min(max(0, math.ceil(t * venus.fps)), frames) for t in (utterance.start, utterance.end))
            changes[max(0, first - 1)] += 1
            changes[last] -= 1
    speaks: NDArray[np.bool_] = np.cumsum(changes[:-1]) > 0
    return speaks


def _utterance(utterance: VenusUtterance) -> Utterance:
    words = tuple(Word(w.word, w.start, w.end) for w in utterance.words)
    return Utterance(utterance.start, utterance.end, words)


def _filled(values: NDArray[Any]) -> NDArray[np.float32]:
    """Frames without features interpolated from their neighbours, held at the ends, zero where there are none."""
    valid = np.flatnonzero(~np.isnan(values[:, 0]))
    if not len(valid):
        return np.zeros(values.shape, np.float32)
    at = np.arange(len(values))
    columns = [np.interp(at, valid, column) for column in values[valid].T.astype(np.float64)]
    return np.stack(columns, 1).astype(np.float32)


def _numbered(conversation: Conversation, given: dict[str, Any]) -> list[tuple[int, int, Utterance]]:
    """Number, person and utterance, in order of number: VENUS's own numbers, or in order of time."""
    numbers = given.get("utterances", {})
    lists = [numbers.get(letter, []) for letter in "AB"]
    if [len(n) for n in lists] == [len(p.utterances) for p in conversation]:
        found = [(n, w, u) for w, p in enumerate(conversation) for n, u in zip(lists[w], p.utterances, strict=True)]
        return sorted(found, key=lambda entry: entry[0])
    spoken = sorted(((u.start, w, u) for w, p in enumerate(conversation) for u in p.utterances), key=lambda e: e[:2])
    return [(number, who, utterance) for number, (_, who, utterance) in enumerate(spoken)]


def _is_harmful(person: Participant, utterance: Utterance) -> bool:
    middle = (utterance.start + utterance.end) / 2
    return any(event.start <= middle <= event.end for event in person.events.get("harmful", ()))


def _frames_of(
    person: Participant, spoken: Iterable[tuple[int, Utterance]], fps: float
) -> list[tuple[int, NDArray[np.intp]]]:
    """The frames of each utterance; where VENUS said so itself, those."""
    assert person.motion is not None
    known = person.tracks.get(_UTTERANCE)
    if known is not None and len(known) == len(person.motion):
        numbers = np.where(known.valid, known.values[:, 0], -1)
        return [(number, np.flatnonzero(numbers == number)) for number, _ in spoken]
    last = len(person.motion)
    return [(n, np.arange(int(u.start * fps), min(int(u.end * fps), last))) for n, u in spoken]


def _seen(person: Participant, kind: str) -> NDArray[np.bool_]:
    assert person.motion is not None
    track = person.tracks.get(kind)
    everywhere = np.ones(len(person.motion), bool)
    return track.valid if track is not None and len(track) == len(everywhere) else everywhere


def _features(
    values: NDArray[np.float32], frames: list[tuple[int, NDArray[np.intp]]], seen: NDArray[np.bool_]
) -> list[VenusFeatures]:
    return [
        VenusFeatures.model_construct(utterance=number, frame=int(frame), features=_shortest(values[frame]))
        for number, mine in frames
        for frame in mine[seen[mine]]
    ]


def _boxes(person: Participant) -> list[VenusBox]:
    track = person.tracks.get(SPEAKER_BOX)
    if track is None:
        return []
    return [VenusBox(frame=int(f), box=_shortest(track.values[f])) for f in np.flatnonzero(track.valid)]


def _shortest(row: NDArray[np.float32]) -> list[float]:
    """Numbers with no more digits than it takes to read the same float32 again."""
    return [float(str(value)) for value in row]


def _spoken(number: int, who: int, utterance: Utterance, texts: dict[str, str]) -> VenusUtterance:
    words = [VenusWord(word=w.text, start=w.start, end=w.end) for w in utterance.words]
    text = texts.get(str(number), utterance.text)
    return VenusUtterance(id=number, speaker=who, text=text, start=utterance.start, end=utterance.end, words=words)


def _names(conversation: Conversation, given: dict[str, Any]) -> tuple[str, int]:
    """Video and segment: VENUS's own, or what the id says."""
    if "video" in given and "segment" in given:
        return str(given["video"]), int(given["segment"])
    video, _, number = conversation.id.rpartition("_")
    return (video, int(number)) if video and number.isdecimal() and len(number) < 8 else (conversation.id, 0)
