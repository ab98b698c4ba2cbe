"""The built-in voice: a small source-filter synthesiser without external dependencies.

A pulse train and noise (the source) are shaped frame by frame by four formant resonators (the filter), after
Klatt (1980), "Software for a cascade/parallel formant synthesizer", JASA 67(3). It is understandable rather than
pleasant; its phone times are exact because it decides them.
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter1d

from visavis.conversation import Interval, Word
from visavis.errors import InputError
from visavis.media.audio import SAMPLE_RATE, Audio
from visavis.perception.words.letters import pronounce
from visavis.perception.words.phones import DIPHTHONGS, SILENCE, VOICELESS, VOWELS
from visavis.simulation.voices.source_filter import (
    RATE,
    STEP,
    Array,
    VoiceTraits,
    bands,
    glottal_pulses,
    resonances,
    shaped,
)
from visavis.simulation.voices.speech import Speech, levelled, words_of

VARIANTS: dict[str, VoiceTraits] = {
    "ada": VoiceTraits(198.0, 1.16, 0.10, 1.00, 1.0),
    "ben": VoiceTraits(112.0, 1.00, 0.05, 0.98, 0.9),
    "cleo": VoiceTraits(222.0, 1.20, 0.16, 1.08, 1.3),
    "dan": VoiceTraits(92.0, 0.95, 0.04, 0.90, 0.7),
    "eve": VoiceTraits(176.0, 1.11, 0.20, 0.94, 0.8),
    "finn": VoiceTraits(134.0, 1.05, 0.08, 1.10, 1.2),
    "gus": VoiceTraits(104.0, 0.98, 0.12, 1.04, 1.1),
    "hana": VoiceTraits(240.0, 1.24, 0.08, 1.02, 1.1),
}

# Centre frequencies (Hz) of the first three formants of a man's vowels (Peterson and Barney 1952) and the places that
# the formants of sonorants and consonants head for.
_FORMANTS: dict[str, tuple[float, float, float]] = {
    "IY": (270, 2290, 3010), "IH": (390, 1990, 2550), "EH": (530, 1840, 2480), "AE": (660, 1720, 2410),
    "AA": (730, 1090, 2440), "AO": (570, 840, 2410), "UH": (440, 1020, 2240), "UW": (300, 870, 2240),
    "AH": (620, 1190, 2390), "ER": (490, 1350, 1690),
    "L": (360, 1100, 2600), "R": (380, 1250, 1600), "W": (300, 680, 2200), "Y": (270, 2250, 3000),
    "M": (280, 950, 2200), "N": (280, 1600, 2600), "NG": (280, 2100, 2700),
    "B": (250, 850, 2200), "P": (300, 850, 2200), "D": (250, 1750, 2700), "T": (300, 1750, 2700),
    "G": (250, 2000, 2350), "K": (300, 2000, 2350), "F": (320, 1000, 2200), "V": (280, 1000, 2200),
    "TH": (320, 1350, 2550), "DH": (290, 1350, 2550), "S": (320, 1600, 2600), "Z": (290, 1600, 2600),
    "SH": (320, 1850, 2500), "ZH": (290, 1850, 2500), "CH": (320, 1850, 2500), "JH": (290, 1850, 2500),
}  # fmt: skip

# Usual length in seconds, voicing, and frication (level, centre in Hz, width in octaves).
_SOUNDS: dict[str, tuple[float, float, float, float, float]] = {
    "B": (0.075, 0.18, 0.30, 700, 1.2), "P": (0.090, 0.0, 0.45, 900, 1.2), "D": (0.065, 0.18, 0.35, 4000, 0.8),
    "T": (0.080, 0.0, 0.55, 4300, 0.8), "G": (0.075, 0.18, 0.35, 2200, 0.7), "K": (0.090, 0.0, 0.50, 2200, 0.7),
    "F": (0.100, 0.0, 0.16, 4500, 1.8), "V": (0.065, 0.45, 0.08, 4500, 1.8), "TH": (0.095, 0.0, 0.13, 5500, 1.3),
    "DH": (0.050, 0.45, 0.06, 5500, 1.3), "S": (0.110, 0.0, 0.50, 6000, 0.45), "Z": (0.080, 0.35, 0.28, 6000, 0.45),
    "SH": (0.115, 0.0, 0.45, 3100, 0.6), "ZH": (0.080, 0.35, 0.25, 3100, 0.6), "CH": (0.115, 0.0, 0.55, 3300, 0.6),
    "JH": (0.090, 0.20, 0.40, 3100, 0.6), "HH": (0.065, 0.0, 0.0, 1500, 1.5), "M": (0.070, 0.55, 0.0, 0, 1),
    "N": (0.065, 0.55, 0.0, 0, 1), "NG": (0.080, 0.50, 0.0, 0, 1), "L": (0.065, 0.75, 0.0, 0, 1),
    "R": (0.065, 0.75, 0.0, 0, 1), "W": (0.070, 0.70, 0.0, 0, 1), "Y": (0.060, 0.70, 0.0, 0, 1),
}  # fmt: skip
_STOPS = frozenset(("B", "P", "D", "T", "G", "K", "CH", "JH"))
_SHORT = frozenset(("IH", "AH", "UH", "EH"))
# Words that carry little: their vowels are shorter and lower.
_WEAK = frozenset(
    ("a", "an", "the", "of", "to", "in", "on", "at", "and", "or", "but", "for", "as", "is", "was", "are", "be", "it",
     "its", "he", "she", "we", "i", "you", "my", "your", "this", "that", "with", "from", "do", "does", "did", "have",
     "has", "had", "would", "could", "can", "will", "if", "so", "than", "them", "they", "their", "there", "us", "me")
)  # fmt: skip


class BuiltinVoice:
    """One of `VARIANTS`."""

    def __init__(self, variant: str = "ada") -> None:
        """Raises InputError for an unknown variant."""
        if variant not in VARIANTS:
            raise InputError(f"there is no built-in voice {variant!r}; there are {', '.join(VARIANTS)}")
        self._person = VARIANTS[variant]
        self.name = f"builtin:{variant}"

    def silently(self, text: str, seed: int) -> Speech:
        """What `say` gives, with the same times, and silence in place of the sound; many times as fast."""
        words, phones, _ = _plan(text, self._person, np.random.default_rng([seed, 2]))
        return Speech(Audio(np.zeros(round(phones[-1].end * SAMPLE_RATE), np.float32)), words, phones)

    def say(self, text: str, seed: int) -> Speech:
        """See `Voice.say`."""
        rng = np.random.default_rng([seed, 2])
        words, phones, stress = _plan(text, self._person, rng)
        audio = _synthesise(phones, stress, text.rstrip().endswith("?"), self._person, rng)
        return Speech(audio, words, phones)


def _plan(
    text: str, person: VoiceTraits, rng: np.random.Generator
) -> tuple[tuple[Word, ...], tuple[Interval, ...], Array]:
    """Which phone when: words, phones and the stress (0 to 1) of each phone."""
    words_of(text)  # refuses what cannot be said
    tempo = person.rate * float(np.exp(rng.normal(0, 0.10)))
    phones: list[Interval] = []
    words: list[Word] = []
    stress: list[float] = []
    at = 0.0

    def add(label: str, seconds: float, accent: float) -> None:
        nonlocal at
        # Whole parameter frames, so that what is said and what is written agree to the sample.
        end = at + max(4, round(seconds * RATE)) / RATE
        phones.append(Interval(label, at, end))
        stress.append(accent)
        at = end

    add(SILENCE, float(rng.uniform(0.08, 0.2)), 0.0)
    pieces = text.replace(";", ",").replace("-", " ").split()
    for index, piece in enumerate(pieces):
        pause = piece[-1] in ",.!?:" or index == len(pieces) - 1
        for word in words_of(piece) if any(c.isalpha() for c in piece) else []:
            weak = word in _WEAK
            start, sounds, first = at, pronounce(word), True
            for i, phone in enumerate(sounds):
                last = i == len(sounds) - 1 or not any(p in VOWELS for p in sounds[i + 1 :])
                if phone in VOWELS:
                    seconds = 0.16 if phone in DIPHTHONGS else 0.09 if phone in _SHORT else 0.13
                    accent = (0.35 if weak else 1.0) * (1.0 if first else 0.6)
                    seconds *= (0.6 if weak else 1.0) * (
                        0.82 if i + 1 < len(sounds) and sounds[i + 1] in VOICELESS else 1
                    )
                    first = False
                else:
                    seconds, accent = _SOUNDS[phone][0], 0.5
                if pause and last:
                    seconds *= 1.45
                add(phone, seconds / tempo * float(np.exp(rng.normal(0, 0.12))), accent)
            words.append(Word(word, start, at))
        if pause and phones[-1].label != SILENCE:
            longer = piece[-1] in ".!?"
            add(SILENCE, float(rng.uniform(0.2, 0.45) if longer else rng.uniform(0.08, 0.25)), 0.0)
    return tuple(words), tuple(phones), np.asarray(stress)


def _synthesise(
    phones: tuple[Interval, ...], stress: Array, question: bool, person: VoiceTraits, rng: np.random.Generator
) -> Audio:
    """Sound from phones with times."""
    frames = round(phones[-1].end * RATE)
    formants = np.tile([500.0, 1500.0, 2500.0], (frames, 1))
    voicing, breath, noise = np.zeros(frames), np.zeros(frames), np.zeros(frames)
    centre, width = np.full(frames, 3000.0), np.ones(frames)
    accent, nasal = np.zeros(frames), np.zeros(frames)
    held = np.array([500.0, 1500.0, 2500.0])
    for index, (phone, strength) in enumerate(zip(phones, stress, strict=True)):
        a, b = round(phone.start * RATE), round(phone.end * RATE)
        n = b - a
        label = phone.label
        accent[a:b] = strength
        if label == SILENCE or label == "HH":
            following = phones[index + 1].label if index + 1 < len(phones) else SILENCE
            target = DIPHTHONGS.get(following, (following,))[0]
            formants[a:b] = held = np.array(_FORMANTS.get(target, held))
            breath[a:b] = 0.5 if label == "HH" else 0.0
        elif label in DIPHTHONGS:
            first, second = (np.array(_FORMANTS[p]) for p in DIPHTHONGS[label])
            glide = np.clip((np.arange(n) / n - 0.25) / 0.55, 0, 1)[:, None]
            formants[a:b] = first + glide * (second - first)
            voicing[a:b], held = 0.75 + 0.25 * strength, second
        else:
            formants[a:b] = held = np.array(_FORMANTS[label])
            if label in VOWELS:
                voicing[a:b] = 0.75 + 0.25 * strength
                continue
            _, voicing[a:b], level, centre[a:b], width[a:b] = _SOUNDS[label]
            nasal[a:b] = float(label in ("M", "N", "NG"))
            if label in _STOPS:
                # Closure first, then the burst (long in the affricates) and, when voiceless, breath.
                burst = a + round(n * (0.45 if label in ("CH", "JH") else 0.62))
                noise[burst:b] = level * np.linspace(1, 0.25, b - burst)
                breath[burst:b] = 0.35 if label in ("P", "T", "K") else 0.0
            else:
                noise[a:b] = level
    # Articulators do not jump.
    formants = gaussian_filter1d(formants, 3.2, axis=0, mode="nearest") * person.tract
    voicing, breath, noise = (gaussian_filter1d(x, s) for x, s in ((voicing, 1.4), (breath, 1.2), (noise, 0.6)))
    centre, nasal = gaussian_filter1d(centre, 1.0, mode="nearest"), gaussian_filter1d(nasal, 1.0)
    pitch = _melody(frames, accent, voicing, question, person, rng)

    samples = frames * STEP
    at = np.arange(samples) / STEP
    f0 = np.interp(at, np.arange(frames), pitch)
    source = glottal_pulses(f0, rng) * np.interp(at, np.arange(frames), voicing)
    source += rng.standard_normal(samples) * np.interp(
        at, np.arange(frames), 0.35 * breath + person.breath * 0.35 * voicing
    )
    hiss = rng.standard_normal(samples) * np.interp(at, np.arange(frames), noise)
    frequency = np.fft.rfftfreq(1024, 1 / SAMPLE_RATE)
    sound = shaped(source, resonances(formants, nasal, frequency))
    sound += 0.9 * shaped(hiss, bands(centre, width, frequency))
    return levelled(sound.astype(np.float32), rng)


def _melody(
    frames: int, accent: Array, voicing: Array, question: bool, person: VoiceTraits, rng: np.random.Generator
) -> Array:
    """Fundamental frequency per frame (Hz): a falling line, a hump on stressed vowels, a rise that asks."""
    line = np.linspace(1.10, 0.88, frames)
    if question:
        line += 0.30 * np.clip(np.linspace(-3.0, 1.0, frames), 0, 1)
    humps = gaussian_filter1d(accent * (voicing > 0.6), 12.0) * 0.22 * person.lively
    wander = gaussian_filter1d(rng.standard_normal(frames + 200), 25.0)[100:-100]
    melody: Array = person.pitch * float(np.exp(rng.normal(0, 0.06))) * (line + humps + 0.25 * wander)
    return melody
