"""Laughter of a person's own voice: runs of alike calls ("ha ha ha"), and the breath between and after them.

Bachorowski, Smoski & Owren (2001, "The acoustic features of human laughter", JASA 110(3), 1024 bouts of 97 people)
found 4.4 calls a second, 3.4 calls and 0.87 s in a bout, voiced and unvoiced calls, a pitch about twice that of speech
(means of 272 Hz in men, 405 Hz in women) that varies a lot, and one central vowel throughout: the tract does not
articulate. Calls grow weaker in the course of a bout (Provine & Yong 1991, "Laughter: a stereotyped human
vocalization", Ethology 89).
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter1d

from visavis.errors import InputError
from visavis.media.audio import SAMPLE_RATE, Audio
from visavis.simulation.voices.source_filter import RATE, STEP, Array, VoiceTraits, glottal_pulses, resonances, shaped
from visavis.simulation.voices.speech import levelled

CALLS, CALLS_SPREAD = 4.4, 0.5
"""Calls a second, and how much bouts differ in it."""
VOICED = 0.6
"""Share of bouts that are voiced; others are breath alone. The voiced ones are those others hear and answer
(Bachorowski & Owren 2001)."""
RAISED_MAN, RAISED_WOMAN = 2.2, 1.85
"""Pitch of laughter relative to speech: 272 of about 120 Hz, 405 of about 220 Hz."""
SHORTEST, LONGEST = 0.15, 30.0
"""Seconds that laughter may last."""

_VOWELS = ((620.0, 1250.0, 2450.0), (700.0, 1200.0, 2450.0), (560.0, 1400.0, 2500.0))
"""First three formants (Hz) of a man's vowels in laughter: central and open."""
_INHALES = (1100.0, 1900.0, 2800.0)


def laughter(rng: np.random.Generator, voice: VoiceTraits, seconds: float) -> Audio:
    """Laughter as long as is wanted, 16 kHz.

    Args:
        rng: Decides everything that varies from one laugh to another.
        voice: Whose.
        seconds: 0.15 to 30.

    Raises:
        InputError: Laughter cannot last so long, or the voice has no pitch that people have.
    """
    if not SHORTEST <= seconds <= LONGEST:
        raise InputError(f"laughter of {seconds:g} s; {SHORTEST:g} to {LONGEST:g} s are possible")
    if not 50.0 <= voice.pitch <= 500.0:
        raise InputError(f"a voice of {voice.pitch:g} Hz; 50 to 500 Hz are possible")
    frames = max(8, round(seconds * RATE))
    voicing, breath, pitch = np.zeros(frames), np.zeros(frames), np.full(frames, voice.pitch)
    formants = np.tile(_VOWELS[rng.integers(len(_VOWELS))], (frames, 1)) * float(np.exp(rng.normal(0, 0.04)))
    woman = float(np.clip((voice.pitch - 120.0) / 100.0, 0.0, 1.0))
    raised = (RAISED_MAN + woman * (RAISED_WOMAN - RAISED_MAN)) * float(np.exp(rng.normal(0, 0.15)))
    at = 0
    while at < frames:
        at = _bout(rng, at, voicing, breath, pitch, voice.pitch * raised)
        at = _inhale(rng, at, breath, formants)
    voicing, breath = gaussian_filter1d(voicing, 1.6), gaussian_filter1d(breath, 1.6)
    formants = gaussian_filter1d(formants, 3.0, axis=0, mode="nearest") * voice.tract
    edge = np.minimum(1.0, np.minimum(np.arange(frames), np.arange(frames)[::-1]) / 4.0)
    where = np.arange(frames * STEP) / STEP
    steps = np.arange(frames)
    pulses = glottal_pulses(np.interp(where, steps, gaussian_filter1d(pitch, 1.5, mode="nearest")), rng)
    source = pulses * np.interp(where, steps, voicing * edge)
    noise = 0.35 * (breath + voice.breath * voicing) * edge
    source += rng.standard_normal(len(where)) * np.interp(where, steps, noise)
    frequency = np.fft.rfftfreq(1024, 1 / SAMPLE_RATE)
    sound = shaped(source, resonances(formants, np.zeros(frames), frequency))
    return levelled(sound.astype(np.float32), rng).lasting(seconds)


def _bout(rng: np.random.Generator, start: int, voicing: Array, breath: Array, pitch: Array, usual: float) -> int:
    """Writes calls from frame `start` on, in place; returns the frame after the last."""
    frames, at = len(voicing), start
    calls = 2 + rng.poisson(2.0)
    period = RATE / max(3.0, rng.normal(CALLS, CALLS_SPREAD))
    voiced = rng.random() < VOICED
    # Pitch rises to the second call or so and falls from there; strength falls by about 10 dB in all.
    top, fall = usual * float(np.exp(rng.normal(0, 0.12))), rng.uniform(0.03, 0.10)
    for call in range(calls):
        if at >= frames:
            break
        length = max(6, round(period * float(np.exp(rng.normal(0, 0.08))) * (1 + 0.04 * call)))
        onset = round(length * rng.uniform(0.35, 0.5))
        end, sounds = min(frames, at + length), min(frames, at + onset)
        strength = 10 ** (-rng.uniform(8, 12) * call / calls / 20)
        breath[at:sounds] = strength * rng.uniform(0.5, 0.8)
        n = end - sounds
        course = np.sin(np.pi * np.clip((np.arange(n) + 0.5) / max(1, length - onset), 0, 1)) ** 0.7
        if voiced:
            voicing[sounds:end] = strength * course
            breath[sounds:end] = 0.25 * strength * course
        else:
            breath[sounds:end] = 1.2 * strength * course
        hump = 1 + 0.10 * np.linspace(1, -1, n) if n else 0.0
        pitch[sounds:end] = top * (0.92 if call == 0 else 1 - fall * (call - 1)) * hump
        pitch[at:sounds] = top
        at = end
    return at


def _inhale(rng: np.random.Generator, start: int, breath: Array, formants: Array) -> int:
    """Writes a pause with an audible breath from frame `start` on, in place; returns the frame after it."""
    pause, length = round(rng.uniform(0.04, 0.12) * RATE), round(rng.uniform(0.2, 0.4) * RATE)
    a = min(len(breath), start + pause)
    b = min(len(breath), a + length)
    breath[a:b] = rng.uniform(0.12, 0.35) * np.sin(np.pi * (np.arange(b - a) + 0.5) / length)
    formants[a:b] = np.array(_INHALES) * rng.uniform(0.9, 1.1)
    return min(len(breath), b + round(rng.uniform(0.02, 0.1) * RATE))
