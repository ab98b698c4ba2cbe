"""Two people on one track: who of them is heard in a mixture, and a track for each.

What each voice sounds like is learnt from the same recording, where that person speaks alone: spectra whose weighted
sums make up the speech. Sound of both at once is then explained by the spectra of both, and each gets the share that
the own ones explain.

Source: P. Smaragdis, B. Raj and M. Shashanka, Supervised and semi-supervised separation of sounds from single-channel
mixtures, ICA 2007; non-negative factors under the generalised Kullback-Leibler divergence by D. Lee and H. S. Seung,
Algorithms for non-negative matrix factorization, NIPS 2000.
"""

from __future__ import annotations

import weakref
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft, rfft
from scipy.ndimage import maximum_filter1d, uniform_filter1d

from visavis.cancellation import check_cancelled
from visavis.media.audio import SAMPLE_RATE, Audio
from visavis.motion.runs import runs

Array = NDArray[np.float32]

FPS = 25
"""Of the speaking probabilities."""
ALONE = 5.0
"""Seconds of each voice by itself that are needed to learn what it sounds like."""
_FRAME = SAMPLE_RATE // FPS
_HOP, _WIDTH = _FRAME // 2, 2 * _FRAME
"""Samples: long enough to resolve the harmonics of a voice."""
_BINS = 4000 * _WIDTH // SAMPLE_RATE
"""Below 4 kHz, where the harmonics are; above, the share of the upper quarter of those counts."""
_LEARNT = 24.0
"""Seconds at most from which a voice is learnt, spread over the recording."""
_SPECTRA, _LEARN_ROUNDS, _SOLVE_ROUNDS = 40, 50, 30
_HEARD_DB = 30.0
"""How far below the loud frames of a voice there is still something to learn."""
_AT_A_TIME = 1500
"""Frames; bounds the memory that a long recording takes."""
_SYLLABLE = 9
"""Frames over which shares of loudness are averaged before they count for or against somebody."""
_SURE, _UNSURE = 0.7, 0.3
_CLEAR = 0.8
"""Clarity below which voices are too alike: what is taken out of a track would as well be its own."""
_MOST = 1.5
"""Evidence of one frame at most, in units of log odds; frames of a syllable are no independent witnesses."""
_TOGETHER_AT, _ALONE_AT = 0.2, 0.7
"""Probabilities that the other speaks alone from which the own track is turned down, and at which nothing is left."""
_NEAR, _SOFT = 8, 5
"""Frames around own speech in which its track has what is heard, such as breath, and over which that fades."""
_TINY = 1e-8


@dataclass(frozen=True)
class Voices:
    """What two voices sound like.

    Attributes:
        spectra: (2, _BINS, K) of amplitudes, each adding up to 1.
        clarity: (2,) how much more of a voice alone its own spectra explain than the other's: the median logarithm of
            the ratio. 0 for voices that are the same.
    """

    spectra: Array
    clarity: Array

    @classmethod
    def learn(cls, samples: Array, speaking: Array) -> Voices | None:
        """From where each person speaks alone; None where that is too short.

        Args:
            samples: (N,) both people, at 16 kHz.
            speaking: (2, T) probabilities at 25 frames/s.
        """
        level = _levels(samples, speaking.shape[1])
        heard = []
        for own, other in (speaking, speaking[::-1]):
            alone = np.flatnonzero((own > _SURE) & (other < _UNSURE))
            alone = alone[level[alone] > np.percentile(level[alone], 90) - _HEARD_DB] if len(alone) else alone
            if len(alone) < ALONE * FPS:
                return None
            some = alone[np.linspace(0, len(alone) - 1, min(len(alone), int(_LEARNT * FPS))).astype(int)]
            heard.append(np.abs(_spectra(samples, np.sort(np.concatenate([2 * some, 2 * some + 1]))))[:, :_BINS].T)
        voices = cls(np.stack([_factors(amplitudes) for amplitudes in heard]), np.zeros(2, np.float32))
        explained = [voices.shares(amplitudes[:, ::4]).sum(1) + np.float32(_TINY) for amplitudes in heard]
        clarity = [np.median(np.log(e[i] / e[1 - i])) for i, e in enumerate(explained)]
        return replace(voices, clarity=np.maximum(np.array(clarity, np.float32), 0))

    @property
    def unlike(self) -> bool:
        """Whether the voices are so different that their sounds can be taken apart."""
        return bool(self.clarity.mean() >= _CLEAR)

    def shares(self, amplitudes: Array) -> Array:
        """What each voice explains of spectra, (2, _BINS, T) of amplitudes, for spectra (_BINS, T) of both."""
        both = np.concatenate(self.spectra, 1)
        weights = np.repeat(amplitudes.sum(0, keepdims=True) / both.shape[1], both.shape[1], 0)
        for _ in range(_SOLVE_ROUNDS):
            weights *= both.T @ (amplitudes / (both @ weights + _TINY))
        halves = np.split(weights, 2)
        return np.stack([spectra @ half for spectra, half in zip(self.spectra, halves, strict=True)])


