"""A talk as a conversation: both people in one room, who do what their turns show and go on living in between.

What nobody's codes tell comes from where it comes from in `animate`: Duet moves both by the sound, and a plan of their
behaviour; without sound, both are moved by their words (`visavis.simulation.dialogues`). Over that lie the turns' own
motions. Lips are the sound's where there is one, since codes of 320 ms know of no phones.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from visavis.behavior.curves import FPS
from visavis.bodies import default_appearances
from visavis.conversation import Conversation, Interval, Participant, Track, Utterance, Word
from visavis.errors import InputError
from visavis.generation.apply import apply, has_sound
from visavis.generation.talk.delivery import Delivered
from visavis.media.audio import Audio
from visavis.models.base import BehaviorModel
from visavis.models.preprocessing import resampled
from visavis.motion import ARKIT_BODY, Motion, Seat
from visavis.motion.mapping import can_become, to_space
from visavis.motion.resampling import resample
from visavis.reporter import Update
from visavis.simulation.dialogues.simulator import act_out
from visavis.simulation.dyads.speech import speaking_share

Timed = TypeVar("Timed", Interval, Word, Utterance)

AFTER = 0.6
"""Seconds after the last turn."""
PASSING = 0.4
"""Seconds in which a turn's motion passes into what comes after it; half as long before it."""


@dataclass(frozen=True)
class Part:
    """One person's turn in a talk.

    Attributes:
        person: 0 is A, 1 is B.
        start: When it begins, in seconds.
        delivered: What was said.
        motion: What was shown at `FPS` from `start` on, if anything was.
        names: The columns of `motion` that it tells; others are at rest.
    """

    person: int
    start: float
    delivered: Delivered
    motion: Motion | None = None
    names: tuple[str, ...] = ()

    @property
    def end(self) -> float:
        """When it is over, in seconds."""
        return self.start + self.delivered.duration

    @property
    def words(self) -> tuple[Word, ...]:
        """Its words on the talk's clock."""
        return tuple(Word(w.text, self.start + w.start, self.start + w.end) for w in self.delivered.words)


def heard(
    parts: Sequence[Part], id: str, seats: tuple[Seat, Seat], about: Mapping[str, Any],
    looks: Sequence[Mapping[str, Any]] | None = None,
) -> Conversation:  # fmt: skip
    """What both say and when, with their voices; nobody moves yet.

    Args:
        parts: In order of time, without overlap.
        id: Of the conversation.
        seats: Where the two are.
        about: Provenance.
        looks: Appearances; the usual ones unless given.
    """
    frames = round((max(part.end for part in parts) + AFTER) * FPS)
    duration = frames / FPS
    sound = any(part.delivered.audio is not None for part in parts)
    people = []
    for person, look in enumerate(looks or default_appearances()):
        mine = [part for part in parts if part.person == person]
        words = [word for part in mine for word in part.words]
        said = tuple(Interval("speech", word.start, word.end) for word in words)
        people.append(
            Participant(
                "AB"[person],
                audio=_voice(mine, duration) if sound else None,
                utterances=tuple(Utterance(p.words[0].start, p.words[-1].end, p.words) for p in mine if p.words),
                speaking=Track(speaking_share(said, frames), FPS, ("speaking",)),
                seat=seats[person],
                appearance=look,
            )
        )
    return Conversation(id, (people[0], people[1]), duration, provenance={**about, "words": "synthesised"})


def moved(
    conversation: Conversation, parts: Sequence[Part], model: BehaviorModel | None, seed: int,
    update: Update = lambda _share: None,
) -> Conversation:  # fmt: skip
    """Both people in motion.

    Args:
        conversation: From `heard`.
        parts: The same.
        model: Moves people by sound; needed where there is sound.
        seed: Decides what the turns do not tell.
        update: Takes the share done.

    Raises:
        InputError: The model cannot move people by this sound, or there is nothing to go by.
    """
    sound = has_sound(conversation)
    if sound and model is not None:
        (lively,) = apply(conversation, model, seed=seed, update=update)
    else:
        acted = act_out(conversation, seed, ARKIT_BODY, _seats(conversation))
        people = [
            replace(person, motion=other.motion, tracks=other.tracks, events=other.events)
            for person, other in zip(conversation, acted, strict=True)
        ]
        lively = conversation.with_participants(people[0], people[1])
    people = list(lively)
    for part in parts:
        motion = people[part.person].motion
        if part.motion is not None and motion is not None:
            people[part.person] = replace(people[part.person], motion=_laid_over(_whole(motion), part, lips=not sound))
    return lively.with_participants(people[0], people[1])


def followed(before: Conversation, after: Conversation) -> Conversation:
    """Two conversations of the same people as one; poses pass into each other in `PASSING`.

    Args:
        before: With motion.
        after: With motion in ``arkit-body`` at `FPS`.

    Raises:
        InputError: Somebody in `before` has no motion that can be shown in ``arkit-body``.
    """
    frames = round(before.duration * FPS)
    shift = frames / FPS
    a, b = (_joined(one, other, frames, after.duration) for one, other in zip(before, after, strict=True))
    mixed = None
    if before.mixed is not None:
        voices = [person.audio for person in after if person.audio is not None]
        mixed = _heard_after(before.mixed, shift, _sum(voices), after.duration)
    about = {**before.provenance, **after.provenance}
    return Conversation(after.id, (a, b), shift + after.duration, mixed, about)


