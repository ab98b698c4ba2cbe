"""Audio features of any stretch of a recording, computed when asked for and forgotten soon after."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from visavis.conversation import Conversation
from visavis.media.audio import SAMPLE_RATE, Audio
from visavis.models.base import Condition
from visavis.models.duet.config import DuetConfig
from visavis.models.preprocessing import (
    PIECE,
    frame_count,
    gain,
    heard_by,
    identity_of,
    piece_features,
    seats_of,
    speaking_of,
)

Array = NDArray[np.float32]
KEPT = 2
"""Pieces kept per recording: windows overlap and may lie across two."""


class HeardAudio:
    """Features of one recording, in the same pieces as in training."""

    def __init__(self, audio: Audio, encoder: Any, fps: float, frames: int) -> None:
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


class ConversationCondition:
    """Duet's condition for any stretch of a conversation.

    Raises:
        InputError: The conversation lacks sound, seats or speaking probabilities.
    """

    def __init__(self, conversation: Conversation, config: DuetConfig, encoder: Any) -> None:
        self.frames = frame_count(conversation, config.fps)
        a, b = heard_by(conversation)
        heard_a = HeardAudio(a, encoder, config.fps, self.frames)
        self.heard = (heard_a, heard_a if b is a else HeardAudio(b, encoder, config.fps, self.frames))
        self.speaking = speaking_of(conversation, config.fps, self.frames)
        self.seats = seats_of(conversation)
        self.identity = np.stack([identity_of(p, config.network.identity) for p in conversation.participants])

    def __call__(self, start: int, stop: int) -> Condition:
        """Of frames `start` to `stop`, without a batch axis."""
        first = self.heard[0](start, stop)
        audio = [first, first if self.heard[1] is self.heard[0] else self.heard[1](start, stop)]
        arrays = (np.stack(audio), self.speaking[:, start:stop], self.seats, self.identity)
        return Condition(*(torch.from_numpy(np.ascontiguousarray(array)) for array in arrays))

    def noise_seed(self, seed: int) -> int:
        """A seed that belongs to this sound: `seed` hashed together with every sample that is heard.

        Heads and eyes follow the noise more than the sound; with the bare seed, all recordings would get nearly the
        same ones.
        """
        digest = hashlib.blake2b(str(seed).encode(), digest_size=8)
        for heard in dict.fromkeys(self.heard):
            digest.update(heard.audio.samples.data)
        return int.from_bytes(digest.digest()) >> 1  # torch takes 63 bits


def resampled(audio: Audio) -> Audio:
    """At the rate that everything works at."""
    if audio.sample_rate == SAMPLE_RATE:
        return audio
    import soxr

    return Audio(soxr.resample(audio.samples, audio.sample_rate, SAMPLE_RATE), SAMPLE_RATE)
