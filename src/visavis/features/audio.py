"""Audio encoders behind one interface: audio in, one feature vector per 20 ms out.

=================================  =====  ==========================================================
name                               dim    what
=================================  =====  ==========================================================
``log-mel``                        80     log power in mel bands
``moonshine-tiny``                 288    Moonshine tiny's encoder (Jeffries et al. 2024)
``whisper-tiny.en``                384    Whisper tiny.en's encoder (Radford et al. 2022)
``wav2vec2:NAME[@LAYER]``          -      wav2vec 2.0 (Baevski et al. 2020), Hub name or folder
``hubert:NAME[@LAYER]``            -      HuBERT (Hsu et al. 2021), Hub name or folder
``A+B``                            sum    several side by side
=================================  =====  ==========================================================
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from typing import Protocol

import numpy as np

from visavis.conversation.timeline import Track
from visavis.errors import InputError
from visavis.features import encoders
from visavis.features.windowed import FPS, Windowed, WindowEncoder
from visavis.media.audio import Audio


class AudioEncoder(Protocol):
    """Turns sound into features.

    Attributes:
        name: What `get_encoder` takes to make it again.
        dim: Features per frame.
        fps: Frames per second; frame i describes what is heard from i/fps to (i+1)/fps seconds.
    """

    name: str
    dim: int
    fps: float

    def __call__(self, audio: Audio) -> Track:
        """The features, as many frames as begin within the sound."""
        ...


_NAMED: Mapping[str, Callable[[], WindowEncoder]] = {
    "log-mel": encoders.LogMel,
    "moonshine-tiny": encoders.Moonshine,
    "whisper-tiny.en": encoders.Whisper,
}
_LOADED: Mapping[str, Callable[[str], WindowEncoder]] = {
    "wav2vec2": partial(encoders.SpeechTransformer, "wav2vec2"),
    "hubert": partial(encoders.SpeechTransformer, "hubert"),
}
"""By what stands before the colon; each takes what stands after it."""


@lru_cache(maxsize=8)
def get_encoder(name: str) -> AudioEncoder:
    """The encoder called `name` (see the module's table); encoders are kept and shared.

    Raises:
        InputError: The name is unknown, or weights are not available.
        MissingExtraError: It needs an optional part.
    """
    if "+" in name:
        return SideBySide(tuple(get_encoder(part.strip()) for part in name.split("+")))
    if name in _NAMED:
        return Windowed(_NAMED[name]())
    kind, _, where = name.partition(":")
    if kind in _LOADED and where:
        return Windowed(_LOADED[kind](where))
    known = ", ".join([*_NAMED, *(f"{kind}:NAME[@LAYER]" for kind in _LOADED)])
    raise InputError(f"there is no audio encoder named {name!r}; there are: {known}; join several with '+'")


def motion_features(audio: Audio, encoder: AudioEncoder, fps: float = 25.0, frames: int | None = None) -> Track:
    """For each motion frame, the features of its two halves side by side.

    At 25 motion frames per second these are exactly the encoder's frames 2i and 2i+1. Past the end of the
    sound the last features are held. No normalisation is applied.

    Args:
        audio: The sound.
        encoder: From `get_encoder`.
        fps: Motion frames per second.
        frames: How many; the sound's duration decides unless given.

    Returns:
        Track of ``2 * encoder.dim`` columns.
    """
    count = round(audio.duration * fps) if frames is None else frames
    features = encoder(audio)
    values = features.values if features.fps == 2 * fps else features.at(2 * fps).values
    stacked = np.zeros((2 * count, encoder.dim), np.float32)
    have = min(len(values), 2 * count)
    stacked[:have] = values[:have]
    if 0 < have < 2 * count:
        stacked[have:] = values[have - 1]
    columns = tuple(f"{half}.{name}" for half in (0, 1) for name in features.columns)
    return Track(stacked.reshape(count, 2 * encoder.dim), fps, columns)


class SideBySide:
    """Several encoders' features next to each other."""

    def __init__(self, parts: tuple[AudioEncoder, ...]) -> None:
        self.parts = parts
        self.name = "+".join(part.name for part in parts)
        self.dim = sum(part.dim for part in parts)
        self.fps = FPS

    def __call__(self, audio: Audio) -> Track:
        """See `AudioEncoder`."""
        tracks = [part(audio) for part in self.parts]
        return Track(
            np.concatenate([track.values for track in tracks], 1),
            self.fps,
            tuple(column for track in tracks for column in track.columns),
        )
