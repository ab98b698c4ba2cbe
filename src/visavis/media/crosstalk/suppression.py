"""A person's own voice: a track less the other's voice, which is in it late, quieter and changed.

The other's power in bands, spread over time by the paths it took, is fitted to the track where the other is loud; what
is not well above that is turned down. It is power that is fitted, since neither codecs nor drifting clocks keep phases.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import convolve1d, uniform_filter1d

from visavis.cancellation import check_cancelled
from visavis.media.crosstalk.copies import BLOCK, Copies, find_copies
from visavis.media.crosstalk.spectrogram import BANDS, RATE, Spectrogram

Array = NDArray[np.float32]

_EARLY, _TAIL = 3, round(0.4 * RATE)
"""Frames before the first copy and after the last in which paths are sought: a room goes on sounding."""
_REACH = 2 * BLOCK
"""Frames around a block whose sound counts as well."""
_FITTED = 60_000
"""Frames times delays that are fitted at a time."""
_PASSES, _ROUNDS = 5, 12
"""Over both tracks, where each carries the other; and of a fit."""
_COARSE = 4
_LOUD = 0.3
_SYLLABLES = round(0.4 * RATE)
_FAINTER = 10.0
"""So many times louder, by comparison, a band is not in a copy than in the voice that is copied."""
_OWN = 2.5
"""What is so many times what the other's voice explains is not the other's."""
_LOUDER_DB = 1.5
_MARGIN, _BETWEEN = 4.0, 2.0
"""How far above the other's power, which fluctuates in a room, one's own has to be to be left; and between passes,
when little is known of it yet."""
_GONE_DB, _LEFT_DB = -13.0, -7.0
"""A moment of which less is left is the other's alone; more, one's own."""
_MOMENT = np.hanning(15)[1:-1] / np.hanning(15).sum()


@dataclass(frozen=True)
class _Path:
    """How the other's voice gets into the frames from `start` to `stop`.

    Attributes:
        start: Frame.
        stop: Frame.
        lags: (K,) frames.
        weights: (K,) of amplitudes, which add up to 1.
        scale: (BANDS,) of amplitudes.
    """

    start: int
    stop: int
    lags: NDArray[np.intp]
    weights: Array
    scale: Array


@dataclass(frozen=True)
class Suppression:
    """What a track holds of the other's voice, and how it is turned down.

    Attributes:
        copies: Of the other's voice.
        gains: Of amplitudes, (T, BANDS), which leave the voice of the track's own person.
    """

    copies: Copies
    gains: Array


def find_suppression(tracks: tuple[Spectrogram, Spectrogram]) -> tuple[Suppression | None, Suppression | None]:
    """How to leave each of two people's tracks its own person's voice; None where there is no copy of the other's.

    What a track gives to the other is its own person's voice, not what it has of the other's. So what is found in one
    is taken out before the other is looked at, and each is looked at again.

    Args:
        tracks: Each person's, on about the same clock.
    """
    voices = list(tracks)
    copies: list[Copies | None] = [None, None]
    others: list[Array] = [np.zeros_like(track.power) for track in tracks]
    for number in range(_PASSES):
        for me in (0, 1):
            copies[me] = find_copies(voices[1 - me], tracks[me])
            paths = _fit(voices[1 - me], tracks[me], copies[me])
            others[me] = _predicted(paths, voices[1 - me], tracks[me])
            voices[me] = tracks[me].less(_left(tracks[me].power, others[me], _BETWEEN))
        if not any(copies) or (number > 0 and not all(copies)):
            break
    first, second = (
        Suppression(each, _gains(track, other)) if each else None
        for each, track, other in zip(copies, tracks, others, strict=True)
    )
    return first, second


def _left(power: Array, others: Array, margin: float) -> Array:
    """Share of the power in each band that is not the other's."""
    return np.clip(1 - margin * others / np.maximum(power, 1e-10), 0, 1)


def _gains(track: Spectrogram, others: Array) -> Array:
    power = track.power
    left = _left(power, others, _MARGIN)
    own, all_ = (convolve1d(each.sum(1), _MOMENT) for each in (left * power, power))
    share = 10 * np.log10(np.maximum(own, 1e-10) / np.maximum(all_, 1e-10))
    left *= np.clip((share - _GONE_DB) / (_LEFT_DB - _GONE_DB), 0, 1)[:, None]
    return track.sunk(left)


def _predicted(paths: Sequence[_Path], voice: Spectrogram, track: Spectrogram) -> Array:
    """The power of a voice in a track that it gets into by these paths, (T, BANDS)."""
    others = np.zeros_like(track.power)
    for path in paths:
        amplitude = np.zeros((path.stop - path.start, BANDS), np.float32)
        for lag, weight in zip(path.lags.tolist(), path.weights, strict=True):
            first, last = max(path.start, lag), min(path.stop, len(voice) + lag)
            if first < last and weight > 1e-3:
                arrived = weight * np.sqrt(voice.above_noise(first - lag, last - lag))
                amplitude[first - path.start : last - path.start] += arrived
        found, power = (amplitude * path.scale) ** 2, track.power[path.start : path.stop]
        lacking = _lacking(path.scale)
        known, all_ = (uniform_filter1d(each[:, ~lacking].sum(1), _SYLLABLES) for each in (found, power))
        share = known / np.maximum(all_, 1e-10)
        found[:, lacking] = power[:, lacking] * np.minimum(share, 1)[:, None]
        others[path.start : path.stop] = found
    return others


