"""Source and filter: pulses and noise shaped frame by frame by the resonances of a vocal tract.

After Klatt (1980), "Software for a cascade/parallel formant synthesizer", JASA 67(3).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from visavis.media.audio import SAMPLE_RATE

Array = NDArray[np.float64]

STEP = 80
"""Samples between parameter frames: 5 ms."""
RATE = SAMPLE_RATE / STEP
"""Parameter frames per second."""


@dataclass(frozen=True)
class VoiceTraits:
    """What makes one voice another.

    Attributes:
        pitch: Usual fundamental frequency in speech (Hz).
        tract: Formants relative to a man's.
        breath: Noise of the source, about 0.04 to 0.2.
        rate: Speed of speech, 1 as usual.
        lively: Range of the melody, 1 as usual.
    """

    pitch: float
    tract: float
    breath: float
    rate: float = 1.0
    lively: float = 1.0


def glottal_pulses(f0: Array, rng: np.random.Generator) -> Array:
    """One impulse per period with a little shimmer, of even power at every pitch; f0 (Hz) and pulses are (samples,)."""
    pulses = np.diff(np.floor(np.cumsum(f0 / SAMPLE_RATE)), prepend=0.0)
    strength: Array = pulses * np.sqrt(SAMPLE_RATE / f0) * (1 + 0.05 * rng.standard_normal(len(f0)))
    return strength


def resonances(formants: Array, nasal: Array, frequency: NDArray[np.floating]) -> NDArray[np.complex128]:
    """The vocal tract's response per frame, (frames, bins): a cascade of four resonators on a sloping source."""
    z = np.exp(-2j * np.pi * frequency / SAMPLE_RATE)
    upper = np.full(len(formants), 3500.0) * (formants[:, 2] / 2500.0).clip(0.95, 1.2)
    response = np.ones((len(formants), len(frequency)), complex)
    for index, (centre, narrow) in enumerate(zip([*formants.T, upper], (70.0, 90.0, 140.0, 220.0), strict=True)):
        bandwidth = narrow * (1 + (2.0 if index == 0 else 0.8) * nasal)
        radius = np.exp(-np.pi * bandwidth / SAMPLE_RATE)
        b = 2 * radius * np.cos(2 * np.pi * np.minimum(centre, 7000) / SAMPLE_RATE)
        response *= (1 - b + radius**2)[:, None] / (1 - b[:, None] * z + (radius**2)[:, None] * z**2)
    # Glottal pulses fall 12 dB per octave and the lips' radiation gives 6 back.
    slope = (1 - 0.92) / (1 - 0.92 * z)
    murmur = 1 - 0.55 * nasal[:, None] * (frequency > 500)
    filtered: NDArray[np.complex128] = response * slope * murmur
    return filtered


def bands(centre: Array, width: Array, frequency: NDArray[np.floating]) -> Array:
    """Frication noise per frame, (frames, bins): a bump on a logarithmic frequency axis."""
    octaves = np.log2(np.maximum(frequency, 20.0) / np.maximum(centre, 200.0)[:, None])
    level: Array = np.exp(-0.5 * (octaves / width[:, None]) ** 2) * 0.25
    return level


def shaped(source: Array, response: NDArray[np.inexact]) -> Array:
    """Filters `source` by a response that changes every `STEP` samples (overlap-add of 20 ms windows)."""
    size, fft = 4 * STEP, 1024
    padded = np.concatenate([np.zeros(size // 2), source, np.zeros(size)])
    starts = np.arange(len(response)) * STEP
    pieces = padded[starts[:, None] + np.arange(size)] * np.hanning(size + 1)[:-1] * 0.5
    out = np.zeros(len(padded) + fft)
    pieces = np.fft.irfft(np.fft.rfft(pieces, fft) * response, fft)
    # Windows that are a whole number of FFT lengths apart do not overlap, so each class adds in one go.
    stride = -(-fft // STEP)
    for first in range(min(stride, len(pieces))):
        rows = pieces[first::stride]
        block = np.zeros((len(rows), stride * STEP))
        block[:, :fft] = rows
        begin = first * STEP
        flat = block.ravel()[: len(out) - begin]
        out[begin : begin + len(flat)] += flat
    return out[size // 2 : size // 2 + len(source)]
