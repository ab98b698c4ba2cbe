"""Recordings made by FFmpeg, in which every second can be told from its tone."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np

LAYOUTS = {1: "mono", 2: "stereo", 6: "5.1", 8: "7.1", 16: "hexadecagonal"}
KINDS = [
    ("wav", "pcm_s16le"), ("aiff", "pcm_s16be"), ("caf", "pcm_s16be"), ("w64", "pcm_s16le"), ("au", "pcm_s16be"),
    ("flac", "flac"), ("tta", "tta"), ("mp3", "libmp3lame"), ("aac", "aac"), ("ac3", "ac3"), ("ogg", "libopus"),
    ("opus", "libopus"), ("oga", "flac"), ("mka", "libopus"), ("webm", "libopus"), ("ts", "aac"), ("mpg", "mp2"),
    ("m4a", "aac"), ("mov", "aac"), ("flv", "aac"), ("avi", "libmp3lame"), ("wma", "wmav2"), ("nut", "libopus"),
]  # fmt: skip
"""Endings and codecs in which speech may come; the sampling rate is 48 kHz throughout."""


def tone(hertz: float, seconds: float, rate: int = 48_000, channels: int = 1) -> np.ndarray:
    """float (channels, samples)."""
    return np.tile(0.3 * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate), (channels, 1))


def record(path: Path, samples: np.ndarray, codec: str, rate: int = 48_000, start: float = 0.0) -> Path:
    """Encodes float samples (channels, n) that begin at `start` seconds on the container's clock."""
    with av.open(str(path), "w") as out:
        encode(out, out.add_stream(codec, rate=rate, layout=LAYOUTS[len(samples)]), samples, start)
    return path


def record_tracks(path: Path, tracks: list[np.ndarray], codec: str, starts: list[float], rate: int = 48_000) -> Path:
    """One stream for each of `tracks`, which begin at `starts`."""
    with av.open(str(path), "w") as out:
        streams = [out.add_stream(codec, rate=rate, layout=LAYOUTS[len(samples)]) for samples in tracks]
        for stream, samples, start in zip(streams, tracks, starts, strict=True):
            encode(out, stream, samples, start)
    return path


def encode(out, stream, samples: np.ndarray, start: float = 0.0) -> None:
    """Adds float samples (channels, n) to a stream of an open container."""
    rate, layout = stream.rate, LAYOUTS[len(samples)]
    stream.bit_rate = 96_000 * len(samples)
    resampler = av.AudioResampler(stream.format, layout, rate)
    for at in range(0, samples.shape[1], rate // 2):
        block = np.ascontiguousarray(samples[:, at : at + rate // 2].T, np.float32).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(block, format="flt", layout=layout)
        frame.sample_rate, frame.time_base, frame.pts = rate, Fraction(1, rate), at + round(start * rate)
        for converted in resampler.resample(frame):
            out.mux(stream.encode(converted))
    out.mux(stream.encode(None))


def joined(path: Path, *parts: Path) -> Path:
    """What ``cat`` makes of files."""
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    return path


def pitch(samples: np.ndarray, rate: int = 16_000) -> float:
    """The loudest frequency in Hz; 0 in silence."""
    if np.abs(samples).max(initial=0) < 0.02:
        return 0.0
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(np.argmax(spectrum) * rate / len(samples))


def pitches(samples: np.ndarray, step: float = 0.25, rate: int = 16_000) -> list[float]:
    """The pitch in each `step` seconds."""
    size = round(step * rate)
    return [round(pitch(samples[at : at + size]), -1) for at in range(0, len(samples) - size + 1, size)]


def cased(folder: Path, name: str) -> Path:
    """A file of the failing inputs in a folder of real data; skips where it is missing."""
    import pytest

    path = folder / "cases" / name
    if not path.exists():
        pytest.skip(f"needs a failing input that is not here: {path}")
    return path
