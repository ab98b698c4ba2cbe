"""Which face speaks, where the answer is known because the sound was put there: one-face clips, paired."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import permutations
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from benchmarks.perception_faces import FPS, track
from visavis.conversation import Conversation, Participant, Track
from visavis.media.audio import SAMPLE_RATE, Audio
from visavis.media.decode import read_audio
from visavis.perception.active_speaker import ActiveSpeaker, likenesses
from visavis.perception.speaking import from_voices

TITLE = "Which face speaks"
WINDOWS = (2.0, 4.0, 8.0)
SHIFT = 2.0
"""Seconds by which a voice is moved against its face, at least."""
SILENT_DB = -50.0
INTRODUCTION = f"""Pairs of `one-face/` clips that have sound, cut into stretches. *Swapped*: both faces, with both
voices, exchanged in half of the cases; right where every voice ends up at its face. *Shifted*: both voices are the
first face's own, one of them moved by {SHIFT:g} s or more against the picture and given to the second face; right where
the first face keeps the unmoved one. *Right* is the share of such stretches; *AUC* tells a face's own voice from the
other by how well each fits its mouth, without comparing the two. Chance is 0.5 for both. *Frames*: the two voices are
heard by turns of {SHIFT:g} s while both mouths go on moving; AUC of the track `active_speaker` for the face that is
heard, in stretches of the last length. Mouths that move without being heard are harder than listeners, whose mouths
rest."""


@dataclass(frozen=True)
class Clip:
    """A face with its sound.

    Attributes:
        name: Of the file.
        person: With motion and the track ``face``.
        audio: Its voice.
        speaks: (T,) probability of speech.
    """

    name: str
    person: Participant
    audio: Audio
    speaks: NDArray[np.float32]

    @property
    def seconds(self) -> float:
        """For which both are known."""
        return min(len(self.person.tracks["face"]) / FPS, self.audio.duration)


def report(work: Path, data: Path) -> list[str] | None:
    """The section's lines; None where the recordings are missing."""
    folder = data / "one-face"
    if not folder.is_dir():
        return None
    clips = [clip for path in sorted(folder.glob("*.mp4")) if (clip := load(path)) is not None]
    lines = [INTRODUCTION, "", f"Clips: {', '.join(clip.name for clip in clips)}.", ""]
    lines += ["| seconds | swapped: right | AUC | stretches | shifted: right | AUC | stretches |",
              "| ---: | ---: | ---: | ---: | ---: | ---: | ---: |"]  # fmt: skip
    for seconds in WINDOWS:
        cells = []
        for cases, faces in ((list(swaps(clips, seconds)), (0, 1)), (list(shifts(clips, seconds)), (0,))):
            share = np.mean([right(case) for case in cases])
            cells.append(f"{share:.3f} | {auc_of(cases, faces):.3f} | {len(cases)}" if cases else "| | 0")
        lines.append(f"| {seconds:g} | {' | '.join(cells)} |")
    labels, scores = zip(*turns(clips, WINDOWS[-1]), strict=True)
    auc = roc_auc_score(np.concatenate(labels), np.concatenate(scores))
    return [*lines, "", f"Frames: AUC {auc:.3f} over {sum(map(len, labels))} frames."]


def load(path: Path) -> Clip | None:
    """A clip that can be seen and heard."""
    decoded = read_audio(path) if _has_sound(path) else None
    if decoded is None or 20 * np.log10(np.std(decoded.channels[0].samples) + 1e-9) < SILENT_DB:
        return None
    person, audio = track(path), decoded.channels[0]
    silence = Audio.silence(audio.duration)
    speaks = from_voices(audio, silence, round(audio.duration * FPS))[0][0]
    return Clip(path.stem, person, audio, speaks)


def _has_sound(path: Path) -> bool:
    import av

    with av.open(str(path)) as container:
        return bool(container.streams.audio)


@dataclass(frozen=True)
class Case:
    """Two faces and two voices.

    Attributes:
        conversation: As `ActiveSpeaker` takes it.
        own: The samples that the first face should end up with.
    """

    conversation: Conversation
    own: NDArray[np.float32]


