"""Encoders with a short window, applied to recordings of any length."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from visavis.conversation.timeline import Track
from visavis.media.audio import SAMPLE_RATE, Audio

FPS = 50.0
"""Frames of features per second."""
HOP = int(SAMPLE_RATE / FPS)
"""Samples between frames."""


class WindowEncoder(Protocol):
    """Encodes a stretch of sound short enough to do at once.

    Attributes:
        name: See `visavis.features.audio.AudioEncoder`.
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
        """See `visavis.features.audio.AudioEncoder`."""
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


def _at_16k(audio: Audio) -> NDArray[np.float32]:
    if audio.sample_rate == SAMPLE_RATE:
        return audio.samples
    import soxr

    resampled: NDArray[np.float32] = soxr.resample(audio.samples, audio.sample_rate, SAMPLE_RATE)
    return resampled
