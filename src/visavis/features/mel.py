"""Mel spectrograms."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from visavis.media.audio import SAMPLE_RATE


@cache
def mel_filters(bands: int, fft: int) -> NDArray[np.float32]:
    """Triangular filters, each of area 1 over Hz, evenly spaced on Slaney's mel scale from 0 to 8 kHz.

    Source: M. Slaney, Auditory Toolbox, Interval Research 1998-010: linear to 1 kHz (66.7 Hz per mel),
        logarithmic above (27 mels per factor of 6.4).

    Returns:
        (bands, fft // 2 + 1).
    """
    knee, step = 15.0, np.log(6.4) / 27
    top = knee + np.log(SAMPLE_RATE / 2 / 1000) / step
    mels = np.linspace(0, top, bands + 2)
    edges = np.where(mels < knee, mels * 200 / 3, 1000 * np.exp(step * (mels - knee)))
    bins = np.arange(fft // 2 + 1) * SAMPLE_RATE / fft
    rising = (bins - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    falling = (edges[2:, None] - bins) / (edges[2:] - edges[1:-1])[:, None]
    triangles = np.maximum(0, np.minimum(rising, falling))
    return (triangles * 2 / (edges[2:] - edges[:-2])[:, None]).astype(np.float32)


def mel_power(
    samples: NDArray[np.float32], bands: int, fft: int, window: int, hop: int, first: int = 0
) -> NDArray[np.float32]:
    """Power in mel bands.

    Args:
        samples: (N,) at 16 kHz.
        bands: How many.
        fft: Length of the transform, at least `window`.
        window: Length of the Hann window in samples.
        hop: Samples between frames.
        first: Sample that the first frame is centred on; sound before the start and after the end is silence.

    Returns:
        (ceil(N / hop), bands), in the units of ``abs(fft(window * samples)) ** 2`` per Hz.
    """
    count = -(-len(samples) // hop)
    padded = np.zeros((count - 1) * hop + window if count else 0, np.float32)
    start = first - window // 2
    have = samples[max(start, 0) : start + len(padded)]
    padded[max(-start, 0) : max(-start, 0) + len(have)] = have
    hann = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(window) / window)).astype(np.float32)
    result = np.empty((count, bands), np.float32)
    filters = mel_filters(bands, fft).T
    for at in range(0, count, 3000):  # a minute at a time bounds memory
        stop = min(at + 3000, count)
        piece = padded[at * hop : (stop - 1) * hop + window]
        frames = np.lib.stride_tricks.sliding_window_view(piece, window)[::hop] * hann
        spectrum = np.fft.rfft(frames, fft)
        power = (spectrum.real**2 + spectrum.imag**2).astype(np.float32)
        result[at:stop] = power @ filters
    return result
