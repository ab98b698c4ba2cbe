"""Synthesised music, for training and evaluation with background music."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, sosfilt

from visavis.media.audio import SAMPLE_RATE, Audio

_MAJOR, _MINOR = (0, 4, 7), (0, 3, 7)
# Chord progressions as (semitones above the key note, chord).
_PROGRESSIONS = (
    ((0, _MAJOR), (7, _MAJOR), (9, _MINOR), (5, _MAJOR)),
    ((9, _MINOR), (5, _MAJOR), (0, _MAJOR), (7, _MAJOR)),
    ((0, _MINOR), (8, _MAJOR), (3, _MAJOR), (10, _MAJOR)),
    ((2, _MINOR), (7, _MAJOR), (0, _MAJOR), (0, _MAJOR)),
)


def make_music(seconds: float, seed: int) -> Audio:
    """A band of chords, bass, melody and drums; key, tempo, timbres and balance by `seed`.

    Returns:
        16 kHz, peak 0.8.
    """
    rng = np.random.default_rng([seed, 6])
    count = round(seconds * SAMPLE_RATE)
    out = np.zeros(count + SAMPLE_RATE * 4)
    beat = 60 / float(rng.uniform(70, 150))
    key = float(110 * 2 ** (rng.integers(-5, 7) / 12))
    progression = _PROGRESSIONS[rng.integers(len(_PROGRESSIONS))]
    gains = np.exp(rng.normal(0, 0.5, 4)) * (rng.random(4) < (0.95, 0.9, 0.7, 0.75))
    pad, lead = (rng.uniform(0.7, 2.2) for _ in range(2))
    kick, hat = _kick(), _hat(rng)

    def put(sound: NDArray[np.float64], at: float, gain: float) -> None:
        start = round(at * SAMPLE_RATE)
        stop = min(start + len(sound), len(out))
        out[start:stop] += gain * sound[: stop - start]

    for index in range(int(seconds / beat) + 1):
        at = index * beat
        root, chord = progression[index // 4 % len(progression)]
        base = key * 2 ** (root / 12)
        if index % 4 == 0:
            for tone in chord:
                put(_note(2 * base * 2 ** (tone / 12), 4 * beat, pad, 0.08, 0.6), at, 0.22 * gains[0])
        put(_note(base / 2, 0.9 * beat, 1.5, 0.01, 2.0), at, 0.5 * gains[1])
        for half in (0.0, 0.5):
            if rng.random() < 0.7:
                tone = int(rng.choice([*chord, 12, 14])) + 12 * int(rng.random() < 0.3)
                put(_note(4 * base * 2 ** (tone / 12), 0.6 * beat, lead, 0.01, 3.0), at + half * beat, 0.25 * gains[2])
            put(hat, at + half * beat, 0.15 * gains[3])
        if index % 2 == 0:
            put(kick, at, 0.9 * gains[3])
    out = out[:count]
    return Audio((0.8 * out / max(float(np.abs(out).max(initial=0.0)), 1e-6)).astype(np.float32))


def _note(frequency: float, seconds: float, slope: float, attack: float, decay: float) -> NDArray[np.float64]:
    """Harmonics that fall off as 1/n**slope, below 7 kHz, under a rising and dying envelope."""
    t = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    harmonics = np.arange(1, max(2, min(16, int(7000 / frequency) + 1)))
    tone = (np.sin(2 * np.pi * frequency * harmonics[:, None] * t) / harmonics[:, None] ** slope).sum(0)
    release = np.clip((seconds - t) / 0.03, 0, 1)
    note: NDArray[np.float64] = tone * np.clip(t / attack, 0, 1) * np.exp(-decay * t) * release
    return note


def _kick() -> NDArray[np.float64]:
    t = np.arange(round(0.25 * SAMPLE_RATE)) / SAMPLE_RATE
    kick: NDArray[np.float64] = np.sin(2 * np.pi * (50 * t - 6 * np.exp(-30 * t))) * np.exp(-14 * t)
    return kick


def _hat(rng: np.random.Generator) -> NDArray[np.float64]:
    t = np.arange(round(0.08 * SAMPLE_RATE)) / SAMPLE_RATE
    high = sosfilt(butter(2, 5000, "highpass", fs=SAMPLE_RATE, output="sos"), rng.standard_normal(len(t)))
    hat: NDArray[np.float64] = high * np.exp(-50 * t)
    return hat
