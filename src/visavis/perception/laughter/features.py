"""What laughter differs in from speech, measured in windows of a sound.

Laughter repeats one call four or five times a second with a tract that does not articulate, at a raised pitch, each
call beginning with breath (Bachorowski, Smoski & Owren 2001, JASA 110(3)); speech changes from one syllable to the
next. So the measures are of rhythm, of likeness from call to call, of pitch and of breath. All are of 100 Hz to 3.8
kHz, so that a telephone's sound is like any other.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from visavis.features.mel import mel_power
from visavis.media.audio import SAMPLE_RATE

Array = NDArray[np.float64]

RATE = 100
"""Frames a second that measures are made of."""
HOP, WINDOW = 8, 96
"""Frames from one window to the next, and in one."""
FPS = RATE / HOP
"""Windows a second."""
LAGS = (14, 36)
"""Frames from call to call: 2.8 to 7 calls a second."""
BANDS = slice(1, 26)
"""Of 40 mel bands up to 8 kHz, those from about 100 Hz to 3.8 kHz."""
NAMES = (
    "rhythm", "period", "likeness", "unlike_between", "articulation", "depth", "voiced", "strength", "pitch",
    "pitch_above_usual", "pitch_spread", "tilt", "tilt_spread", "tilt_with_level", "level",
)  # fmt: skip
"""The measures, in the order of `laugh_features`."""
_AT_A_TIME = 4000


def laugh_features(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Measures of the windows about 0, 80, 160 ... ms.

    Args:
        samples: (N,) at 16 kHz.

    Returns:
        (ceil(N / 1280), 15), columns as `NAMES`.
    """
    count = -(-len(samples) // (SAMPLE_RATE // RATE * HOP))
    if not count:
        return np.zeros((0, len(NAMES)), np.float32)
    power = mel_power(samples, 40, fft=400, window=400, hop=SAMPLE_RATE // RATE)[:, BANDS].astype(np.float64)
    bands = 10 * np.log10(power + 1e-9)
    level = 10 * np.log10(power.sum(1) + 1e-9)
    level = np.maximum(level, np.percentile(level, 95) - 50)
    shape = bands - bands.mean(1, keepdims=True)
    tilt = bands[:, 14:].mean(1) - bands[:, :9].mean(1)
    pitch, strength = _pitch(samples, len(level))
    known = (strength > 0.5) & (level > np.percentile(level, 60))
    usual = float(np.median(pitch[known])) if known.sum() > 20 else 7.3  # log2 of 160 Hz
    loud = float(np.percentile(level, 95))

    rows = np.clip(np.arange(count)[:, None] * HOP + np.arange(WINDOW) - WINDOW // 2, 0, len(level) - 1)
    parts = [
        _measured(rows[at : at + _AT_A_TIME], level, shape, tilt, pitch, strength, usual, loud)
        for at in range(0, count, _AT_A_TIME)
    ]
    return np.concatenate(parts).astype(np.float32)


def _measured(
    rows: NDArray[np.intp], level: Array, shape: Array, tilt: Array, pitch: Array, strength: Array,
    usual: float, loud: float,
) -> Array:  # fmt: skip
    """Measures of some windows; `rows` is (windows, frames), the signals are (T,) or (T, bands)."""
    lev, til, pit, stren = (x[rows] for x in (level, tilt, pitch, strength))
    peak = lev.max(1, keepdims=True)
    counts = (lev > peak - 15).astype(float)  # frames that are loud in their window
    total = counts.sum(1)
    rhythm, lag = _rhythm(lev)
    like, between = _likeness(shape, rows, counts, lag)
    here = shape[rows]
    middle = (here * counts[..., None]).sum(1) / total[:, None]
    spread = np.sqrt((((here - middle[:, None]) ** 2) * counts[..., None]).sum(1) / total[:, None]).mean(1)
    voiced = counts * (stren > 0.5)
    number = np.maximum(voiced.sum(1), 1e-6)
    tone = np.where(number > 3, (pit * voiced).sum(1) / number, usual)
    scatter = np.where(number > 3, np.sqrt((((pit - tone[:, None]) ** 2) * voiced).sum(1) / number), 0.0)
    depth = np.percentile(lev, 90, axis=1) - np.percentile(lev, 20, axis=1)
    away = til - til.mean(1, keepdims=True)
    up = lev - lev.mean(1, keepdims=True)
    together = (away * up).mean(1) / (away.std(1) * up.std(1) + 1e-3)
    columns = [
        rhythm, lag / RATE, like, between, spread, depth, voiced.sum(1) / total, (stren * counts).sum(1) / total,
        tone, tone - usual, scatter, (til * counts).sum(1) / total, away.std(1), together, peak[:, 0] - loud,
    ]  # fmt: skip
    return np.stack(columns, 1)


def _rhythm(level: Array) -> tuple[Array, NDArray[np.intp]]:
    """How regularly loudness comes and goes, as the greatest autocorrelation at `LAGS`, and that lag (frames)."""
    swing = level - gaussian_filter1d(level, 20, axis=1, mode="nearest")
    swing -= swing.mean(1, keepdims=True)
    spectrum = np.abs(np.fft.rfft(swing, 2 * WINDOW, axis=1)) ** 2
    auto = np.fft.irfft(spectrum, axis=1)[:, : LAGS[1] + 1]
    auto /= np.maximum(auto[:, :1], 1e-6)
    auto *= WINDOW / (WINDOW - np.arange(auto.shape[1]))
    lag = LAGS[0] + auto[:, LAGS[0] : LAGS[1]].argmax(1)
    return auto[np.arange(len(auto)), lag], lag


def _likeness(shape: Array, rows: NDArray[np.intp], counts: Array, lag: NDArray[np.intp]) -> tuple[Array, Array]:
    """How alike spectra are one call apart, and half a call apart: mean cosines over loud frames."""
    unit = shape / (np.linalg.norm(shape, axis=1, keepdims=True) + 1e-6)
    here = unit[rows]
    found = []
    for shift in (lag, lag // 2):
        other = np.minimum(rows + shift[:, None], len(shape) - 1)
        found.append(((here * unit[other]).sum(2) * counts).sum(1) / counts.sum(1))
    return found[0], found[1]


def _pitch(samples: NDArray[np.float32], frames: int) -> tuple[Array, Array]:
    """log2 of the fundamental frequency (Hz), 80 to 640, and how periodic the sound is (0 to 1), each (frames,)."""
    hop, size = SAMPLE_RATE // RATE, 640
    padded = np.pad(samples.astype(np.float64), (size // 2, size + frames * hop - len(samples)))
    pitch, strength = np.zeros(frames), np.zeros(frames)
    window = np.hanning(size)
    own = np.fft.irfft(np.abs(np.fft.rfft(window, 2 * size)) ** 2)[:size]
    low, high = SAMPLE_RATE // 640, SAMPLE_RATE // 80
    for at in range(0, frames, _AT_A_TIME):
        stop = min(at + _AT_A_TIME, frames)
        pieces = padded[(np.arange(at, stop) * hop)[:, None] + np.arange(size)]
        pieces = (pieces - pieces.mean(1, keepdims=True)) * window
        auto = np.fft.irfft(np.abs(np.fft.rfft(pieces, 2 * size)) ** 2)[:, :size]
        auto /= np.maximum(auto[:, :1], 1e-9)
        auto[:, : high + 1] /= np.maximum(own[: high + 1] / own[0], 1e-3)  # a window's own decay (Boersma 1993, eq. 9)
        # A little less for longer lags, so that a period is not taken for two.
        lags = np.arange(low, high)
        score = auto[:, low:high] - 0.02 * np.log2(lags / low)
        best = score.argmax(1)
        pitch[at:stop] = np.log2(SAMPLE_RATE / lags[best])
        strength[at:stop] = np.clip(auto[np.arange(stop - at), low + best], 0.0, 1.0)
    return pitch, strength
