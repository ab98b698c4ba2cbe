"""Mel spectrograms, by transformers' audio utilities."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from visavis.media.audio import SAMPLE_RATE

_AT_A_TIME = 3000
"""Frames; bounds the memory that a long recording takes."""


@cache
def mel_filters(bands: int, fft: int) -> NDArray[np.float32]:
    """Triangular filters, each of area 1 over Hz, evenly spaced on Slaney's mel scale from 0 to 8 kHz.

    Source: M. Slaney, Auditory Toolbox, Interval Research 1998-010.

    Returns:
        (fft // 2 + 1, bands).
    """
    from transformers.audio_utils import mel_filter_bank

    bins, top = fft // 2 + 1, SAMPLE_RATE / 2
    filters = mel_filter_bank(bins, bands, 0.0, top, SAMPLE_RATE, norm="slaney", mel_scale="slaney")
    return filters.astype(np.float32)


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
    from transformers.audio_utils import spectrogram, window_function

    count = -(-len(samples) // hop)
    padded = np.zeros((count - 1) * hop + window if count else 0, np.float32)
    start = first - window // 2
    have = samples[max(start, 0) : start + len(padded)]
    padded[max(-start, 0) : max(-start, 0) + len(have)] = have
    result = np.empty((count, bands), np.float32)
    for at in range(0, count, _AT_A_TIME):
        stop = min(at + _AT_A_TIME, count)
        result[at:stop] = spectrogram(
            padded[at * hop : (stop - 1) * hop + window],
            window_function(window, "hann"),
            frame_length=window,
            hop_length=hop,
            fft_length=fft,
            power=2.0,
            center=False,
            mel_filters=mel_filters(bands, fft),
            mel_floor=0.0,
        ).T
    return result
