"""A mix in which a voice comes back late, as it does where one of the people's tracks carried the other's voice.

Source: B. Bogert, M. Healy and J. Tukey, The quefrency alanysis of time series for echoes, Symposium on Time Series
Analysis 1963: an echo ripples the logarithm of the spectrum, and so peaks in the spectrum of that, the cepstrum.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft, rfft

from visavis.cancellation import check_cancelled
from visavis.media.audio import SAMPLE_RATE
from visavis.media.crosstalk.spectrogram import HOP, Spectrogram, turned_down

_WIDTH = 4 * SAMPLE_RATE
_SOONEST, _LATEST = round(0.04 * SAMPLE_RATE), round(0.98 * SAMPLE_RATE)
"""Samples; voices have periods of less."""
_NEAR, _RHYTHM = round(0.0003 * SAMPLE_RATE), 0.38
"""Samples around twice the lag, and height of a second peak there: a rhythm has one, an echo has not."""
_LOW, _HIGH = 200.0, 3600.0
"""Hz; there is speech in telephones, too."""
_LEAST, _CHANCE, _OUT = 0.03, 0.1, 20.0
"""Height from which a peak is an echo, what is added for a single frame, less for more of them; and how far it has to
stand out."""
_ECHO, _ROUNDS = 0.5, 4
"""Share of a moment's power that may come back: more than most echoes have, as what is louder than its echo stays."""


class Echo(NamedTuple):
    """A mix without what comes back in it.

    Attributes:
        samples: (N,).
        seconds: How late it comes.
    """

    samples: NDArray[np.float32]
    seconds: float


def without_own_echo(samples: NDArray[np.float32]) -> Echo | None:
    """A mix in which nobody is heard any more in what comes back; None where nothing does.

    All that could come back is turned down, whoever it is. That serves to tell who speaks, not to listen to.

    Args:
        samples: (N,) at 16 kHz.
    """
    late = _echo(samples)
    if late is None:
        return None
    return Echo(turned_down(samples, _gains(Spectrogram.of(samples), round(late / HOP))), late / SAMPLE_RATE)


def _echo(samples: NDArray[np.float32]) -> int | None:
    """By how many samples a voice comes back late."""
    cepstrum, frames = _cepstrum(samples)
    sought = cepstrum[_SOONEST:_LATEST]
    peak = int(np.argmax(sought))
    usual = 1.5 * float(np.median(np.abs(sought)))
    if not frames or sought[peak] < max(_LEAST + _CHANCE / frames, _OUT * usual):
        return None
    lag = _SOONEST + peak
    again = cepstrum[2 * lag - _NEAR : 2 * lag + _NEAR].max()
    return None if again > _RHYTHM * sought[peak] else lag


def _cepstrum(samples: NDArray[np.float32]) -> tuple[NDArray[np.float64], int]:
    """Mean cepstrum of frames of 4 s in which there is sound, and how many there are."""
    frequency = np.fft.rfftfreq(_WIDTH, 1 / SAMPLE_RATE)
    band = (frequency > _LOW) & (frequency < _HIGH)
    window = np.hanning(_WIDTH).astype(np.float32)
    loudest = float(np.abs(samples).max(initial=0))
    total, frames = np.zeros(_WIDTH), 0
    for start in range(0, len(samples), _WIDTH // 2):
        check_cancelled()
        frame = samples[start : start + _WIDTH]
        if len(frame) < _WIDTH // 2 or np.abs(frame).max() < 0.05 * loudest or loudest == 0:
            continue
        power = np.abs(rfft(frame * window[: len(frame)], _WIDTH)[band]) ** 2
        ripples = np.zeros(len(frequency))
        ripples[band] = np.log(power / power.mean() + 1e-3)
        ripples[band] -= ripples[band].mean()
        total += irfft(ripples, _WIDTH)
        frames += 1
    return total / max(frames, 1) * len(frequency) / band.sum(), frames


def _gains(track: Spectrogram, lag: int) -> NDArray[np.float32]:
    """Of amplitudes, (T, BANDS): what is left of each frame less what came so many frames before."""
    left = np.ones_like(track.power)
    for _ in range(_ROUNDS):  # what came before is heard without its own echoes
        before = (track.power * left)[: max(len(track) - lag, 0)]
        before = np.maximum(before, np.pad(before, ((1, 0), (0, 0)))[: len(before)])
        left[lag:] = np.clip(1 - _ECHO * before / np.maximum(track.power[lag:], 1e-10), 0, 1)
    return track.sunk(left)
