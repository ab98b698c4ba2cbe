"""Between conversations and models' arrays: loudness, audio features, seats, and post-processing of motion."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from visavis.conversation import Conversation, Participant
from visavis.conversation.seats import known_seat
from visavis.errors import InputError
from visavis.media.audio import SAMPLE_RATE, Audio
from visavis.motion import Motion, MotionSpace
from visavis.motion.constraints import constrain
from visavis.motion.mapping import project_to_space
from visavis.perception.separation import FPS as SEPARATION_FPS
from visavis.perception.separation import separate

LEVEL = 0.05
"""Root mean square that the loud frames of every recording are brought to."""
PIECE = 750
"""Frames of audio features computed at a time: 30 s."""
MARGIN = 25
"""Frames of sound on either side that a piece may look at, thrown away after."""

VERSION = 1
"""Of everything in this file that decides what a model gets: training and generation must agree on it."""

Array = NDArray[np.float32]


def constants() -> dict[str, Any]:
    """What a checkpoint records, so that inputs are prepared again as they were in training."""
    return {"version": VERSION, "loudness": LEVEL, "piece": PIECE, "margin": MARGIN}


def gain(audio: Audio) -> float:
    """The factor that brings a recording's loud 40 ms frames (90th percentile of the audible) to `LEVEL`."""
    size = audio.sample_rate // 25
    frames = audio.samples[: len(audio) // size * size].reshape(-1, size)
    levels = np.sqrt(np.einsum("ij,ij->i", frames, frames) / size)
    audible = levels[levels > max(1e-4, levels.max(initial=0.0) / 50)]
    return float(LEVEL / np.percentile(audible, 90)) if len(audible) else 1.0


def feature_pieces(audio: Audio, encoder: Any, fps: float, frames: int) -> Iterator[tuple[int, Array]]:
    """Audio features in pieces of bounded size.

    Args:
        audio: One recording, 16 kHz.
        encoder: From `visavis.features.audio.get_encoder`.
        fps: Motion frames per second.
        frames: How many motion frames the recording has; sound past its end is silence.

    Yields:
        The first frame and the features (T, F) of each piece, in order, without gaps.
    """
    factor = gain(audio)
    for start in range(0, frames, PIECE):
        yield start, piece_features(audio, encoder, fps, start, min(start + PIECE, frames), factor)


def piece_features(audio: Audio, encoder: Any, fps: float, start: int, stop: int, factor: float | None = None) -> Array:
    """Audio features (stop - start, F) of the frames `start` to `stop`, with sound around them as context."""
    from visavis.features.audio import motion_features

    first = max(0, start - MARGIN)
    count = stop + MARGIN - first
    rate = audio.sample_rate
    begin, end = round(first * rate / fps), round((first + count) * rate / fps)
    samples = audio.samples[begin:end] * np.float32(gain(audio) if factor is None else factor)
    samples = np.pad(samples, (0, end - begin - len(samples)))
    track = motion_features(Audio(samples, rate), encoder, fps=fps, frames=count)
    return track.values[start - first : stop - first]


def conditioning_audio(conversation: Conversation) -> tuple[Audio, Audio]:
    """What each stream hears: the person's own voice where both are known apart, otherwise what is theirs of the mix.

    Where it is not known who speaks, either, both hear the mixed track.

    Raises:
        InputError: There is no sound.
    """
    a, b = (person.audio for person in conversation.participants)
    if a is not None and b is not None:
        return a, b
    heard = mixed_track(conversation)
    if any(person.speaking is None for person in conversation.participants):
        return heard, heard
    speaking = np.nan_to_num(speaking_of(conversation, SEPARATION_FPS, frame_count(conversation, SEPARATION_FPS)))
    return separate(resampled(heard), speaking).tracks


def resampled(audio: Audio) -> Audio:
    """At the rate that everything works at."""
    if audio.sample_rate == SAMPLE_RATE:
        return audio
    import soxr

    return Audio(soxr.resample(audio.samples, audio.sample_rate, SAMPLE_RATE), SAMPLE_RATE)


def mixed_track(conversation: Conversation) -> Audio:
    """The mixed track, or the sum of both voices.

    Raises:
        InputError: There is no sound.
    """
    if conversation.mixed is not None:
        return conversation.mixed
    voices = [person.audio for person in conversation.participants if person.audio is not None]
    if not voices:
        raise InputError(f"conversation {conversation.id!r} has no audio, from which motion is generated")
    samples = np.zeros(max(len(v) for v in voices), np.float32)
    for voice in voices:
        samples[: len(voice)] += voice.samples
    return Audio(samples, voices[0].sample_rate)


def speaking_of(conversation: Conversation, fps: float, frames: int) -> Array:
    """(2, T) speaking probabilities.

    Raises:
        InputError: They are not known yet.
    """
    rows = []
    for letter, person in zip("AB", conversation.participants, strict=True):
        if person.speaking is None:
            raise InputError(
                f"conversation {conversation.id!r}: the voice activity of {letter} is unknown; extract it first "
                "(visavis extract)"
            )
        rows.append(person.speaking.at(fps, frames).values[:, 0])
    return np.clip(np.stack(rows), 0, 1).astype(np.float32)


def seat_vector(person: Participant, letter: str, id: str) -> Array:
    """(4,) position and yaw of a person's seat; the first frame's translation where only that is known.

    Raises:
        InputError: Neither is known.
    """
    seat = known_seat(person)
    if seat is None:
        raise InputError(f"conversation {id!r}: participant {letter} has no seat; set a layout")
    return np.array([*seat.position, seat.yaw], np.float32)


def seats_of(conversation: Conversation) -> Array:
    """(2, 4) positions and yaws."""
    people = zip(conversation.participants, "AB", strict=True)
    return np.stack([seat_vector(person, letter, conversation.id) for person, letter in people])


def identity_of(person: Participant, dim: int) -> Array:
    """(dim,) the numbers under ``identity`` in the person's appearance, cut or zero-padded; zeros without."""
    numbers: Sequence[float] = person.appearance.get("identity", ())
    vector = np.zeros(dim, np.float32)
    known = np.asarray(numbers, np.float32).ravel()[:dim]
    vector[: len(known)] = known
    return vector


def frame_count(conversation: Conversation, fps: float) -> int:
    """Motion frames that a conversation has; at least one."""
    return max(1, round(conversation.duration * fps))


def to_seat_frame(values: Array, seat: Array, space: MotionSpace) -> Array:
    """Motion (T, D) whose translation columns become the offset from the seat in the torso's frame."""
    if not space.has("translation"):
        return values
    where = space.indices("translation")
    changed = values.copy()
    changed[:, where] = _rotate_about_y(values[:, where] - seat[:3], -seat[3])
    return changed


def to_world_frame(values: Array, seat: Array, space: MotionSpace) -> Array:
    """Motion (T, D) in the torso's frame put in its place in the room; the inverse of `to_seat_frame`."""
    if not space.has("translation"):
        return values
    where = space.indices("translation")
    changed = values.copy()
    changed[:, where] = _rotate_about_y(values[:, where], seat[3]) + seat[:3]
    return changed


def placed_motion(values: Array, seat: Array, space: MotionSpace, fps: float) -> Motion:
    """Generated values (T, D), in the torso's frame, as motion in the room that the space allows."""
    return Motion(constrain(to_world_frame(values, seat, space), space), fps, space)


def _rotate_about_y(vectors: Array, yaw: float) -> Array:
    cos, sin = np.float32(np.cos(yaw)), np.float32(np.sin(yaw))
    x, y, z = vectors[:, 0], vectors[:, 1], vectors[:, 2]
    return np.stack([cos * x + sin * z, y, cos * z - sin * x], 1)


def check_motion(motion: Motion | None, space: MotionSpace, fps: float, where: str) -> Motion:
    """The motion, if a model of `space` at `fps` can be trained on it.

    Raises:
        InputError: There is none, or it is of another space or rate.
    """
    if motion is None:
        raise InputError(f"{where} has no motion to train on")
    motion = project_to_space(motion, space)
    if motion.space.columns != space.columns:
        raise InputError(f"{where}: motion is in space {motion.space.name!r}; training uses {space.name!r}")
    if motion.fps != fps:
        raise InputError(f"{where}: motion is at {motion.fps:g} fps; training uses {fps:g}")
    return motion
