"""Training data made less perfect: sound as recordings have it, speaking masks as detectors give them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import signal

from visavis.media.audio import Audio

Array = NDArray[np.float32]


def disturb_sound(audio: Audio, rng: np.random.Generator) -> Audio:
    """A recording as it might come: band-limited like a telephone, in a room, with coloured noise or hum."""
    rate, samples = audio.sample_rate, audio.samples.astype(np.float64)
    level = np.sqrt(np.mean(samples**2)) + 1e-9
    if rng.random() < 0.4:
        low, high = rng.uniform(80, 350), rng.uniform(3000, 7000)
        samples = signal.sosfilt(signal.butter(4, [low, high], "bandpass", fs=rate, output="sos"), samples)
    if rng.random() < 0.4:
        length = int(rate * rng.uniform(0.1, 0.4))
        tail = rng.standard_normal(length) * np.exp(-6.9 * np.arange(length) / length)
        tail *= rng.uniform(0.1, 0.5) / (np.linalg.norm(tail) + 1e-9)
        samples = samples + signal.fftconvolve(samples, tail)[: len(samples)]
    if rng.random() < 0.7:
        noise = _coloured(len(samples), rng.uniform(0, 2), rng)
        if rng.random() < 0.4:
            noise += _chords(len(samples), rate, rng)
        noise *= level * 10 ** (-rng.uniform(3, 25) / 20) / (np.sqrt(np.mean(noise**2)) + 1e-9)
        samples = samples + noise
    return Audio(samples.astype(np.float32), rate)


def _coloured(length: int, slope: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """Noise whose power falls as 1 / f^slope, of unit power; repeated every 20 s or so to stay cheap."""
    period = min(length, 2**18)
    spectrum = np.fft.rfft(rng.standard_normal(period))
    spectrum /= np.maximum(np.arange(len(spectrum)), 10) ** (slope / 2)
    noise = np.fft.irfft(spectrum, period)
    noise /= noise.std() + 1e-9
    return np.resize(noise, length)


def _chords(length: int, rate: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Chords of harmonic tones, new every second or so: what music does to features, without any music."""
    time = np.arange(length) / rate
    total = np.zeros(length)
    begin = 0
    while begin < length:
        end = min(length, begin + int(rate * rng.uniform(0.25, 1.5)))
        for pitch in 110 * 2 ** (rng.integers(0, 36, 3) / 12):
            for harmonic in range(1, 6):
                if pitch * harmonic < rate / 2:
                    phase = 2 * np.pi * pitch * harmonic * time[begin:end] + rng.uniform(0, 6.3)
                    total[begin:end] += np.sin(phase) / harmonic
        begin = end
    return total / (total.std() + 1e-9)


def disturb_masks(speaking: Array, fps: float, rng: np.random.Generator) -> Array:
    """Speaking probabilities (2, T) as a detector might give them: late, blurred, doubtful, now and then wrong."""
    if rng.random() < 0.25:
        return speaking
    frames = speaking.shape[1]
    noisy = []
    for row in speaking:
        shift = int(rng.integers(-3, 4))
        row = np.concatenate([np.full(max(shift, 0), row[0]), row, np.full(max(-shift, 0), row[-1])])
        row = row[max(-shift, 0) :][:frames].astype(np.float64)
        width = rng.uniform(0.01, 0.25) * fps
        kernel = np.hanning(max(3, 2 * int(width) + 1))
        row = np.convolve(np.pad(row, len(kernel) // 2, "edge"), kernel / kernel.sum(), "valid")[:frames]
        doubt = rng.uniform(0, 0.15, 2)
        row = doubt[0] + row * (1 - doubt.sum())
        row += rng.normal(0, rng.uniform(0, 0.08)) + rng.standard_normal(frames) * rng.uniform(0, 0.05)
        noisy.append(row)
    both = np.stack(noisy)
    if rng.random() < 0.15:  # a stretch that was heard as the other person, or as nobody
        begin = int(rng.integers(0, frames))
        end = min(frames, begin + int(rng.uniform(0.2, 1.5) * fps))
        both[:, begin:end] = both[::-1, begin:end] if rng.random() < 0.5 else both[:, begin:end] * 0.2
    return both.clip(0, 1).astype(np.float32)
