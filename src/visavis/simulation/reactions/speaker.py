"""The speaker of a reaction clip: words on the clock, and the matching head and face motion."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.ndimage import gaussian_filter1d

from visavis.behavior.context import Person, Phrase
from visavis.behavior.curves import FPS, Array
from visavis.behavior.prosody import accents_of
from visavis.conversation import Interval, Utterance, Word
from visavis.perception.words.phones import DIPHTHONGS, VOWELS
from visavis.simulation.dyads.speech import on_clock, phones_of, speaking_share, trimmed
from visavis.simulation.dyads.turns import Planned
from visavis.simulation.reactions.situations import Situation, Transcript, draw_transcript
from visavis.simulation.voices.builtin import BuiltinVoice
from visavis.simulation.voices.speech import words_of

LEAST = 0.5
"""Share of the clip in which the speaker speaks at least, as in clips that are cut from videos."""
_END = 0.35  # seconds of silence at the end, at least
_ATTEMPTS = 60


def speak(
    rng: np.random.Generator, situation: Situation, voice: BuiltinVoice, frames: int, *, sound: bool
) -> tuple[Transcript, list[Planned]]:
    """Says something of a kind that goes into a clip and fills at least half of it; each sentence is a spurt.

    Args:
        rng: Where chance comes from.
        situation: The kind.
        voice: Who says it.
        frames: T of the clip.
        sound: Whether it is to be heard; times are the same without.
    """
    seconds = frames / FPS
    tried: list[tuple[float, Transcript, int]] = []
    for _ in range(_ATTEMPTS):
        transcript = draw_transcript(rng, situation, int(rng.choice([4, 3, 2], p=[0.6, 0.3, 0.1])))
        seed = int(rng.integers(2**31))
        spurts = _spoken(seed, transcript, voice, sound=False)
        talk = sum(s.speech.audio.duration for s in spurts)
        off = max(0.0, LEAST * seconds + 0.6 - talk) + 3 * max(0.0, spurts[-1].end + _END - seconds)
        tried.append((off, transcript, seed))
        if off == 0:
            break
    _, transcript, seed = min(tried, key=lambda t: t[0])
    return transcript, _spoken(seed, transcript, voice, sound=sound)


def speaking_person(spurts: list[Planned], frames: int) -> tuple[Person, tuple[Interval, ...], Array]:
    """What is known of the speaker, the phones, and the share (T,) of each frame in which the person speaks.

    Loudness is taken from the phones, so that people move alike whether they are heard or not.
    """
    duration = frames / FPS
    phones = phones_of(spurts, duration)
    phrases = [
        Phrase(s.start, min(duration, s.end), on_clock(s, s.speech.words, duration), asks=s.asks) for s in spurts
    ]
    phrases[0] = replace(phrases[0], opens=True)
    phrases[-1] = replace(phrases[-1], closes=True)
    energy, pitch = _loudness(phones, frames), np.zeros(frames)
    words = tuple(word for phrase in phrases for word in phrase.words)
    made = Person(frames, tuple(phrases), words, (), energy, pitch, tuple(accents_of(energy, pitch)))
    return made, phones, speaking_share(phones, frames)


def written(transcript: Transcript, spurts: list[Planned], duration: float) -> tuple[Utterance, ...]:
    """The sentences as utterances whose words are as they are written, with capitals and punctuation."""
    utterances = []
    for sentence, spurt in zip(transcript.sentences, spurts, strict=True):
        spoken = list(on_clock(spurt, spurt.speech.words, duration))
        words = []
        for token in sentence.split():
            mine = [spoken.pop(0) for _ in words_of(token)]  # hyphens join what is spoken apart
            words.append(Word(token, mine[0].start, mine[-1].end))
        utterances.append(Utterance(spurt.start, min(duration, spurt.end), tuple(words), spurt.kind))
    return tuple(utterances)


def _spoken(seed: int, transcript: Transcript, voice: BuiltinVoice, *, sound: bool) -> list[Planned]:
    rng = np.random.default_rng(seed)
    clock = float(rng.uniform(0.25, 0.9))
    spurts: list[Planned] = []
    for i, sentence in enumerate(transcript.sentences):
        say = voice.say if sound else voice.silently
        speech = trimmed(say(sentence, int(rng.integers(2**31))))
        closes = i == len(transcript.sentences) - 1
        spurts.append(Planned(0, clock, speech, opens=i == 0, closes=closes, asks=sentence.endswith("?")))
        clock = spurts[-1].end + float(rng.uniform(0.25, 0.7))
    return spurts


def _loudness(phones: tuple[Interval, ...], frames: int) -> Array:
    """Loudness (T,), 0 to about 1: high in vowels, the more the longer they are."""
    curve = np.zeros(frames)
    for phone in phones:
        if phone.label in VOWELS or phone.label in DIPHTHONGS:
            curve[int(phone.start * FPS) : int(np.ceil(phone.end * FPS))] = 0.55 + 3 * (phone.end - phone.start)
    loudness: Array = np.clip(gaussian_filter1d(curve, 0.9), 0.0, 1.1)
    return loudness
