"""Diarization: a speaking probability per person and frame, including overlapping speech."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from visavis.conversation import Conversation, Track
from visavis.errors import InputError
from visavis.media.audio import SAMPLE_RATE, Audio
from visavis.media.crosstalk.own_echo import without_own_echo
from visavis.perception.counting import count_voices
from visavis.perception.protocol import add_notes
from visavis.perception.segmentation import WINDOW, local_speakers
from visavis.perception.separation import Voices as Sounds
from visavis.perception.separation import tell_apart
from visavis.perception.speaker import DIM, MEL_FPS, embed, speaker_mel
from visavis.perception.stitching import Voices, stitch
from visavis.perception.voice_activity import FPS as VAD_FPS
from visavis.perception.voice_activity import voice_activity

FPS = 25.0
MORE_VOICES = "more than two voices"
"""How the note begins that says so."""
_SILENT_DB = -70.0


@dataclass(frozen=True)
class Diarizer:
    """Fills `Participant.speaking` for both people, at 25 fps.

    From separate voices: voice activity of each, less what leaks in from the other. From a mixed track: local
    speakers in windows of 10 s, joined into two people by their voices. What the user should know (one
    voice, three voices, silence) is added to ``provenance["notes"]``.

    Attributes:
        step: Seconds between the windows' starts in a mixed track; a smaller one is slower and smoother.
    """

    step: float = 2.0

    def __post_init__(self) -> None:
        """Validates."""
        if not 0.1 <= self.step <= WINDOW:
            raise InputError(f"windows that begin {self.step} s apart; 0.1 to {WINDOW:.0f} is needed")

    def __call__(self, conversation: Conversation) -> Conversation:
        """A copy with `speaking` filled.

        Raises:
            InputError: There is no sound.
        """
        a, b = conversation.participants
        frames = max(1, round(conversation.duration * FPS))
        if a.audio is not None and b.audio is not None:
            speaking, notes = from_voices(a.audio, b.audio, frames)
        elif conversation.mixed is not None:
            speaking, notes = from_mixed(conversation.mixed, frames, self.step)
        else:
            raise InputError(f"conversation {conversation.id!r}: has no audio, which voice activity detection needs")
        first, second = (Track(row, FPS, ("speaking",)) for row in speaking)
        return add_notes(conversation.with_participants(replace(a, speaking=first), replace(b, speaking=second)), notes)


def from_voices(a: Audio, b: Audio, frames: int) -> tuple[NDArray[np.float32], list[str]]:
    """From one track per person.

    Returns:
        (2, frames) probabilities, and notes.
    """
    own = np.stack([_speech(x.samples, frames) for x in (a, b)])
    levels = np.stack([frame_levels(x.samples, frames) for x in (a, b)])
    own *= _own_voice(levels, own)
    own = np.stack([_smooth(row) for row in own])
    heard = [float((row > 0.5).mean()) for row in own]
    notes = []
    if max(heard) == 0:
        notes.append("no speech is detected")
    elif min(heard) == 0:
        notes.append(f"only person {'AB'[int(np.argmax(heard))]} is heard; the other listens throughout")
    return own, notes


def _speech(samples: NDArray[np.float32], frames: int) -> NDArray[np.float32]:
    """Probability that anyone at all speaks, (frames,)."""
    gate = _near_speech(samples, frames)
    if not gate.any():
        return np.zeros(frames, np.float32)
    step = WINDOW / 2
    active = local_speakers(samples, FPS, step)
    speech: NDArray[np.float32] = gate * _overlay(active, np.zeros(active.shape[::2], np.intp), step, frames)[0]
    return speech


def _near_speech(samples: NDArray[np.float32], frames: int) -> NDArray[np.float32]:
    """1 within two seconds of what Silero takes for speech, (frames,).

    Silero knows speech from music and noise; the segmentation network knows to the frame when it starts and stops.
    """
    activity = _to_frames(voice_activity(samples), VAD_FPS, frames)
    reach = 2 * int(FPS)
    near = np.lib.stride_tricks.sliding_window_view(np.pad(activity, reach), 2 * reach + 1).max(1)
    reached: NDArray[np.float32] = np.clip(near / 0.4, 0, 1).astype(np.float32) * (near > 0.1)
    return reached


def _own_voice(levels: NDArray[np.float64], speech: NDArray[np.float32]) -> NDArray[np.float32]:
    """How likely the sound in each channel is its own person's and not the other's leaking in, (2, frames).

    The leak from one channel into the other has a nearly constant gain. It shows in the frames where the
    other channel is loud: if the quietest tenth of them lies well above the noise floor, that is the leak.
    """
    result = np.ones(speech.shape, np.float32)
    for me in (0, 1):
        other = 1 - me
        loud = (speech[other] > 0.5) & (levels[other] > np.percentile(levels[other], 90) - 15)
        if loud.sum() < 25:
            continue
        gain = float(np.percentile((levels[me] - levels[other])[loud], 25))
        floor = float(np.percentile(levels[me], 5))
        leak = np.maximum(levels[other] + min(gain, -3.0), floor)
        above = levels[me] - leak
        known = np.where(speech[other] > 0.3, above, 20.0)  # only while the other speaks can it be a leak
        result[me] = 1 / (1 + np.exp(-(known - 7.0) / 1.5))
    return result


def from_mixed(audio: Audio, frames: int, step: float = 2.0) -> tuple[NDArray[np.float32], list[str]]:
    """From one track with both people.

    Returns:
        (2, frames) probabilities, the one who speaks first as person A, and notes.
    """
    samples = audio.samples
    gate = _near_speech(samples, frames)
    if not gate.any():
        return np.zeros((2, frames), np.float32), ["no speech is detected"]
    echo = without_own_echo(samples)
    samples = echo.samples if echo else samples
    voices = _local_voices(samples, step)
    labels, people = stitch(voices)
    speaking = gate * _calibrated(_overlay(voices.active, labels, step, frames))
    notes = _notes(voices, labels, people, speaking)
    if notes and notes[0].startswith("only one voice"):
        speaking = np.stack([speaking.max(0), np.zeros(frames, np.float32)])
    elif sounds := Sounds.learn(samples, speaking):
        speaking = tell_apart(samples, speaking, sounds)
    elif (speaking.min(0) > 0.5).sum() >= FPS:
        notes.append("too little is heard of each person alone to tell the two apart well where both speak at once")
    speaking = np.stack([_smooth(row) for row in speaking])
    if _first_heard(speaking[1]) < _first_heard(speaking[0]):
        speaking = speaking[::-1]
    if echo:
        notes.append(f"what is said comes back {round(1000 * echo.seconds)} ms late; the echo does not count as speech")
    return np.ascontiguousarray(speaking), notes


def _local_voices(samples: NDArray[np.float32], step: float) -> Voices:
    """Local speakers of all windows, and how each sounds where it is heard alone."""
    active = local_speakers(samples, FPS, step)
    mel = speaker_mel(samples)
    hop = SAMPLE_RATE // MEL_FPS
    power = np.pad(samples, (0, len(mel) * hop - len(samples))).reshape(-1, hop)
    power = np.einsum("ij,ij->i", power, power) / hop
    stretches, powers, where = [], [], []
    heard = np.zeros((len(active), active.shape[2]), np.float32)
    for w, window in enumerate(active):
        start = round(((w + 1) * step - WINDOW) * MEL_FPS)
        alone = (window > 0.5) & ((window > 0.3).sum(1, keepdims=True) == 1)
        for s in range(active.shape[2]):
            index = start + np.flatnonzero(np.repeat(alone[:, s], MEL_FPS // int(FPS)))
            index = index[(index >= 0) & (index < len(mel))]
            heard[w, s] = len(index) / MEL_FPS
            if len(index) >= 0.4 * MEL_FPS:
                stretches.append(mel[index])
                powers.append(float(power[index].mean()))
                where.append((w, s))
    embedding = np.zeros((*heard.shape, DIM), np.float32)
    if where:
        embedding[tuple(np.array(where).T)] = embed(stretches, powers)
    return Voices(active, round(step * FPS), FPS, embedding, heard)


def _overlay(active: NDArray[np.float16], labels: NDArray[np.intp], step: float, frames: int) -> NDArray[np.float32]:
    """Each person's probability, the mean over the windows, middles counting most; (2, frames)."""
    shift, width = round(step * FPS), active.shape[1]
    lead = width - shift
    total = np.zeros((2, lead + max(frames, shift * len(labels)) + width), np.float32)
    weight = np.zeros(total.shape[1], np.float32)
    shape = (np.sin(np.pi * (np.arange(width) + 0.5) / width) + 0.05).astype(np.float32)
    for w, window in enumerate(active.astype(np.float32)):
        at = slice(w * shift, w * shift + width)
        for person in (0, 1):
            none = np.prod(np.where(labels[w] == person, 1 - window, 1), axis=1)
            total[person, at] += shape * (1 - none)
        weight[at] += shape
    return (total / np.maximum(weight, 1e-6))[:, lead : lead + frames].astype(np.float32)


