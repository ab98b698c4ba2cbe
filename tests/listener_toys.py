"""Small corpora of listeners, and an encoder that needs no training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from visavis.conversation import Conversation, Participant, Track, Utterance, Word
from visavis.conversation.corpus_write import write_corpus
from visavis.errors import InputError
from visavis.models.retrieval.protocol import Array, Clip
from visavis.motion import ARKIT, Motion

FACES = ("mouthSmileLeft", "mouthFrownLeft", "browInnerUp", "jawOpen")


class ColumnEncoder:
    """A clip is how far each of `FACES` is moved, a text how often it names each."""

    dim = len(FACES)
    sees = False

    def __init__(self, name: str = "columns", portions: int = 2) -> None:
        self.name, self.portions = name, portions
        self.seen = 0

    def embed_texts(self, texts: Sequence[str]) -> Array:
        found = np.array([[text.count(face) for face in FACES] for text in texts], np.float32)
        if not found.any(1).all():
            raise InputError("a text names no column")
        return found / np.linalg.norm(found, axis=1, keepdims=True)

    def embed_clips(self, clips: Sequence[Clip]) -> Array:
        self.seen += len(clips)
        parts = [[clip.motion[list(FACES)], *np.array_split(clip.motion[list(FACES)], self.portions or 1)]
                 for clip in clips]  # fmt: skip
        found = np.array([[part.mean(0) for part in each[: 1 + self.portions]] for each in parts], np.float32) + 1e-3
        return found / np.linalg.norm(found, axis=-1, keepdims=True)


def listener(faces: Sequence[str], frames: int = 100) -> Motion:
    """Moves each of some columns for an equal part of the time."""
    motion = np.zeros((frames, ARKIT.dim), np.float32)
    for span, face in zip(np.array_split(np.arange(frames), len(faces)), faces, strict=True):
        motion[span, ARKIT.index(face)] = 0.8
    return Motion(motion, 25.0, ARKIT)


def cut_clip(id: str, faces: Sequence[str], frames: int = 100, **provenance: object) -> Conversation:
    """A conversation, of 4 s unless told, as the stage ``clips`` leaves it: A speaks, B listens."""
    a = Participant("A", speaking=Track(np.ones(frames, np.float32), 25.0, ("speaking",)))
    b = Participant("B", motion=listener(faces, frames))
    about = {"clip": {"speaker": "A", "listener": "B"}, **provenance}
    return Conversation(id, (a, b), frames / 25, provenance=about)


def clip_corpus(folder: Path, count: int = 4) -> Path:
    """One clip of each of `FACES` in turn, ``clip-0`` and on."""
    write_corpus((cut_clip(f"clip-{i}", FACES[i % 4 : i % 4 + 1]) for i in range(count)), folder)
    return folder


def told_clip(id: str, face: str, said: str, frames: int = 100, **provenance: object) -> Conversation:
    """The same, with the speaker's words, one every quarter of a second, and motion: A makes B's face now and then."""
    words = tuple(Word(word, i / 4, i / 4 + 0.2) for i, word in enumerate(said.split()))
    clip = cut_clip(id, [face], frames, **provenance)
    speaks = np.zeros((frames, ARKIT.dim), np.float32)
    speaks[:, ARKIT.index(face)] = 0.4 + 0.4 * np.sin(np.arange(frames) / 4)
    utterances = (Utterance(0.0, words[-1].end, words),) if words else ()
    a = replace(clip.a, utterances=utterances, motion=Motion(speaks, 25.0, ARKIT))
    return clip.with_participants(a, clip.b)


def told_corpus(folder: Path, count: int = 8, **provenance: object) -> Path:
    """Clips whose words name the face that the listener shows: ``clip-0`` and on, each of `FACES` in turn."""
    kinds = (FACES[i % 4] for i in range(count))
    write_corpus((told_clip(f"clip-{i}", face, f"I like {face}", **provenance) for i, face in enumerate(kinds)), folder)
    return folder
