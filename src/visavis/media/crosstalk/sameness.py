"""Whether two tracks hold the same sound, whatever their codecs, levels, lengths and beginnings."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft, next_fast_len, rfft
from scipy.ndimage import uniform_filter1d

from visavis.cancellation import check_cancelled
from visavis.media.crosstalk.copies import AT_ONCE, BLOCK, REACH, correlation, matched
from visavis.media.crosstalk.spectrogram import BANDS, RATE, Spectrogram

_POOL, _COARSE = 2, 8
_ASTRAY = 10
"""Frames by which the lag is off at first, and by which clocks drift in a block."""
_QUIET_DB = 15.0
_RUN = round(0.15 * RATE)
"""Frames for which one has to go on holding what the other lacks; codecs spoil shorter pieces."""
_LEAST, _ODD, _ODD_SHARE = round(0.5 * RATE), round(0.1 * RATE), 0.02
_ECHO_DB = -2.0
"""Of an echo; codecs change levels by less."""
_SPREAD_DB = 5.0
"""Two microphones in front of two people hear both, but each hears its own person better."""


@dataclass(frozen=True)
class Same:
    """How the same sound lies in two tracks.

    Attributes:
        seconds: By how much it is later in the second track.
        decibels: How much louder it is there.
    """

    seconds: float
    decibels: float

    @property
    def is_echo(self) -> bool:
        """Whether it fits a voice that comes back, late and quieter, in the track of somebody who only listens.

        A recording that was cut, turned down or encoded again is as late or as quiet by accident, but seldom both.
        """
        later = self.decibels if self.seconds > 0 else -self.decibels
        return AT_ONCE < abs(self.seconds) <= REACH / RATE and later <= _ECHO_DB


def find_same(first: Spectrogram, second: Spectrogram) -> Same | None:
    """Whether two tracks hold the same sound where both last, which has to be half of the shorter.

    They do if, wherever one of them is loud, both have the same fine structure, at levels that differ by as much.
    """
    first, second = first.beside(second), second.beside(first)
    lag = _offset(first, second)
    begin, end = max(lag, 0), min(len(second), len(first) + lag)
    if end - begin < 0.5 * min(len(first), len(second)):
        return None
    loud = odd = 0
    lags, levels = [], []
    for start in range(begin, end, BLOCK):
        check_cancelled()
        stop = min(start + BLOCK, end)
        lag = _refined(first, second, start - lag, stop - lag, lag)
        alike, louder = matched(first, second, start, stop, lag)
        heard = _loud(second, start, stop) | _loud(first, start - lag, stop - lag)
        odd += int((uniform_filter1d((heard & ~alike).astype(float), _RUN) > 0.7).sum())
        loud += int(heard.sum())
        if odd > _ODD + _ODD_SHARE * (end - begin):
            return None
        lags += [lag] * int(heard.sum())
        levels.append(louder[heard & alike])
    together = np.concatenate(levels)
    if loud < _LEAST or odd > _ODD + _ODD_SHARE * loud or len(together) < 0.5 * loud:
        return None
    low, middle, high = np.percentile(together, (10, 50, 90))
    return Same(float(np.median(lags)) / RATE, float(middle)) if high - low < _SPREAD_DB else None


def _offset(first: Spectrogram, second: Spectrogram) -> int:
    """The lag at which two whole tracks have most in common."""
    a, b = _coarse(first), _coarse(second)
    size = next_fast_len(len(a) + len(b), real=True)
    product = np.zeros(size // 2 + 1, np.complex64)
    for band in range(_COARSE):
        check_cancelled()
        product += rfft(b[:, band], size) * rfft(a[:, band], size).conj()
    lag = int(np.argmax(irfft(product, size)))
    return _POOL * (lag if lag < len(b) else lag - size)


def _coarse(track: Spectrogram) -> NDArray[np.float32]:
    """The track's fine structure in few bands at half the rate, (T / 2, 8)."""
    pieces = []
    for start in range(0, len(track), BLOCK):
        pattern = track.pattern(start, start + BLOCK).reshape(BLOCK // _POOL, _POOL, _COARSE, BANDS // _COARSE)
        pieces.append(pattern.mean((1, 3)))
    return np.concatenate(pieces)[: -(-len(track) // _POOL)]


def _refined(first: Spectrogram, second: Spectrogram, start: int, stop: int, lag: int) -> int:
    """The lag of the first track's frames from `start` to `stop` in the second, near one that is about right."""
    common, _, _, seconds = correlation(first, second, max(start, 0), min(stop, len(first)), lag, _ASTRAY)
    return lag + int(np.argmax(common)) - _ASTRAY if seconds > 0 else lag


def _loud(track: Spectrogram, start: int, stop: int) -> NDArray[np.bool_]:
    """Which frames from `start` to `stop` are not just quiet; none is outside the track."""
    loud = np.zeros(stop - start, bool)
    first, last = max(start, 0), min(stop, len(track))
    if first < last:
        level = track.level[first:last]
        loud[first - start : last - start] = (level > track.loud - _QUIET_DB) & track.active[first:last]
    return loud
