"""How somebody speaks: pitch, loudness and speech rate relative to their own average, in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from visavis.conversation.timeline import Word
from visavis.media.audio import Audio

FRAME, HOP = 0.05, 0.02
"""Seconds of a frame in which a pitch is looked for, and from frame to frame."""
LOWEST, HIGHEST = 65.0, 500.0
"""Hertz: pitches of speech."""
VOICED = 0.5
"""Normalised autocorrelation from which on a frame has a pitch."""
QUIETEST = 40.0
"""Decibels below the loudest frames; what is quieter is no speech."""
ENOUGH = 0.5
"""Seconds with a pitch, at least, of which anything is said."""
PITCH_STEP = 2.0
"""Semitones off the speaker's own median from which on a voice is called high or low."""
LOUDNESS_STEP = 4.0
"""Decibels, likewise, for loud and soft."""
RATE_STEP = 1.25
"""Ratio of syllables a second, likewise, for quick and slow."""
FLAT, LIVELY = 1.2, 4.5
"""Semitones of standard deviation below which a melody is monotonous, and above which it is lively."""


@dataclass(frozen=True)
class Voice:
    """A voice over a stretch of time.

    Attributes:
        pitch: Median, semitones above 1 Hz; NaN where no half second has a pitch.
        spread: Standard deviation of the pitch, semitones; NaN likewise.
        loudness: Median of the frames that have a pitch, decibels below full scale; NaN likewise.
        rate: Syllables, as groups of vowels, per second of speech; NaN without words.
    """

    pitch: float
    spread: float
    loudness: float
    rate: float


def measure_voice(audio: Audio | None, words: Sequence[Word]) -> Voice:
    """Pitch, loudness and rate of one person's voice, apart from the other's."""
    pitch, loudness = pitch_track(audio) if audio is not None else (np.zeros(0), np.zeros(0))
    heard = np.isfinite(pitch)
    spoken = sum(word.end - word.start for word in words)
    rate = sum(_syllables(word.text) for word in words) / spoken if spoken > 0 else np.nan
    if heard.sum() * HOP < ENOUGH:
        return Voice(np.nan, np.nan, np.nan, rate)
    # Octave errors lie far out; they must not make a melody lively.
    near = pitch[heard][np.abs(pitch[heard] - np.median(pitch[heard])) < 9.0]
    return Voice(float(np.median(pitch[heard])), float(near.std()), float(np.median(loudness[heard])), rate)


def compare_voices(now: Voice, usual: Voice) -> tuple[str, ...]:
    """Words such as ``loud`` and ``quick`` for how a voice differs from the same person's usual one."""
    words = [
        _word(now.loudness - usual.loudness, LOUDNESS_STEP, "soft", "loud"),
        _word(now.pitch - usual.pitch, PITCH_STEP, "low", "high"),
        _word(np.log(now.rate / usual.rate), np.log(RATE_STEP), "slow", "quick"),
    ]
    if now.spread < FLAT:
        words.append("monotonous")
    elif now.spread > LIVELY:
        words.append("lively")
    return tuple(word for word in words if word)


def pitch_track(audio: Audio) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Semitones above 1 Hz (T,), NaN where there is no pitch, and decibels (T,), at `HOP`.

    The autocorrelation of a windowed frame, divided by that of the window (Boersma 1993, Accurate short-term analysis
    of the fundamental frequency), has its highest peak at the period.
    """
    rate = audio.sample_rate
    size, hop = round(FRAME * rate), round(HOP * rate)
    if len(audio) < size:
        return np.zeros(0), np.zeros(0)
    frames = np.lib.stride_tricks.sliding_window_view(audio.samples, size)[::hop].astype(np.float64)
    loudness = 10 * np.log10((frames**2).mean(1) + 1e-12)
    window = np.hanning(size)
    lags = np.arange(int(rate / HIGHEST), int(rate / LOWEST) + 1)
    own = _autocorrelation(window[None])[0]
    pitch = np.full(len(frames), np.nan)
    loud = np.flatnonzero(loudness > max(np.percentile(loudness, 95) - QUIETEST, -80.0))
    for block in np.array_split(loud, max(1, len(loud) // 500)):
        sound = (frames[block] - frames[block].mean(1, keepdims=True)) * window
        ratio = _autocorrelation(sound) / own.clip(1e-9)
        within = ratio[:, lags]
        # A period's multiples correlate as well; of peaks about as high the shortest lag is the period.
        best = within.max(1, keepdims=True)
        peak = (within >= 0.9 * best) & (within >= ratio[:, lags - 1]) & (within >= ratio[:, lags + 1])
        pitch[block] = np.where(
            (best[:, 0] > VOICED) & peak.any(1), 12 * np.log2(rate / lags[peak.argmax(1)]), np.nan
        )  # fmt: skip
    return pitch, loudness


def _autocorrelation(frames: NDArray[np.float64]) -> NDArray[np.float64]:
    """Normalised to 1 at lag 0, (N, samples)."""
    size = frames.shape[1]
    power = np.abs(np.fft.rfft(frames, 2 * size)) ** 2
    found = np.fft.irfft(power)[:, :size]
    normalised: NDArray[np.float64] = found / found[:, :1].clip(1e-12)
    return normalised


def _word(difference: float, step: float, below: str, above: str) -> str:
    if not np.isfinite(difference) or abs(difference) < step:
        return ""
    return above if difference > 0 else below


def _syllables(word: str) -> int:
    vowels = [c in "aeiouy" for c in word.lower()]
    return max(1, sum(now and not before for before, now in zip([False, *vowels], vowels, strict=False)))
