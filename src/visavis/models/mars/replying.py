"""A conversation with an answer after it: words at their times, and the motion that goes with them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from visavis import __version__
from visavis.conversation import Conversation, Participant, Track, Utterance, Word
from visavis.conversation.observed import OBSERVED, observed
from visavis.models.mars.messages import Turn
from visavis.models.mars.timing import estimate, lay, place
from visavis.models.preprocessing import frame_count
from visavis.motion import Motion

if TYPE_CHECKING:
    from visavis.models.mars.model import Mars

BLEND = 0.4
"""Seconds in which the motion of an answer comes out of the motion before it."""


def at_frames(decoded: NDArray[np.float32], source: NDArray[np.float64]) -> NDArray[np.float32]:
    """Motion (T, D) of which frame t is frame ``source[t]`` of decoded motion (N, D), between two of them."""
    if not len(decoded):
        return np.zeros((len(source), decoded.shape[1]), np.float32)
    before = np.floor(source).astype(int)
    after = np.minimum(before + 1, len(decoded) - 1)
    share = (source - before)[:, None].astype(np.float32)
    found: NDArray[np.float32] = decoded[before] * (1 - share) + decoded[after] * share
    return found


def with_reply(
    model: Mars, conversation: Conversation, person: int, turn: Turn, rate: float, made: Mapping[str, Any]
) -> Conversation:
    """The conversation, longer by a turn.

    Args:
        model: Decodes codes.
        conversation: In which the person has motion.
        person: 0 for A, 1 for B.
        turn: What the person answers.
        rate: Of speech.
        made: How, for the record.
    """
    clock, fps = model.codec.clock, model.fps
    words = place(turn, clock, [estimate(phrase, rate) for phrase in turn.phrases])
    laid = lay(turn, clock, words)
    start = frame_count(conversation, fps)
    length = max(laid.duration, max((word.end for word in words), default=0.0))
    frames = max(1, math.ceil(length * fps - 1e-6))
    who = conversation.participants[person]
    now, duration = start / fps, (start + frames) / fps
    said = tuple(Word(word.text, now + word.start, now + word.end) for word in words)
    people = [_lasting(each, duration) for each in conversation]
    added = people[person]
    people[person] = replace(
        added, utterances=who.utterances + ((Utterance(said[0].start, said[-1].end, said),) if said else ()),
        motion=_longer(model, who, turn, laid.numbers, laid.source(frames), start),
        speaking=_speaking(added.speaking, said), tracks=dict(added.tracks) | _seen(who, start, start + frames),
    )  # fmt: skip
    record = {**made, "visavis": __version__, "turn": turn.name}
    return replace(
        conversation, participants=(people[0], people[1]), duration=duration,
        mixed=None if conversation.mixed is None else conversation.mixed.lasting(duration),
        provenance={**conversation.provenance, "reply": record}, video=None,
    )  # fmt: skip


def _lasting(person: Participant, duration: float) -> Participant:
    """Somebody of whom nothing more is known until then: silent, and held where they were, which was not seen."""
    motion = person.motion
    tracks = {name: _padded(track, duration) for name, track in person.tracks.items()}
    if motion is not None and len(motion):
        count = round(duration * motion.fps)
        values = motion.values[np.minimum(np.arange(count), len(motion) - 1)]
        tracks |= _seen(person, count, count)
        motion = Motion(values, motion.fps, motion.space)
    speaking = None if person.speaking is None else _padded(person.speaking, duration)
    if speaking is not None:
        speaking = Track(speaking.values, speaking.fps, speaking.columns)  # silence is known
    return replace(
        person, audio=None if person.audio is None else person.audio.lasting(duration), speaking=speaking,
        motion=motion, tracks=tracks,
    )  # fmt: skip


def _padded(track: Track, duration: float) -> Track:
    """A track with zeros that mean nothing until then."""
    count = max(0, round(duration * track.fps) - len(track))
    values, valid = np.pad(track.values, ((0, count), (0, 0))), np.pad(track.valid, (0, count))
    return Track(values, track.fps, track.columns, valid)


def _seen(person: Participant, start: int, frames: int) -> dict[str, Track]:
    """The track that says in which frames a motion was observed: as before up to its end, and from `start` on."""
    motion = person.motion
    if motion is None:
        return {}
    known = np.zeros(frames, bool)
    before = observed(person)[:frames]
    known[: len(before)] = before
    known[start:] = True
    return {OBSERVED: Track(known.astype(np.float32), motion.fps, ("observed",), known)}


def _longer(
    model: Mars, who: Participant, turn: Turn, numbers: tuple[int, ...], source: NDArray[np.float64], start: int
) -> Motion | None:
    """The person's motion up to frame `start`, then that of the answer, without a jump between them."""
    before = who.motion
    if before is None:
        return None
    held = before.values[np.minimum(np.arange(start), len(before) - 1)]
    steps = [turn.steps[number] for number in numbers]
    if not steps:
        return Motion(np.concatenate([held, np.repeat(held[-1:], len(source), 0)]), before.fps, before.space)
    shown = model.motion(steps, seat=who.seat).values
    shown = at_frames(shown, source)
    count = min(len(shown), round(BLEND * before.fps))
    share = 0.5 + 0.5 * np.cos(np.pi * np.arange(1, count + 1) / (count + 1))
    shown[:count] += (share[:, None] * (held[-1] - shown[0])).astype(np.float32)
    low, high = before.space.limits()
    return Motion(np.concatenate([held, np.clip(shown, low, high)]), before.fps, before.space)


def _speaking(track: Track | None, words: tuple[Word, ...]) -> Track | None:
    """Who speaks when, with these words; None where it was not known."""
    if track is None:
        return None
    values = track.values.copy()
    for word in words:
        first = int(word.start * track.fps)
        values[first : max(first + 1, round(word.end * track.fps))] = 1.0
    return Track(values, track.fps, track.columns)