def right(case: Case) -> bool:
    """Whether the first face gets its own voice."""
    audio = ActiveSpeaker()(case.conversation).a.audio
    return audio is not None and np.array_equal(audio.samples, case.own)


def auc_of(cases: Sequence[Case], faces: Sequence[int]) -> float:
    """How well the own voices of `faces` are told from the others by `likenesses`."""
    own, scores = [], []
    for case in cases:
        audio = case.conversation.a.audio
        kept = audio is not None and np.array_equal(audio.samples, case.own)
        like = likenesses(case.conversation)
        for face in faces:
            own += [(voice == face) == kept for voice in (0, 1)]
            scores += list(like[face])
    return float(roc_auc_score(own, scores))


def swaps(clips: Sequence[Clip], seconds: float) -> Iterator[Case]:
    """Voices of two clips, exchanged in half of the cases."""
    for number, (a, b, start) in enumerate(_stretches(clips, seconds)):
        voices = [_heard(clip, start, seconds) for clip in (a, b)]
        given = voices[::-1] if number % 2 else voices
        yield Case(_conversation([a, b], given, start, seconds), voices[0][0].samples)


def shifts(clips: Sequence[Clip], seconds: float) -> Iterator[Case]:
    """One clip's voice twice, once moved, the two exchanged in half of the cases."""
    for number, (a, b, start) in enumerate(_stretches(clips, seconds)):
        for moved in np.arange(start + SHIFT, a.seconds - seconds + 1e-6, SHIFT):
            voices = [_heard(a, start, seconds), _heard(a, float(moved), seconds)]
            given = voices[::-1] if number % 2 else voices
            yield Case(_conversation([a, b], given, start, seconds), voices[0][0].samples)


def turns(clips: Sequence[Clip], seconds: float) -> Iterator[tuple[NDArray[np.bool_], NDArray[np.float32]]]:
    """Which of two faces is heard, and how surely each is said to speak, frame by frame."""
    for a, b, start in _stretches(clips, seconds):
        frames = round(seconds * FPS)
        first = (np.arange(frames) // round(SHIFT * FPS)) % 2 == 0
        loud = np.repeat(first, round(SAMPLE_RATE / FPS))
        sounds, speech = zip(*(_heard(clip, start, seconds) for clip in (a, b)), strict=True)
        heard = [(Audio(sounds[i].samples * (loud == (i == 0))), speech[i] * (first == (i == 0))) for i in (0, 1)]
        found = ActiveSpeaker()(_conversation([a, b], heard, start, seconds))
        for i, person in enumerate(found):
            said = heard[i][1] > 0.5
            counts = said | (heard[1 - i][1] > 0.5)
            yield said[counts], person.tracks["active_speaker"].values[:, 0][counts]


def _stretches(clips: Sequence[Clip], seconds: float) -> Iterator[tuple[Clip, Clip, float]]:
    for a, b in permutations(clips, 2):
        for start in np.arange(0, min(a.seconds, b.seconds) - seconds + 1e-6, seconds):
            if all(_heard(clip, float(start), seconds)[1].mean() > 0.3 for clip in (a, b)):
                yield a, b, float(start)


def _heard(clip: Clip, start: float, seconds: float) -> tuple[Audio, NDArray[np.float32]]:
    first, frames = round(start * FPS), round(seconds * FPS)
    speech = np.zeros(frames, np.float32)
    have = clip.speaks[first : first + frames]
    speech[: len(have)] = have
    return clip.audio.slice(start, start + seconds).lasting(seconds), speech


def _conversation(
    faces: Sequence[Clip], voices: Sequence[tuple[Audio, NDArray[np.float32]]], start: float, seconds: float
) -> Conversation:
    first, last = round(start * FPS), round((start + seconds) * FPS)
    people = []
    for letter, clip, (audio, speech) in zip("AB", faces, voices, strict=True):
        motion, face = clip.person.motion, clip.person.tracks["face"]
        assert motion is not None
        seen = Participant(letter, motion=motion.slice(first, last), tracks={"face": face.slice(first, last)})
        people.append(replace(seen, audio=audio, speaking=Track(speech, FPS, ("speaking",))))
    return Conversation("pair", (people[0], people[1]), seconds)
