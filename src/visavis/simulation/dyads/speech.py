"""What people say, synthesised and placed on the conversation's clock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from scipy.signal import lfilter

from visavis.behavior.context import JOIN
from visavis.behavior.curves import FPS, Array
from visavis.behavior.prosody import usual_pitch
from visavis.conversation import Interval, Utterance
from visavis.conversation.timeline import Timed, within
from visavis.errors import InputError
from visavis.media.audio import SAMPLE_RATE, Audio
from visavis.perception.words.phones import SILENCE
from visavis.simulation.dyads.delivery import Delivery
from visavis.simulation.dyads.turns import Planned
from visavis.simulation.voices import Speech, Voice
from visavis.simulation.voices.laughter import laughter
from visavis.simulation.voices.script import utterance
from visavis.simulation.voices.source_filter import VoiceTraits

PAD = 0.02
"""Seconds of silence kept before and after the phones of a spurt."""
TRIES = 5
"""Sentences that a voice may fail at in a row."""


class Speakers:
    """Two voices and something to say; learns each voice's pace so that wished lengths are met."""

    def __init__(self, rng: np.random.Generator, voices: tuple[Voice, Voice], delivery: Delivery | None = None) -> None:
        """Args: rng: Decides texts and prosody. voices: Of both people. delivery: Plain speech where None."""
        self._rng, self._voices, self._delivery = rng, voices, delivery
        self._said = [[9.0, 3.0], [9.0, 3.0]]  # words and seconds so far, begun at three words per second

    def __call__(self, person: int, kind: str, seconds: float, at: float) -> Speech:
        """See `turns.Say`."""
        words, spent = self._said[person]
        count = max(1, round(seconds * words / spent))
        if kind == "turn" and count <= 3:  # the script's clauses are longer than that
            kind = "answer" if count == 2 else "backchannel"
        speech = self._spoken(person, kind, count)
        if self._delivery is not None:
            speech = self._delivery(speech, person, at)
        speech = trimmed(speech)
        self._said[person][0] += len(speech.words)
        self._said[person][1] += speech.audio.duration
        return speech

    def _spoken(self, person: int, kind: str, count: int) -> Speech:
        """Something of this kind; another sentence where a voice fails at one, as aligned voices do once in a while."""
        for tries in range(TRIES):
            text = utterance(self._rng, kind, count)  # type: ignore[arg-type]
            try:
                return self._voices[person].say(text, int(self._rng.integers(2**31)))
            except InputError:
                if tries == TRIES - 1:
                    raise
        raise AssertionError("the last try returns or raises")


def trimmed(speech: Speech) -> Speech:
    """Without the silence before the first and after the last phone, so that a spurt's times are those of its sound."""
    sounding = [p for p in speech.phones if p.label != SILENCE]
    if not sounding:
        return speech
    start = max(0.0, sounding[0].start - PAD)
    end = min(speech.audio.duration, sounding[-1].end + PAD)
    samples = speech.audio.slice(start, end).samples.copy()
    fade = np.linspace(0.0, 1.0, min(len(samples), int(0.008 * SAMPLE_RATE)), dtype=np.float32)
    samples[: len(fade)] *= fade
    samples[len(samples) - len(fade) :] *= fade[::-1]
    return Speech(Audio(samples), within(speech.words, start, end), within(speech.phones, start, end))


def voice_track(spurts: list[Planned], duration: float, level: float) -> Audio:
    """One person's spurts on silence."""
    samples = np.zeros(round(duration * SAMPLE_RATE), np.float32)
    for spurt in spurts:
        at = round(spurt.start * SAMPLE_RATE)
        sound = spurt.speech.audio.samples[: max(0, len(samples) - at)]
        samples[at : at + len(sound)] += level * sound
    return Audio(np.clip(samples, -1.0, 1.0))


def add_laughter(rng: np.random.Generator, voice: Audio, laughs: Sequence[Interval], level: float) -> Audio:
    """The track with laughter in a voice of the same pitch.

    Args:
        rng: Where chance comes from.
        voice: One person's speech.
        laughs: When.
        level: As of `voice_track`.
    """
    samples = voice.samples.copy()
    pitch = usual_pitch(voice) if laughs else 0.0
    # Higher voices belong to shorter tracts: women's formants are about 15 % above men's.
    traits = VoiceTraits(pitch, float(np.clip(1.0 + 0.0015 * (pitch - 120.0), 0.92, 1.2)), breath=0.1)
    for laugh in laughs:
        at = round(laugh.start * SAMPLE_RATE)
        sound = laughter(rng, traits, laugh.end - laugh.start).samples[: max(0, len(samples) - at)]
        samples[at : at + len(sound)] += level * sound
    return Audio(np.clip(samples, -1.0, 1.0))


def room_tone(rng: np.random.Generator, samples: int, decibels: float) -> np.ndarray:
    """The sound of an empty room: noise that falls toward high frequencies, at `decibels` of full scale (RMS)."""
    noise = lfilter([1.0], [1.0, -0.9], rng.standard_normal(samples))
    tone: np.ndarray = (noise * 10 ** (decibels / 20) / np.sqrt(1 / (1 - 0.81))).astype(np.float32)
    return tone


def mix(rng: np.random.Generator, voices: tuple[Audio, Audio], gains: tuple[float, float], noise: float) -> Audio:
    """Both voices as one microphone hears them, kept below full scale."""
    samples = gains[0] * voices[0].samples + gains[1] * voices[1].samples
    samples = samples + room_tone(rng, len(samples), noise)
    return Audio(samples / max(1.0, float(np.abs(samples).max(initial=0.0)) / 0.98))


def on_clock(spurt: Planned, parts: tuple[Timed, ...], duration: float) -> tuple[Timed, ...]:
    """Words or phones of a spurt on the conversation's clock."""
    return tuple(
        replace(p, start=min(duration, spurt.start + p.start), end=min(duration, spurt.start + p.end)) for p in parts
    )


def utterances(spurts: list[Planned], duration: float) -> tuple[Utterance, ...]:
    """The spurts as utterances."""
    return tuple(
        Utterance(s.start, min(duration, s.end), on_clock(s, s.speech.words, duration), s.kind) for s in spurts
    )


def phones_of(spurts: list[Planned], duration: float) -> tuple[Interval, ...]:
    """All phones, with silence between spurts, gapless from 0 to `duration`."""
    phones: list[Interval] = []
    clock = 0.0
    for spurt in spurts:
        if spurt.start > clock:
            phones.append(Interval(SILENCE, clock, spurt.start))
        phones += [p for p in on_clock(spurt, spurt.speech.phones, duration) if p.end > p.start]
        clock = phones[-1].end
    if clock < duration:
        phones.append(Interval(SILENCE, clock, duration))
    return tuple(phones)


def speaking_share(phones: tuple[Interval, ...], frames: int) -> Array:
    """Share of each frame (T,) in which the person speaks; silences of up to 0.2 s within speech count as speech."""
    covered = np.zeros(frames + 1)
    spans: list[list[float]] = []
    for phone in phones:
        if phone.label == SILENCE:
            continue
        if spans and phone.start - spans[-1][1] <= JOIN:
            spans[-1][1] = phone.end
        else:
            spans.append([phone.start, phone.end])
    for start, end in spans:
        a, b = start * FPS, end * FPS
        frame = np.arange(int(a), min(frames, int(np.ceil(b))))
        covered[frame] += np.minimum(frame + 1, b) - np.maximum(frame, a)
    return np.clip(covered[:frames], 0.0, 1.0)