def _joined(one: Participant, other: Participant, frames: int, more: float) -> Participant:
    """One person, who does for so many frames what `one` does and then what `other` does, for `more` seconds."""
    shift = frames / FPS
    if one.motion is None or other.motion is None or not can_become(one.motion.space, ARKIT_BODY):
        raise InputError(f"{one.name} has no motion in 'arkit' or 'arkit-body', which a talk could go on with")
    start = resample(_whole(one.motion), FPS, frames)
    sound = one.audio is not None or other.audio is not None
    events = {
        name: (*one.events.get(name, ()), *(_later(event, shift) for event in other.events.get(name, ())))
        for name in {**one.events, **other.events}
    }
    tracks = {name: _track(one.tracks.get(name), other.tracks.get(name), frames) for name in one.tracks}
    return replace(
        one,
        motion=Motion.concatenate([start, _from(other.motion, start.values[-1:])]),
        audio=_heard_after(one.audio, shift, other.audio, more) if sound else None,
        speaking=_track(one.speaking, other.speaking, frames),
        utterances=(*one.utterances, *(_said_later(utterance, shift) for utterance in other.utterances)),
        events=events,
        tracks={name: track for name, track in tracks.items() if track is not None},
    )


def _track(one: Track | None, other: Track | None, frames: int) -> Track | None:
    """One after the other; None where either is missing or they tell different things."""
    if one is None or other is None or one.columns != other.columns or other.fps != FPS:
        return None
    first = one.at(FPS, frames)
    valid = np.concatenate([first.valid, other.valid])
    return Track(np.concatenate([first.values, other.values]), FPS, one.columns, valid)


def _laid_over(base: Motion, part: Part, *, lips: bool) -> Motion:
    """`base` with the part's motion while it lasts."""
    assert part.motion is not None
    motion = _whole(part.motion)
    spared = {"translation.x", "translation.y", "translation.z"}  # where people are is the room's to say
    spared |= set() if lips else set(ARKIT_BODY.sets["articulation"])
    columns = [base.space.index(name) for name in base.space.names if name in part.names and name not in spared]
    before, after = round(PASSING / 2 * FPS), round(PASSING * FPS)
    shown = np.pad(motion.values[:, columns], ((before, after), (0, 0)), mode="edge")
    share = np.ones(len(shown), np.float32)
    share[:before] = np.linspace(0, 1, before + 2)[1:-1]
    share[len(share) - after :] = np.linspace(1, 0, after + 2)[1:-1]
    frames = np.arange(len(shown)) + round(part.start * FPS) - before
    there = (frames >= 0) & (frames < len(base))
    values = base.values.copy()
    where = np.ix_(frames[there], np.asarray(columns, np.intp))
    values[where] += share[there, None] * (shown[there] - values[where])
    return replace(base, values=values)


def _whole(motion: Motion) -> Motion:
    return to_space(motion, ARKIT_BODY)


def _from(motion: Motion, pose: NDArray[np.float32]) -> Motion:
    """The motion, begun from a pose (1, D)."""
    count = min(round(PASSING * FPS), len(motion))
    share = np.linspace(0, 1, count + 2, dtype=np.float32)[1:-1, None]
    values = motion.values.copy()
    values[:count] = pose + share * (values[:count] - pose)
    return replace(motion, values=values)


def _voice(parts: Sequence[Part], duration: float) -> Audio:
    voice = Audio.silence(duration)
    for part in parts:
        if part.delivered.audio is not None:
            first = round(part.start * voice.sample_rate)
            samples = part.delivered.audio.samples[: len(voice) - first]
            voice.samples[first : first + len(samples)] += samples
    return voice


def _heard_after(one: Audio | None, seconds: float, other: Audio | None, more: float) -> Audio:
    """`one` for so many seconds, then `other` for so many more; silence for what is missing."""
    first, second = (Audio.silence(0.0) if audio is None else resampled(audio) for audio in (one, other))
    return Audio(np.concatenate([first.lasting(seconds).samples, second.lasting(more).samples]))


def _sum(voices: Sequence[Audio]) -> Audio | None:
    return Audio(np.sum([voice.samples for voice in voices], axis=0)) if voices else None


def _later(event: Timed, shift: float) -> Timed:
    return replace(event, start=event.start + shift, end=event.end + shift)


def _said_later(utterance: Utterance, shift: float) -> Utterance:
    return replace(_later(utterance, shift), words=tuple(_later(word, shift) for word in utterance.words))


def _seats(conversation: Conversation) -> tuple[Seat, Seat]:
    a, b = (person.seat for person in conversation)
    assert a is not None
    assert b is not None
    return a, b