def tell_apart(samples: Array, speaking: Array, voices: Voices) -> Array:
    """Speaking probabilities in the light of whose voice is in the sound.

    While one person speaks, the other's share of the sound tells whether that one speaks too: evidence for it is the
    logarithm of the ratio of both shares, counted from half-way between what it is for equally loud voices and what it
    is while that person is silent.

    Args:
        samples: (N,) both people, at 16 kHz.
        speaking: (2, T) probabilities at 25 frames/s.
        voices: Learnt from the same.

    Returns:
        (2, T).
    """
    heard = np.zeros(speaking.shape, np.float32)
    for at in range(0, speaking.shape[1], _AT_A_TIME):
        check_cancelled()
        frames = at + np.flatnonzero(speaking[:, at : at + _AT_A_TIME].max(0) > 0.1)
        if len(frames):
            spectra = np.abs(_spectra(samples, 2 * frames + 1))[:, :_BINS].T
            heard[:, frames] = voices.shares(spectra).sum(1)
    smooth = uniform_filter1d(heard, _SYLLABLE, axis=1) + np.float32(1e-6)
    result = speaking.copy()
    for me, other in ((0, 1), (1, 0)):
        share = np.log(smooth[me] / smooth[other])
        evidence = np.clip(share + voices.clarity[other] / 2, -_MOST, _MOST) * speaking[other]
        result[me] = _logistic(_logit(speaking[me]) + evidence)
    return result


@dataclass(frozen=True)
class Separated:
    """One track made two.

    Attributes:
        tracks: Of A and B.
        in_overlap: Whether they differ where both speak, too.
    """

    tracks: tuple[Audio, Audio]
    in_overlap: bool


def separate(mixed: Audio, speaking: Array) -> Separated:
    """A track for each of two people on one track.

    A person's track is silent where the other speaks alone and far from any own speech; where both speak, each has the
    share of the own voice. Where too little is heard of each voice alone, or the voices are too alike, both have the
    sound as it is where both speak.

    Args:
        mixed: Both people, at 16 kHz.
        speaking: (2, T) probabilities at 25 frames/s.
    """
    samples = mixed.samples
    kept = _kept(samples, speaking)
    if kept is not None:
        return kept
    tracks = [samples.copy(), samples.copy()]
    together = np.clip((speaking.min(0) - 0.2) / 0.3, 0, 1).astype(np.float32)
    voices = Voices.learn(samples, speaking) if together.any() else None
    unlike = voices is not None and voices.unlike
    if voices is not None and unlike:
        _take_apart(tracks, samples, voices, together)
    for track, own, other in ((tracks[0], *speaking), (tracks[1], *speaking[::-1])):
        gains = _gains(own, other)
        for start in range(0, len(track), _AT_A_TIME * _FRAME):
            at = np.arange(start, min(start + _AT_A_TIME * _FRAME, len(track)))
            track[at] *= np.interp(at / _FRAME - 0.5, np.arange(len(gains)), gains)
    found = Separated((Audio(tracks[0]), Audio(tracks[1])), unlike)
    _LAST.update(sound=weakref.ref(samples, lambda _: _LAST.clear()), speaking=speaking.copy(), found=found)
    return found


_LAST: dict[str, Any] = {}
"""The last recording's tracks, as long as it is there: whoever plans and whoever moves people both need them."""


def _kept(samples: Array, speaking: Array) -> Separated | None:
    if _LAST and _LAST["sound"]() is samples and np.array_equal(_LAST["speaking"], speaking):
        found: Separated = _LAST["found"]
        return found
    return None


