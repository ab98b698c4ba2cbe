"""What models read of a conversation: audio features, the partner's motion, and seeds that depend on both."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from visavis.behavior.performing.performer import COLUMNS, SCALES
from visavis.behavior.plan import TRACK
from visavis.conversation import Conversation
from visavis.errors import InputError
from visavis.media.audio import Audio
from visavis.models.base import Capabilities
from visavis.models.preprocessing import (
    PIECE,
    conditioning_audio,
    frame_count,
    gain,
    piece_features,
    resampled,
    seat_vector,
    to_seat_frame,
)
from visavis.motion import MotionSpace
from visavis.motion.mapping import project_to_space

Array = NDArray[np.float32]
KEPT = 2
"""Pieces kept per recording: windows overlap and may lie across two."""


class AudioFeatures:
    """Features of one recording, computed when asked for, in the same pieces as in training, and soon forgotten."""

    def __init__(self, audio: Audio, encoder: Any, fps: float, frames: int, width: int | None = None) -> None:
        """Computes nothing yet.

        Args:
            audio: The recording.
            encoder: From `visavis.features.audio.get_encoder`.
            fps: Motion frames per second.
            frames: How many there are.
            width: Features per motion frame that the model takes, where it takes a certain number.

        Raises:
            InputError: The encoder gives others.
        """
        if width not in (None, 2 * encoder.dim):
            raise InputError(
                f"the audio encoder gives {2 * encoder.dim} features per frame; the model's weights take {width}"
            )
        self.audio = resampled(audio)
        self.encoder, self.fps, self.frames = encoder, fps, frames
        self.gain = gain(self.audio)
        self._pieces: OrderedDict[int, Array] = OrderedDict()

    def __call__(self, start: int, stop: int) -> Array:
        """Features (stop - start, F)."""
        found = []
        for number in range(start // PIECE, (stop - 1) // PIECE + 1):
            first = number * PIECE
            found.append(self._piece(number)[max(0, start - first) : stop - first])
        return np.concatenate(found)

    def _piece(self, number: int) -> Array:
        if number not in self._pieces:
            first = number * PIECE
            last = min(first + PIECE, self.frames)
            self._pieces[number] = piece_features(self.audio, self.encoder, self.fps, first, last, self.gain)
            while len(self._pieces) > KEPT:
                self._pieces.popitem(last=False)
        return self._pieces[number]


def voice_features(
    conversation: Conversation, person: int, encoder: str | None, fps: float, width: int | None = None
) -> AudioFeatures | None:
    """Features of a person's own voice, as far as it is known or can be told from the mix; None for no sound.

    Args:
        conversation: With or without sound.
        person: 0 for A, 1 for B.
        encoder: Name of the audio encoder; None for a model that does not hear.
        fps: Motion frames per second.
        width: As of `AudioFeatures`.
    """
    from visavis.features.audio import get_encoder

    audio = conversation.participants[person].audio
    if encoder is None or (audio is None and conversation.mixed is None):
        return None
    if audio is None:
        audio = conditioning_audio(conversation)[person]
    return AudioFeatures(audio, get_encoder(encoder), fps, frame_count(conversation, fps), width)


def motion_of(conversation: Conversation, person: int, space: MotionSpace, fps: float) -> Array | None:
    """A person's motion (T, D) in the frame of the own seat, its last frame held to the conversation's end, or None.

    Raises:
        InputError: It is in another space or at another rate, or has no frames.
    """
    motion = conversation.participants[person].motion
    if motion is None:
        return None
    where = f"conversation {conversation.id!r}, participant {'AB'[person]}: motion"
    motion = project_to_space(motion, space)
    if motion.space.columns != space.columns:
        raise InputError(f"{where} is in space {motion.space.name!r}; this model uses {space.name!r}")
    if motion.fps != fps:
        raise InputError(f"{where} is at {motion.fps:g} fps; this model needs {fps:g}: resample it first")
    if not len(motion):
        raise InputError(f"{where} has no frames")
    values = to_seat_frame(motion.values, seat_of(conversation, person, space), space)
    frames = frame_count(conversation, fps)
    return np.concatenate([values, np.repeat(values[-1:], max(0, frames - len(values)), 0)])[:frames]


def seat_of(conversation: Conversation, person: int, space: MotionSpace) -> Array:
    """(4,) position and yaw of a person's seat; zeros in spaces that know no places.

    Raises:
        InputError: It is needed and not known.
    """
    if not space.has("translation"):
        return np.zeros(4, np.float32)
    return seat_vector(conversation.participants[person], "AB"[person], conversation.id)


def performed_of(conversation: Conversation, fps: float, frames: int) -> Array:
    """The curves (2, T, C) of what both people are planned to do, in units of their scales.

    Raises:
        InputError: There is no plan.
    """
    rows = []
    for letter, person in zip("AB", conversation.participants, strict=True):
        track = person.tracks.get(TRACK)
        if track is None or track.columns != COLUMNS:
            raise InputError(f"conversation {conversation.id!r}: what {letter} does is not planned; plan it first")
        rows.append(track.at(fps, frames).values / SCALES)
    return np.stack(rows).astype(np.float32)


def content_seed(seed: int, arrays: Sequence[NDArray[Any]]) -> int:
    """A seed that belongs to what is seen and heard: `seed` hashed together with it.

    Heads and eyes follow the sampling noise more than the sound; with the bare seed, all recordings would get nearly
    the same ones.
    """
    digest = hashlib.blake2b(str(seed).encode(), digest_size=8)
    for array in arrays:
        digest.update(np.ascontiguousarray(array).data)
    return int.from_bytes(digest.digest()) >> 1  # torch takes 63 bits


def check_cues(conversation: Conversation, people: Sequence[int], capabilities: Capabilities, model: str) -> None:
    """Raises `InputError` where a cue that a model needs is missing, or it is asked to move nobody or a stranger."""
    if not people or not set(people) <= {0, 1}:
        raise InputError(f"people {list(people)} were requested; expected 0 (A) and 1 (B)")
    a, b = conversation.participants
    lacking = {
        "audio": conversation.mixed is None and a.audio is None and b.audio is None,
        "speaking": a.speaking is None or b.speaking is None,
        "words": not words_known(conversation),
        "plan": any(TRACK not in person.tracks for person in (a, b)),
        "partner_motion": any(conversation.participants[1 - person].motion is None for person in people),
    }
    named = {
        "audio": "sound",
        "speaking": "voice activity",
        "words": "words",
        "partner_motion": "the partner's motion",
        "plan": "a plan of what people do",
    }
    for cue in sorted(capabilities.needs):
        if lacking.get(cue):
            raise InputError(f"conversation {conversation.id!r}: model {model!r} needs {named[cue]}, which is missing")


def words_known(conversation: Conversation) -> bool:
    """Whether it is known what people say, even if that is nothing."""
    return "words" in conversation.provenance or any(person.words for person in conversation)