def _lacking(scale: Array) -> NDArray[np.bool_]:
    """Bands in which the other's track, a telephone's perhaps, has no voice that could be compared.

    There as much of the track is taken for the other's as in all other bands around that time: a sound may be in no
    other band at all, as an "s" is not in a telephone.
    """
    heard = scale[scale > 0]
    return (scale == 0) | (scale > _FAINTER * np.median(heard)) if len(heard) else np.zeros(BANDS, bool)


def _fit(voice: Spectrogram, track: Spectrogram, copies: Copies | None) -> list[_Path]:
    """The paths by which a voice gets into a track, for each block near which it is heard."""
    paths = []
    for block, lags in enumerate(copies.lags if copies else ()):
        check_cancelled()
        start, stop = block * BLOCK, min((block + 1) * BLOCK, len(track))
        around = np.arange(lags[0] - _EARLY, lags[-1] + _TAIL + 1)
        rows = _others(voice, track, start, stop, lags)
        rows = rows[:: 1 + len(rows) * len(around) // _FITTED]
        if len(rows):
            delayed = voice.power[np.clip(rows[:, None] - around, 0, len(voice) - 1)]  # (rows, lags, BANDS)
            weights = _weights(delayed, track.power[rows], voice.bands)
            paths.append(_Path(start, stop, around, weights, _scale(delayed, weights, track.power[rows])))
    return paths


def _others(voice: Spectrogram, track: Spectrogram, start: int, stop: int, lags: tuple[int, ...]) -> NDArray[np.intp]:
    """Frames in and around a block in which the other can be heard and the track's own person is not clearly louder."""
    rows = np.arange(max(start - _REACH, 0), min(stop + _REACH, len(track)))
    own = np.ones(len(rows), bool)
    for lag in lags:
        at = np.clip(rows - lag, 0, len(voice) - 1)
        louder = track.level[rows] - track.loud > voice.level[at] - voice.loud + _LOUDER_DB
        own &= louder & voice.active[at]
    since = np.cumsum(np.pad(voice.active, (1, 0)))
    first, last = (np.clip(rows - lag + 1, 0, len(voice)) for lag in (lags[-1] + _TAIL, lags[0]))
    return rows[~own & (since[last] > since[first])]


def _weights(delayed: Array, power: Array, bands: NDArray[np.bool_]) -> Array:
    """How the voice is spread over the lags, by multiplicative updates in coarse bands.

    Source: D. Lee and S. Seung, Algorithms for non-negative matrix factorization, NIPS 2000 (divergence); what is far
        above the fit is left out of it, as it is not the voice.
    """
    shape = (*delayed.shape[:2], _COARSE, BANDS // _COARSE)
    voice = np.sqrt(delayed.reshape(shape).sum(3)).transpose(0, 2, 1)  # (rows, _COARSE, lags)
    track = np.sqrt(power.reshape(len(power), *shape[2:]).sum(2))
    usual = np.sqrt((voice**2).mean((0, 2), keepdims=True)) + 1e-6
    voice, track = voice / usual, track / usual[:, :, 0]
    noise = np.percentile(track, 10, axis=0) + 1e-3 * track.max() + 1e-6
    loudest = voice.max(2)
    heard = (loudest > _LOUD * np.percentile(loudest, 90, axis=0)) & bands.reshape(shape[2:]).any(1)
    weights = np.full(shape[1], 1 / shape[1], np.float32)
    gain = (track * heard).sum(0) / np.maximum((voice.mean(2) * heard).sum(0), 1e-6)
    for _ in range(_ROUNDS):
        fit = gain * (voice @ weights) + noise
        counted = heard * (track < _OWN * fit)
        ratio = counted * track / fit
        toward, away = (np.tensordot(gain * each, voice, 2) for each in (ratio, counted))
        weights = weights * toward / np.maximum(away, 1e-9)
        total = max(weights.sum(), 1e-9)
        weights, gain = weights / total, gain * total
        alone = voice @ weights
        gain = gain * (alone * ratio).sum(0) / np.maximum((alone * counted).sum(0), 1e-9)
    return weights.astype(np.float32)


def _scale(delayed: Array, weights: Array, power: Array) -> Array:
    """How loud the voice is in each band of the track: the median where it is loud; rare own words do not move that."""
    alone = np.einsum("rlb,l->rb", np.sqrt(delayed), weights)
    ratio = np.sqrt(power) / np.maximum(alone, 1e-6)
    heard = alone > 0.1 * np.percentile(alone, 98, axis=0)
    return np.array([np.median(ratio[heard[:, b], b]) if heard[:, b].any() else 0 for b in range(BANDS)], np.float32)