def _gains(own: Array, other: Array) -> Array:
    """How much of the sound a person's track has, (T,), by the probabilities of both.

    Half-heard speech of the other is as loud as one's own would be, hence nothing is left where the other is likely to
    speak alone.
    """
    alone = np.clip((_ALONE_AT - other * (1 - own)) / (_ALONE_AT - _TOGETHER_AT), 0, 1)
    near = np.clip(maximum_filter1d(own, 2 * _NEAR + 1) / _UNSURE, 0, 1)
    gains: Array = (alone * uniform_filter1d(near, _SOFT)).astype(np.float32)
    return gains


def _take_apart(tracks: list[Array], samples: Array, voices: Voices, together: Array) -> None:
    """Takes the other's share out of both tracks, as far as both speak at once (T,)."""
    degree = np.repeat(together, 2)
    for first, last in runs(degree > 0):
        for at in range(int(first), int(last), _AT_A_TIME):
            check_cancelled()
            frames = np.arange(at, min(at + _AT_A_TIME, int(last)))
            spectra = _spectra(samples, frames)
            explained = voices.shares(np.abs(spectra[:, :_BINS]).T)
            share = (explained[0] / (explained.sum(0) + _TINY)).T
            upper = share[:, -_BINS // 4 :].mean(1, keepdims=True)
            share = np.concatenate([share, np.repeat(upper, spectra.shape[1] - _BINS, 1)], 1)
            for track, others in ((tracks[0], 1 - share), (tracks[1], share)):
                _subtract(track, irfft(spectra * others * degree[frames, None], _WIDTH, axis=1) * _window(), at)


def _factors(amplitudes: Array) -> Array:
    """Spectra (_BINS, K) whose weighted sums come near amplitudes (_BINS, T)."""
    chosen = np.linspace(0, amplitudes.shape[1] - 1, _SPECTRA).astype(int)
    spectra = amplitudes[:, chosen] + 0.1 * amplitudes.mean() + _TINY
    spectra /= spectra.sum(0)
    weights = np.repeat(amplitudes.sum(0, keepdims=True) / _SPECTRA, _SPECTRA, 0)
    for _ in range(_LEARN_ROUNDS):
        check_cancelled()
        weights *= spectra.T @ (amplitudes / (spectra @ weights + _TINY))
        spectra *= (amplitudes / (spectra @ weights + _TINY)) @ weights.T
        spectra /= spectra.sum(0) + _TINY
    found: Array = spectra.astype(np.float32)
    return found


@cache
def _window() -> Array:
    """The square root of a Hann window, for analysis and synthesis, whose overlapping squares add up to 1."""
    window: Array = np.sqrt((1 - np.cos(2 * np.pi * np.arange(_WIDTH) / _WIDTH)) / 4).astype(np.float32)
    return window


def _spectra(samples: Array, frames: NDArray[np.intp]) -> NDArray[np.complex64]:
    """Spectra (T, bins) of frames, of which there are two for each of the probabilities."""
    where = (frames * _HOP + _HOP // 2 - _WIDTH // 2)[:, None] + np.arange(_WIDTH)
    inside = (where >= 0) & (where < len(samples))
    windows = samples[where.clip(0, len(samples) - 1)] * inside
    spectra: NDArray[np.complex64] = rfft(windows * _window())
    return spectra


def _subtract(track: Array, frames: Array, start: int) -> None:
    """Takes overlapping frames, the first of which is frame `start`, away from a sound."""
    each = _WIDTH // _HOP
    total = np.zeros((len(frames) + each - 1, _HOP), np.float32)
    for part in range(each):
        total[part : part + len(frames)] += frames[:, part * _HOP : (part + 1) * _HOP]
    first = start * _HOP + _HOP // 2 - _WIDTH // 2
    begin, end = max(first, 0), min(first + total.size, len(track))
    if begin < end:
        track[begin:end] -= total.ravel()[begin - first : end - first]


def _levels(samples: Array, frames: int) -> Array:
    """Level in dB, (T,)."""
    padded = np.zeros(frames * _FRAME, np.float32)
    padded[: min(len(samples), len(padded))] = samples[: len(padded)]
    rows = padded.reshape(frames, _FRAME)
    levels: Array = 10 * np.log10(np.einsum("ij,ij->i", rows, rows) / _FRAME + np.float32(1e-10))
    return levels


def _logit(probability: Array) -> Array:
    odds: Array = np.log((probability + 0.02) / (1.02 - probability))
    return odds


def _logistic(odds: Array) -> Array:
    """The inverse of `_logit`."""
    ratio = np.exp(odds)
    probability: Array = np.clip((1.02 * ratio - 0.02) / (1 + ratio), 0, 1).astype(np.float32)
    return probability