def _calibrated(speaking: NDArray[np.float32]) -> NDArray[np.float32]:
    """Moves 0.3 to 0.5: of two people at once, the network is too sure of one and too timid about the other."""
    odds = 0.7 / 0.3
    return odds * speaking / (1 + (odds - 1) * speaking)


def _notes(
    voices: Voices, labels: NDArray[np.intp], people: NDArray[np.float32], speaking: NDArray[np.float32]
) -> list[str]:
    """One voice or more than two, said in words."""
    seconds = (speaking > 0.5).sum(1) / FPS
    if seconds.max() < 0.2:
        return ["no speech is detected"]
    alike = float(people[0] @ people[1])
    if seconds.min() < 0.02 * seconds.sum() or seconds.min() < 0.4 or alike > 0.87:
        return ["only one voice is detected; the other person listens throughout"]
    crowded = ((voices.active > 0.5).sum(1) > FPS).sum(1) >= 3
    if crowded.mean() > 0.15 or count_voices(voices) > 2:  # all at once, or each in turn
        return [f"{MORE_VOICES} are heard; they are shared out to two people by likeness"]
    return []


def _first_heard(row: NDArray[np.float32]) -> int:
    return int(np.argmax(row > 0.5)) if (row > 0.5).any() else len(row)


def frame_levels(samples: NDArray[np.float32], frames: int) -> NDArray[np.float64]:
    """Level in dB per motion frame, over 80 ms, (frames,)."""
    hop = int(SAMPLE_RATE / FPS)
    padded = np.zeros(frames * hop, np.float32)
    padded[: min(len(samples), len(padded))] = samples[: len(padded)]
    rows = padded.reshape(frames, hop)
    power = np.einsum("ij,ij->i", rows, rows).astype(np.float64) / hop
    return 10 * np.log10(np.convolve(power, [0.25, 0.5, 0.25], "same") + 10 ** (_SILENT_DB / 10))


def _to_frames(values: NDArray[np.float32], fps: float, frames: int) -> NDArray[np.float32]:
    return Track(values, fps).at(FPS, frames).values[:, 0]


def _smooth(row: NDArray[np.float32]) -> NDArray[np.float32]:
    """A little rounding, 120 ms, so that nothing downstream sees steps."""
    rounded = np.convolve(np.pad(row, 1, "edge"), [0.25, 0.5, 0.25], "valid").astype(np.float32)
    return rounded.clip(0, 1)
