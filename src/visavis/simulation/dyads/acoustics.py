"""Room acoustics, microphones, telephone lines, noise and music, applied to clean speech."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, fftconvolve, sosfilt

from visavis.media.audio import SAMPLE_RATE, Audio
from visavis.simulation.dyads.music import make_music


def degrade(audio: Audio, rng: np.random.Generator, strength: float = 1.0) -> Audio:
    """A random recording condition; nothing moves in time, so labels keep holding.

    Args:
        audio: 16 kHz.
        rng: Decides which of the following happen, and how much: a room, an equaliser, a telephone line, noise,
            music, a gain, clipping.
        strength: From 0 (none happens) to 1 (each happens about every third time).
    """
    x = audio.samples.astype(np.float64)
    if not x.any():
        return audio
    happens = rng.random(7) < strength * np.array([0.35, 0.4, 0.15, 0.4, 0.25, 1.0, 0.05])
    if happens[0]:
        x = reverberate(x, float(rng.uniform(0.1, 0.7)), float(rng.uniform(-4, 12)), rng)
    if happens[1]:
        x = _equalise(x, rng)
    if happens[2]:
        x = sosfilt(butter(4, (300, 3400), "bandpass", fs=SAMPLE_RATE, output="sos"), x)
    if happens[3]:
        x = add_at(x, coloured_noise(len(x), float(rng.uniform(0, 2)), rng), float(rng.uniform(0, 30)))
    if happens[4]:
        music = make_music(len(x) / SAMPLE_RATE, int(rng.integers(2**31)))
        x = add_at(x, music.samples.astype(np.float64), float(rng.uniform(-3, 20)))
    if happens[5]:
        x = x * 10 ** (float(rng.uniform(-12, 8)) / 20)
    if happens[6]:
        x = np.clip(x, *np.quantile(x, [0.005, 0.995]))
    return Audio((x / max(1.0, float(np.abs(x).max()) / 0.98)).astype(np.float32))


def add_at(speech: NDArray[np.float64], other: NDArray[np.float64], snr: float) -> NDArray[np.float64]:
    """`speech` with `other` added `snr` dB below it, by their mean power over the whole."""
    power = [max(float(np.mean(np.square(x))), 1e-12) for x in (speech, other)]
    mixed: NDArray[np.float64] = speech + other[: len(speech)] * np.sqrt(power[0] / power[1] / 10 ** (snr / 10))
    return mixed


def coloured_noise(count: int, slope: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """Noise whose power falls as 1/f**slope: 0 is white, 1 pink, 2 brown."""
    spectrum = np.fft.rfft(rng.standard_normal(count))
    frequency = np.fft.rfftfreq(count, 1 / SAMPLE_RATE)
    return np.fft.irfft(spectrum / np.maximum(frequency, 30.0) ** (slope / 2), count)


def reverberate(
    speech: NDArray[np.float64], decay: float, direct: float, rng: np.random.Generator
) -> NDArray[np.float64]:
    """A room whose sound falls by 60 dB in `decay` seconds, `direct` dB below the direct sound."""
    t = np.arange(round(decay * SAMPLE_RATE)) / SAMPLE_RATE
    tail = rng.standard_normal(len(t)) * 10 ** (-3 * t / decay) * (t > 0.003)
    tail *= 10 ** (-direct / 20) / max(float(np.linalg.norm(tail)), 1e-9)
    tail[0] = 1.0
    reverberant: NDArray[np.float64] = fftconvolve(speech, tail)[: len(speech)]
    return reverberant


def _equalise(x: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    """A smooth random frequency response of about +-6 dB."""
    frequency = np.fft.rfftfreq(len(x), 1 / SAMPLE_RATE)
    octave = np.log2(np.maximum(frequency, 60.0) / 60.0)
    gain = np.interp(octave, np.linspace(0, 7.1, 7), rng.normal(0, 4, 7))
    return np.fft.irfft(np.fft.rfft(x) * 10 ** (gain / 20), len(x))
