"""Where one track holds a copy of what is in another: late, quieter, filtered, encoded again.

Loudspeakers, telephone networks and mixers bring a person's voice into the other person's track. Such a copy has the
voice's fine structure in time and frequency, whatever codec, room or telephone it went through; two people's words have
nothing of the kind in common, however much they overlap. Spectrograms are therefore correlated over lags, block by
block, since clocks drift and delays jump.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft, next_fast_len, rfft
from scipy.ndimage import convolve1d, uniform_filter1d

from visavis.cancellation import check_cancelled
from visavis.media.crosstalk.spectrogram import BANDS, RATE, Spectrogram

REACH = round(2.5 * RATE)
"""Frames by which a copy may be late, or early where the tracks' clocks are not the same."""
BLOCK = round(20 * RATE)
"""Frames for which a lag is taken to stay as it is."""
_NEIGHBOURS = (0.25, 0.5, 1.0, 0.5, 0.25)
"""What the blocks around a block count for it."""
_LEAST, _CHANCE = 0.14, 0.6
"""Correlation from which a copy is a copy; and what is added to that for one second of voice, less for more of it."""
_STEADY = (1.5 * 1.5) * BANDS
"""Added to the power of a pattern, so that faint ones do not look alike by chance."""
_NEAR = round(0.15 * RATE)
_ALIKE = 0.5
_EVEN_DB = 1.5
AT_ONCE = 0.025
"""Seconds; what is less late than that came through the air of a room, or through a cable."""


@dataclass(frozen=True)
class Copies:
    """What of a voice is in another track.

    Attributes:
        lags: For each block of the track, by how many frames the copies in it are late, negative where early; where too
            little is heard to tell, those of the nearest block.
        seconds: By how much the clearest copy is late.
        decibels: How much louder it is than the voice; negative where it is quieter.
    """

    lags: tuple[tuple[int, ...], ...]
    seconds: float
    decibels: float


@dataclass(frozen=True)
class _Peak:
    """A lag at which a block correlates, and how the levels compare where it does."""

    block: int
    lag: int
    likeness: float
    ratios: NDArray[np.float32]


def find_copies(voice: Spectrogram, track: Spectrogram) -> Copies | None:
    """Copies of a voice in another track; None where there are none.

    Args:
        voice: What is copied.
        track: What may hold it, on about the same clock.
    """
    voice, track = voice.beside(track), track.beside(voice)
    peaks = [peak for peak in _peaks(voice, track) if len(peak.ratios)]
    kept = [peak for peak in peaks if _is_the_copy(peak, peaks, voice, track)]
    if not kept:
        return None
    lags: dict[int, list[int]] = {}
    for peak in kept:
        lags.setdefault(peak.block, []).append(peak.lag)
    nearest = (min(lags, key=lambda found: abs(found - block)) for block in range(_blocks(track)))
    clearest = max(peak.likeness for peak in kept)
    clear = [peak for peak in kept if peak.likeness > 0.7 * clearest]
    ratios = np.concatenate([peak.ratios for peak in clear])
    late = float(np.median([peak.lag for peak in clear])) / RATE
    return Copies(tuple(tuple(sorted(lags[block])) for block in nearest), late, float(np.median(ratios)))


def _blocks(track: Spectrogram) -> int:
    return -(-len(track) // BLOCK)


def _peaks(voice: Spectrogram, track: Spectrogram) -> list[_Peak]:
    """Lags at which a block of the track and those around it hold what is in the voice."""
    from scipy.signal import find_peaks  # here, as it takes long to import and every process imports this module

    count = _blocks(track)
    sums = np.zeros((count, 3, 2 * REACH + 1))
    seconds = np.zeros(count)
    for block in range(count):
        check_cancelled()
        *sums[block], seconds[block] = correlation(voice, track, block * BLOCK, (block + 1) * BLOCK, 0, REACH)
    sums, seconds = (convolve1d(each, _NEIGHBOURS, axis=0, mode="constant") for each in (sums, seconds))
    found = []
    for block in range(count):
        common, of_voice, of_track = sums[block]
        likeness = common / np.sqrt(np.maximum(of_voice * of_track, 1e-9))
        enough = _LEAST + _CHANCE / max(seconds[block], 0.1) ** 0.5
        for at in find_peaks(np.pad(likeness, 1), height=enough, distance=5)[0] - 1:
            lag = int(at) - REACH
            alike, louder = matched(voice, track, block * BLOCK, (block + 1) * BLOCK, lag)
            found.append(_Peak(block, lag, float(likeness[at]), louder[alike]))
    return found


def correlation(
    voice: Spectrogram, track: Spectrogram, start: int, stop: int, centre: int, reach: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], float]:
    """What a stretch of the voice and the track have in common at lags of ``centre - reach`` to ``centre + reach``.

    Returns:
        For each lag the product of their patterns, the power of the voice's, and that of the track's where the voice is
        active; and the seconds of active voice.
    """
    active = voice.active[start:stop]
    if not active.any():
        nothing = np.zeros(2 * reach + 1)
        return nothing, nothing, nothing, 0.0
    mine = voice.pattern(start, start + len(active)) * active[:, None]
    theirs = track.pattern(start + centre - reach, start + len(active) + centre + reach)
    size = next_fast_len(len(theirs), real=True)
    lags = slice(0, 2 * reach + 1)
    product = (rfft(theirs, size, axis=0) * rfft(mine, size, axis=0).conj()).sum(1)
    power = rfft((theirs**2).sum(1), size) * rfft(active.astype(np.float32), size).conj()
    of_track = irfft(power, size)[lags] + active.sum() * _STEADY
    return irfft(product, size)[lags], np.full(2 * reach + 1, (mine**2).sum()), of_track, float(active.sum()) / RATE


def matched(
    voice: Spectrogram, track: Spectrogram, start: int, stop: int, lag: int
) -> tuple[NDArray[np.bool_], NDArray[np.float32]]:
    """Which frames of a stretch of a track are the voice, `lag` frames late; and how much louder than it, in dB."""
    first, last = max(start, lag, 0), min(stop, len(voice) + lag, len(track))
    alike, louder = np.zeros(stop - start, bool), np.zeros(stop - start, np.float32)
    if first < last:
        inside = slice(first - start, last - start)
        theirs, mine = track.pattern(first, last), voice.pattern(first - lag, last - lag)
        common, of_voice, of_track = (
            uniform_filter1d((x * y).sum(1), _NEAR) for x, y in ((mine, theirs), (mine, mine), (theirs, theirs))
        )
        alike[inside] = common > _ALIKE * np.sqrt((of_voice + _STEADY) * (of_track + _STEADY))
        alike[inside] &= voice.active[first - lag : last - lag] & track.active[first:last]
        louder[inside] = track.level[first:last] - voice.level[first - lag : last - lag]
    return alike, louder


def _is_the_copy(peak: _Peak, peaks: Sequence[_Peak], voice: Spectrogram, track: Spectrogram) -> bool:
    """Whether it is the track that holds the copy, and not the voice that holds one of what is in the track.

    The copy is the quieter of the two, each compared with the loud parts of its own track. Where neither is, the copy
    is what comes later, or what is in the track with more in it.
    """
    ratios = np.concatenate([each.ratios for each in peaks if abs(each.lag - peak.lag) <= AT_ONCE * RATE])
    louder = float(np.percentile(ratios, 30)) - (track.loud - voice.loud)
    if abs(louder) > _EVEN_DB:
        return louder < 0
    if abs(peak.lag) > AT_ONCE * RATE:
        return peak.lag > 0
    return bool(track.active.sum() > voice.active.sum())
