"""Active speaker detection: voices are assigned to faces by mouth motion."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d, uniform_filter1d
from scipy.stats import rankdata

from visavis.conversation import Conversation, Participant, Track
from visavis.errors import InputError
from visavis.perception.protocol import add_notes
from visavis.perception.speaking import FPS, frame_levels

Array = NDArray[np.float64]

_MOUTH = 0.065
"""Change of the lips' shapes per frame, root of the summed squares, above which a mouth rather speaks: over half a
second real speakers have a median of 0.13 to 0.20, silent faces of 0.02 to 0.06."""
_SLOPE = 2.0
_LAGS = range(-2, 5)
"""Frames that the sound may lag behind the lips, or lead."""
_TURN, _SYLLABLE = 25.0, 6.0
"""Frames after which turns and syllables count as told anew."""
_SURE = 1.0


@dataclass(frozen=True)
class ActiveSpeaker:
    """Gives each voice to the face that speaks with it, once faces and `speaking` are known.

    For each face and each voice two things are looked at: whether the mouth moves more while the voice is heard than
    while it is not, and whether the mouth's speed and the changes of the sound's level rise and fall together while the
    voice speaks alone. Both voices are given away at once, over the whole recording; where that makes the two change
    places, ``audio``, ``utterances``, ``speaking`` and harmful utterances do. Participants stay who they are on the
    picture.

    Both also get the track ``active_speaker``: per frame, the probability that this face speaks, by sound and mouth
    together. Where only one voice is told apart in a mixed track, the mouths alone say whose it is at each moment.

    A network of the kind of Light-ASD (Liao et al. 2023) can take its place as an installed extractor
    ``active-speaker:NAME`` (see `visavis.perception.protocol`).
    """

    def __call__(self, conversation: Conversation) -> Conversation:
        """A copy with voices in their places.

        Raises:
            InputError: It is not known when voices are heard.
        """
        mouths, frames = _mouths(conversation)
        if not any(mouth.seen.any() for mouth in mouths):
            return add_notes(conversation, ["no mouth is visible; voices are assigned by audio alone"])
        voices = [_Voice.of(conversation, i, frames) for i in (0, 1)]
        like = _likenesses(mouths, voices)
        gain = like[0, 0] + like[1, 1] - like[0, 1] - like[1, 0]
        notes = []
        if abs(gain) < _SURE and max(voice.speaks.max(initial=0) for voice in voices) > 0.5:
            notes.append("which voice belongs to which face is uncertain: mouth motion does not tell them apart")
        if gain < 0:
            conversation = _with_voices_exchanged(conversation)
            voices.reverse()
        a, b = (
            replace(person, tracks={**person.tracks, "active_speaker": Track(p, FPS, ("speaking",), mouth.seen)})
            for person, p, mouth in zip(conversation, _who_speaks(mouths, voices), mouths, strict=True)
        )
        return add_notes(conversation.with_participants(a, b), notes)


def likenesses(conversation: Conversation) -> Array:
    """How much speaks for each voice being each face's.

    Returns:
        (2, 2), faces by voices, about in standard deviations of what chance gives.

    Raises:
        InputError: It is not known when voices are heard.
    """
    mouths, frames = _mouths(conversation)
    return _likenesses(mouths, [_Voice.of(conversation, i, frames) for i in (0, 1)])


def _mouths(conversation: Conversation) -> tuple[list[_Mouth], int]:
    """Both mouths, and how many frames there are."""
    if any(person.speaking is None for person in conversation):
        raise InputError(f"conversation {conversation.id!r}: voice activity is unknown; run 'speaking' first")
    frames = max(1, round(conversation.duration * FPS))
    return [_Mouth.of(person, frames) for person in conversation], frames


@dataclass(frozen=True)
class _Mouth:
    """How one face's mouth moves.

    Attributes:
        speed: (T,) change of the lips' shapes per frame.
        seen: (T,) bool.
    """

    speed: Array
    seen: NDArray[np.bool_]

    @classmethod
    def of(cls, person: Participant, frames: int) -> _Mouth:
        if person.motion is None or not person.motion.space.has("lips"):
            return cls(np.zeros(frames), np.zeros(frames, bool))
        shapes = person.motion["lips"].astype(np.float64)
        speed = np.linalg.norm(np.diff(shapes, axis=0, prepend=shapes[:1]), axis=1)
        track = Track(speed * person.motion.fps / FPS, person.motion.fps, valid=_face_seen(person, len(shapes)))
        at = track.at(FPS, frames)
        return cls(at.values[:, 0].astype(np.float64), at.valid)

    @property
    def activity(self) -> Array:
        """(T,) mean speed over half a second."""
        moved: Array = uniform_filter1d(np.where(self.seen, self.speed, 0.0), 13)
        seen: Array = uniform_filter1d(self.seen.astype(np.float64), 13)
        activity: Array = moved / np.maximum(seen, 1e-3)
        return activity


def _face_seen(person: Participant, frames: int) -> NDArray[np.bool_]:
    face = person.tracks.get("face")
    return np.ones(frames, bool) if face is None or len(face) != frames else face.valid


@dataclass(frozen=True)
class _Voice:
    """One voice.

    Attributes:
        speaks: (T,) probability.
        alone: (T,) bool, whether this voice is heard and `changes` are its own.
        changes: (T,) how fast the level changes, dB per frame.
    """

    speaks: Array
    alone: NDArray[np.bool_]
    changes: Array

    @classmethod
    def of(cls, conversation: Conversation, number: int, frames: int) -> _Voice:
        tracks = [p.speaking.at(FPS, frames).values[:, 0] for p in conversation if p.speaking is not None]
        speaks, other = tracks[number].astype(np.float64), tracks[1 - number]
        own = conversation.participants[number].audio
        sound = conversation.mixed if own is None else own
        changes = np.zeros(frames)
        if sound is not None:
            level = frame_levels(sound.samples, frames)
            level = np.maximum(level, np.percentile(level, 98) - 35)  # below that it is noise that changes
            changes = gaussian_filter1d(np.abs(np.diff(level, prepend=level[:1])), 2.0)
        return cls(speaks, (speaks > 0.5) & ((other < 0.5) | (own is not None)), changes)


def _likenesses(mouths: list[_Mouth], voices: list[_Voice]) -> Array:
    return np.array([[_likeness(mouth, voice) for voice in voices] for mouth in mouths])


def _likeness(mouth: _Mouth, voice: _Voice) -> float:
    turns = syllables = 0.0
    seen = mouth.seen
    if seen.sum() > _TURN:
        rank = rankdata(mouth.activity[seen])
        turns = _correlation(rank, voice.speaks[seen]) * np.sqrt(seen.sum() / _TURN)
    speed = gaussian_filter1d(mouth.speed, 2.0)
    both = seen & voice.alone
    if both.sum() > _TURN:
        best = max(_correlation(speed[both], np.roll(voice.changes, -lag)[both]) for lag in _LAGS)
        syllables = best * np.sqrt(both.sum() / _SYLLABLE)
    return float(turns + syllables)


def _correlation(a: Array, b: Array) -> float:
    a, b = a - a.mean(), b - b.mean()
    scale = np.sqrt((a @ a) * (b @ b))
    return float(a @ b / scale) if scale > 1e-9 else 0.0


def _who_speaks(mouths: list[_Mouth], voices: list[_Voice]) -> list[NDArray[np.float32]]:
    """Per face, the probability (T,) that it speaks; `voices` are in the faces' order."""
    evidence = [_SLOPE * np.log(np.maximum(mouth.activity, 1e-4) / _MOUTH) * mouth.seen for mouth in mouths]
    told_apart = all(voice.speaks.max(initial=0) > 0.5 for voice in voices)
    if told_apart:
        prior = [np.clip(voice.speaks, 0.01, 0.99) for voice in voices]
        odds = [p / (1 - p) * np.exp(e) for p, e in zip(prior, evidence, strict=True)]
        return [(o / (1 + o)).astype(np.float32) for o in odds]
    anyone = 1 - (1 - voices[0].speaks) * (1 - voices[1].speaks)
    return [
        (anyone * mouth.seen / (1 + np.exp(-e))).astype(np.float32) for e, mouth in zip(evidence, mouths, strict=True)
    ]


def _with_voices_exchanged(conversation: Conversation) -> Conversation:
    a, b = conversation.participants

    def speaking_as(face: Participant, voice: Participant) -> Participant:
        events = {name: found for name, found in face.events.items() if name != "harmful"}
        if "harmful" in voice.events:
            events["harmful"] = voice.events["harmful"]
        return replace(face, audio=voice.audio, utterances=voice.utterances, speaking=voice.speaking, events=events)

    return conversation.with_participants(speaking_as(a, b), speaking_as(b, a))
