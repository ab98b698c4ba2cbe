"""Loudness, pitch and stress of a voice, frame by frame."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d, median_filter
from scipy.signal import find_peaks

from visavis.behavior.curves import FPS, Array
from visavis.media.audio import SAMPLE_RATE, Audio


def energy_of(voice: Audio, frames: int) -> Array:
    """Loudness (T,): 0 at 40 dB below the person's loud speech, 1 at loud speech."""
    hop = round(SAMPLE_RATE / FPS)
    padded = np.zeros(frames * hop)
    padded[: min(len(voice), len(padded))] = voice.samples[: len(padded)]
    power = np.mean(padded.reshape(frames, hop) ** 2, 1)
    decibels = 10 * np.log10(power + 1e-10)
    loud = decibels[decibels > -60]
    top = float(np.percentile(loud, 95)) if len(loud) else 0.0
    return np.clip((decibels - top) / 40 + 1, 0.0, 1.1) if len(loud) else np.zeros(frames)


def pitch_of(voice: Audio, speaking: NDArray[np.bool_]) -> Array:
    """Semitones (T,) about the person's median pitch, 0 where unvoiced."""
    where = np.flatnonzero(speaking)
    result = np.zeros(len(speaking))
    hertz = _fundamental(voice, where)
    voiced = hertz > 0
    if voiced.sum() < 5:
        return result
    tones = 12 * np.log2(np.where(voiced, hertz, 1.0))
    tones = median_filter(np.where(voiced, tones - np.median(tones[voiced]), 0.0), 3)
    result[where] = np.where(voiced, np.clip(tones, -8, 8), 0.0)
    pitch: Array = gaussian_filter1d(result, 0.7)
    return pitch


def usual_pitch(voice: Audio, unknown: float = 150.0) -> float:
    """The median fundamental frequency (Hz) of a voice's loudest seconds; `unknown` where nothing is voiced."""
    frames = int(len(voice) / SAMPLE_RATE * FPS)
    loudest = np.sort(np.argsort(-energy_of(voice, frames))[: int(10 * FPS)]) if frames else np.zeros(0, int)
    hertz = _fundamental(voice, loudest)
    return float(np.median(hertz[hertz > 0])) if (hertz > 0).sum() >= 5 else unknown


def _fundamental(voice: Audio, frames: NDArray[np.intp]) -> Array:
    """Fundamental frequency (Hz) of some frames, 0 where unvoiced; by autocorrelation from 70 to 400 Hz."""
    hop, size = round(SAMPLE_RATE / FPS), 1024
    if not len(frames):
        return np.zeros(0)
    padded = np.concatenate([voice.samples, np.zeros(max(0, (frames.max() + 1) * hop + size - len(voice)), np.float32)])
    windows = np.stack([padded[f * hop : f * hop + size] for f in frames]) * np.hanning(size)
    correlation = np.fft.irfft(np.abs(np.fft.rfft(windows, 2 * size)) ** 2)[:, :size]
    low, high = SAMPLE_RATE // 400, SAMPLE_RATE // 70
    lag = low + correlation[:, low:high].argmax(1)
    strength = correlation[np.arange(len(frames)), lag] / np.maximum(correlation[:, 0], 1e-9)
    hertz: Array = np.where(strength > 0.35, SAMPLE_RATE / lag, 0.0)
    return hertz


def accents_of(energy: Array, pitch: Array) -> list[tuple[float, float]]:
    """Time (s) and strength (0 to 1) of the stressed syllables: peaks of loudness and pitch (T,) together."""
    prominence = gaussian_filter1d(energy + 0.06 * np.clip(pitch, 0, 8), 1.2)
    peaks, found = find_peaks(prominence, height=0.35, prominence=0.12, distance=int(0.25 * FPS))
    return [(p / FPS, float(np.clip(h - 0.3, 0.05, 1.0))) for p, h in zip(peaks, found["peak_heights"], strict=True)]
