"""Audio encoders: sound in, one feature vector per 20 ms out, whatever is behind it.

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

from functools import lru_cache
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from visavis.conversation.timeline import Track
from visavis.errors import InputError
from visavis.media.audio import SAMPLE_RATE, Audio

FPS = 50.0
HOP = int(SAMPLE_RATE / FPS)


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


@lru_cache(maxsize=8)
def get_encoder(name: str) -> AudioEncoder:
    """The encoder called `name` (see the module's table); encoders are kept and shared.

    Raises:
        InputError: The name is unknown, or weights cannot be had.
        MissingExtraError: It needs an optional part.
    """
    from visavis.features import encoders

    if "+" in name:
        return SideBySide(tuple(get_encoder(part.strip()) for part in name.split("+")))
    kind, _, where = name.partition(":")
    if name == "log-mel":
        return Windowed(encoders.LogMel())
    if name == "moonshine-tiny":
        return Windowed(encoders.Moonshine())
    if name == "whisper-tiny.en":
        return Windowed(encoders.Whisper())
    if kind in ("wav2vec2", "hubert") and where:
        return Windowed(encoders.SpeechTransformer(kind, where))
    raise InputError(
        f"no audio encoder is called {name!r}; there are: log-mel, moonshine-tiny, whisper-tiny.en, "
        "wav2vec2:NAME[@LAYER], hubert:NAME[@LAYER], and several joined by '+'"
    )


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


class WindowEncoder(Protocol):
    """Encodes a stretch of sound short enough to do at once.

    Attributes:
        name: See `AudioEncoder`.
        dim: Features per frame.
        window: Frames seen at once.
        step: Frames that each window answers for, in its middle.
        fade: Frames over which neighbouring windows' answers pass into each other, even, at most `step`.
        level: Whether the recording is to be scaled to mean 0 and variance 1.
    """

    name: str
    dim: int
    window: int
    step: int
    fade: int
    level: bool

    def encode(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """(N,) at 16 kHz to (ceil(N / 320), dim); frame i is centred on sample 320 i + 160."""
        ...


class Windowed:
    """An encoder that slides over the recording.

    Transformers answer differently for the same sound at another place in their window (Whisper's positions
    are absolute), so windows are short and of one length, and only their middle is used: every frame is
    heard with about the same context, in a clip as in an hour, in memory that only its features need.
    """

    def __init__(self, inner: WindowEncoder) -> None:
        self.inner, self.name, self.dim, self.fps = inner, inner.name, inner.dim, FPS

    def __call__(self, audio: Audio) -> Track:
        """See `AudioEncoder`."""
        samples, inner = _at_16k(audio), self.inner
        count = -(-len(samples) // HOP)
        values = np.zeros((count, self.dim), np.float32)
        mean, scale = _level(samples) if inner.level else (0.0, 1.0)
        half = inner.fade // 2
        context = (inner.window - inner.step - inner.fade) // 2
        rise = ((np.arange(inner.fade) + 0.5) / max(inner.fade, 1)).astype(np.float32)
        zones = -(-count // inner.step)
        for zone in range(zones):
            start, stop = zone * inner.step - half, (zone + 1) * inner.step + half
            piece = _cut(samples, (start - context) * HOP, inner.window * HOP, mean, scale)
            new = inner.encode(piece)[context : context + stop - start]
            if zone > 0:
                new[: inner.fade] *= rise[:, None]
            if zone < zones - 1:
                new[len(new) - inner.fade :] *= rise[::-1, None]
            low, high = max(start, 0), min(stop, count)
            values[low:high] += new[low - start : high - start]
        return Track(values, FPS, tuple(f"{self.name}.{i}" for i in range(self.dim)))


def _cut(samples: NDArray[np.float32], start: int, length: int, mean: float, scale: float) -> NDArray[np.float32]:
    """A levelled piece of the recording, with silence before its start and after its end."""
    piece = np.zeros(length, np.float32)
    have = samples[max(start, 0) : max(start + length, 0)]
    piece[max(-start, 0) : max(-start, 0) + len(have)] = (have - mean) * scale
    return piece


def _level(samples: NDArray[np.float32]) -> tuple[float, float]:
    if not len(samples):
        return 0.0, 1.0
    mean = float(samples.mean(dtype=np.float64))
    power = float(np.dot(samples, samples)) / len(samples) - mean**2
    return mean, float(1 / np.sqrt(max(power, 0.0) + 1e-7))


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


def _at_16k(audio: Audio) -> NDArray[np.float32]:
    if audio.sample_rate == SAMPLE_RATE:
        return audio.samples
    import soxr

    return soxr.resample(audio.samples, audio.sample_rate, SAMPLE_RATE)
