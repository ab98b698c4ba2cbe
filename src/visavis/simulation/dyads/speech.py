"""What people say, synthesised and placed on the conversation's clock."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.ndimage import gaussian_filter1d, median_filter
from scipy.signal import lfilter

from visavis.conversation import Interval, Utterance
from visavis.conversation.timeline import Timed, within
from visavis.errors import InputError
from visavis.media.audio import SAMPLE_RATE, Audio
from visavis.perception.words.phones import SILENCE
from visavis.simulation.dyads.curves import FPS, Array
from visavis.simulation.dyads.delivery import Delivery
from visavis.simulation.dyads.turn_statistics import JOIN
from visavis.simulation.dyads.turns import Planned
from visavis.simulation.voices import Speech, Voice
from visavis.simulation.voices.script import utterance

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


def energy_of(voice: Audio, frames: int) -> Array:
    """Loudness (T,): 0 at 40 dB below the person's loud speech, 1 at loud speech."""
    hop = round(SAMPLE_RATE / FPS)
    padded = np.zeros(frames * hop)
    padded[: min(len(voice), len(padded))] = voice.samples[: len(padded)]
    power = np.mean(padded.reshape(frames, hop) ** 2, 1)
    decibels = 10 * np.log10(power + 1e-10)
    loud = decibels[decibels > -60]
    top = float(np.percentile(loud, 95)) if len(loud) else 0.0
    return np.clip((decibels - top) / 40 + 1, 0.0, 1.1) if len(loud) else np.zeros(frames)


def pitch_of(voice: Audio, speaking: np.ndarray) -> Array:
    """Semitones (T,) about the person's median pitch, 0 where unvoiced; by autocorrelation from 70 to 400 Hz."""
    frames = len(speaking)
    hop, size = round(SAMPLE_RATE / FPS), 1024
    where = np.flatnonzero(speaking)
    result = np.zeros(frames)
    if not len(where):
        return result
    padded = np.concatenate([voice.samples, np.zeros(max(0, frames * hop + size - len(voice)), np.float32)])
    windows = np.stack([padded[f * hop : f * hop + size] for f in where]) * np.hanning(size)
    correlation = np.fft.irfft(np.abs(np.fft.rfft(windows, 2 * size)) ** 2)[:, :size]
    low, high = SAMPLE_RATE // 400, SAMPLE_RATE // 70
    lag = low + correlation[:, low:high].argmax(1)
    strength = correlation[np.arange(len(where)), lag] / np.maximum(correlation[:, 0], 1e-9)
    voiced = strength > 0.35
    if voiced.sum() < 5:
        return result
    tones = 12 * np.log2(SAMPLE_RATE / lag)
    tones = median_filter(np.where(voiced, tones - np.median(tones[voiced]), 0.0), 3)
    result[where] = np.where(voiced, np.clip(tones, -8, 8), 0.0)
    pitch: Array = gaussian_filter1d(result, 0.7)
    return pitch
