"""Sound as power in bands over time, its fine structure, and sound with bands turned down."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft, rfft
from scipy.ndimage import uniform_filter1d

from visavis.cancellation import check_cancelled
from visavis.media.audio import SAMPLE_RATE

BANDS = 32
HOP = SAMPLE_RATE // 100
RATE = SAMPLE_RATE / HOP
"""Frames per second."""
_WIDTH = 3 * HOP
_AT_A_TIME = 3000
"""Frames; bounds the memory that a long recording takes."""
_SAMPLE = 50_000
"""Frames by which a track's levels are judged."""
_RANGE_DB, _ABOVE_NOISE_DB, _ACTIVE_DB = 40.0, 6.0, 3.0
_TREND = round(0.15 * RATE)
_MASKED_DB = 5.0
_DEAF_DB = 60.0


@dataclass(frozen=True)
class Spectrogram:
    """A track's power in bands, and what of it stands out of its noise.

    Attributes:
        power: (T, BANDS).
        level: (T,) dB.
        floor: (BANDS,) dB; what lies below is noise, or too quiet to matter.
        bands: (BANDS,), those that are listened to; others hold nothing, as above 4 kHz in a telephone.
        active: (T,), where there is more than noise.
        loud: Level of its loud frames in dB.
    """

    power: NDArray[np.float32]
    floor: NDArray[np.float32]
    bands: NDArray[np.bool_]
    level: NDArray[np.float32]
    active: NDArray[np.bool_]
    loud: float

    @classmethod
    def of(cls, samples: NDArray[np.float32]) -> Spectrogram:
        """Of a track at 16 kHz."""
        power = band_powers(samples)
        some = _decibels(power[:: max(1, len(power) // _SAMPLE)])
        top, quiet = np.percentile(some, 95, 0), np.percentile(some, 10, 0)
        floor = np.maximum(top - _RANGE_DB, quiet + _ABOVE_NOISE_DB)
        return cls._listening(power, floor.astype(np.float32), top > top.max() - _DEAF_DB)

    @classmethod
    def _listening(
        cls, power: NDArray[np.float32], floor: NDArray[np.float32], bands: NDArray[np.bool_]
    ) -> Spectrogram:
        level, active = np.empty(len(power), np.float32), np.empty(len(power), bool)
        for at in range(0, len(power), _AT_A_TIME):
            piece = power[at : at + _AT_A_TIME][:, bands]
            level[at : at + _AT_A_TIME] = _decibels(piece.sum(1))
            active[at : at + _AT_A_TIME] = np.maximum(_decibels(piece) - floor[bands], 0).mean(1) > _ACTIVE_DB
        return cls(power, floor, bands, level, active, float(np.percentile(level, 95)))

    def beside(self, other: Spectrogram) -> Spectrogram:
        """The track, listened to in those bands only in which there is something in both."""
        bands = self.bands & other.bands
        if not bands.any() or (bands == self.bands).all():
            return self
        return self._listening(self.power, self.floor, bands)

    def __len__(self) -> int:
        """Frames."""
        return len(self.power)

    def less(self, share: NDArray[np.float32]) -> Spectrogram:
        """The track of which only a share of the power in each band is left, (T, BANDS)."""
        less = self._listening(self.power * share, self.floor, self.bands)
        return replace(less, active=less.active & (less.level > self.level - _MASKED_DB), loud=self.loud)

    def sunk(self, share: NDArray[np.float32]) -> NDArray[np.float32]:
        """Gains of amplitudes that leave a share of the power in each band, but no hole in the noise; (T, BANDS)."""
        noise = 10 ** ((self.floor - _ABOVE_NOISE_DB) / 10)
        gains: NDArray[np.float32] = np.sqrt(np.clip(share, np.minimum(noise / np.maximum(self.power, 1e-10), 1), 1))
        return gains

    def above_noise(self, start: int, stop: int) -> NDArray[np.float32]:
        """Power in the frames from `start` to `stop`, 0 where it is noise."""
        power = self.power[start:stop]
        return np.where((power > 10 ** (self.floor / 10)) & self.active[start:stop, None], power, 0)

    def pattern(self, start: int, stop: int) -> NDArray[np.float32]:
        """Fine structure of the frames from `start` to `stop`, which may lie outside the track: there it is 0.

        By how many dB each band stands out more than around that time, and more than the other bands: filters, changes
        of level, and people who begin to speak at the same time leave nothing in common.
        """
        first, last = max(start - _TREND, 0), min(stop + _TREND, len(self))
        heard = np.zeros((stop - start + 2 * _TREND, BANDS), np.float32)
        if first < last:
            into = first - (start - _TREND)
            heard[into : into + last - first] = np.maximum(_decibels(self.power[first:last]) - self.floor, 0)
        fine = heard - uniform_filter1d(heard, 2 * _TREND + 1, axis=0)
        fine = (fine - fine[:, self.bands].mean(1, keepdims=True)) * self.bands
        inner: NDArray[np.float32] = fine[_TREND : len(fine) - _TREND]
        return inner


def band_powers(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Power in each band.

    Args:
        samples: (N,) at 16 kHz.

    Returns:
        (N // HOP + 1, BANDS); frame i is centred on sample ``i * HOP``.
    """
    count = len(samples) // HOP + 1
    powers = np.empty((count, BANDS), np.float32)
    for at in range(0, count, _AT_A_TIME):
        check_cancelled()
        stop = min(at + _AT_A_TIME, count)
        powers[at:stop] = np.abs(_spectra(samples, at, stop)) ** 2 @ _filters()
    return powers


def turned_down(samples: NDArray[np.float32], gains: NDArray[np.float32]) -> NDArray[np.float32]:
    """The sound with a gain for each frame and band; to the bit what it was where all gains are 1.

    Args:
        samples: (N,) at 16 kHz.
        gains: Of amplitudes, 0 to 1; as many as `band_powers` has powers.

    Returns:
        (N,).
    """
    result = samples.copy()
    touched = np.flatnonzero((gains < 1).any(1))
    pieces = np.split(touched, np.flatnonzero(np.diff(touched) > 1) + 1) if len(touched) else []
    for piece in pieces:
        for at in range(int(piece[0]), int(piece[-1]) + 1, _AT_A_TIME):
            check_cancelled()
            stop = min(at + _AT_A_TIME, int(piece[-1]) + 1)
            removed = _spectra(samples, at, stop) * (1 - gains[at:stop] @ _filters().T)
            _subtract(result, irfft(removed, _WIDTH, axis=1) * _window(), at)
    return result


@cache
def _filters() -> NDArray[np.float32]:
    """Triangles evenly spaced in mel from 100 Hz to 7.6 kHz that add up to 1 at every frequency, (bins, BANDS)."""
    frequency = np.fft.rfftfreq(_WIDTH, 1 / SAMPLE_RATE)
    low, high = np.log10(1 + np.array([100.0, 7600.0]) / 700)
    centres = 700 * (10 ** np.linspace(low, high, BANDS) - 1)
    at = np.interp(frequency, centres, np.arange(BANDS))
    filters: NDArray[np.float32] = np.clip(1 - np.abs(at[:, None] - np.arange(BANDS)), 0, 1).astype(np.float32)
    return filters


@cache
def _window() -> NDArray[np.float32]:
    """The square root of a Hann window, for analysis and synthesis, whose overlapping squares add up to 1."""
    window: NDArray[np.float32] = np.sqrt((1 - np.cos(2 * np.pi * np.arange(_WIDTH) / _WIDTH)) / 3).astype(np.float32)
    return window


def _spectra(samples: NDArray[np.float32], start: int, stop: int) -> NDArray[np.complex64]:
    """Spectra of the frames from `start` to `stop`; sound before the beginning and after the end is silence."""
    first, length = start * HOP - _WIDTH // 2, (stop - start - 1) * HOP + _WIDTH
    piece = np.zeros(length, np.float32)
    have = samples[max(first, 0) : first + length]
    piece[max(-first, 0) : max(-first, 0) + len(have)] = have
    spectra: NDArray[np.complex64] = rfft(np.lib.stride_tricks.sliding_window_view(piece, _WIDTH)[::HOP] * _window())
    return spectra


def _subtract(result: NDArray[np.float32], frames: NDArray[np.float32], start: int) -> None:
    """Takes overlapping frames, the first of which is frame `start`, away from a sound."""
    total = np.zeros((len(frames) + 2, HOP), np.float32)
    for third in range(3):
        total[third : third + len(frames)] += frames[:, third * HOP : (third + 1) * HOP]
    first = start * HOP - _WIDTH // 2
    begin, end = max(first, 0), min(first + total.size, len(result))
    result[begin:end] -= total.ravel()[begin - first : end - first]


def _decibels(power: NDArray[np.float32]) -> NDArray[np.float32]:
    decibels: NDArray[np.float32] = 10 * np.log10(power + np.float32(1e-10))
    return decibels
