"""Speaker and listener, batch by batch: a corpus turned once into flat arrays on disk, and windows drawn from it.

Besides motion, everything is optional: a conversation may have no sound, no seats, nobody known to speak, or one
person whose motion is not known. The batch of a step is a function of the seed and the step's number alone.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from visavis.conversation import Conversation
from visavis.errors import InputError
from visavis.media.audio import Audio
from visavis.models.dim.batch import PairBatch
from visavis.models.dim.statistics import Statistics
from visavis.models.preprocessing import (
    check_motion,
    feature_pieces,
    frame_count,
    mixed_track,
    seat_vector,
    speaking_of,
    to_seat_frame,
)
from visavis.motion import MotionSpace
from visavis.simulation.dyads.acoustics import degrade
from visavis.tokenizers.statistics import MotionStatistics
from visavis.training.motion_windows import STANDS_STILL, varies
from visavis.training.shards import Conversations
from visavis.training.stored import INDEX, about, cached_dir, contents, ids_of

VERSION = 1
MEASURED = 90_000
"""Rows that statistics are measured on, about: an hour."""


@dataclass(frozen=True)
class Entry:
    """Where one conversation lies.

    Attributes:
        id: Of the conversation.
        start: Its first row.
        frames: Its number of rows.
        heard: Whether it has sound.
        roles: Whether it is known who speaks.
    """

    id: str
    start: int
    frames: int
    heard: bool
    roles: bool


@dataclass(frozen=True)
class Pairs:
    """All conversations along one time axis of N rows.

    Attributes:
        entries: Where each lies.
        motion: float32 (N, 2, D), translation as offset from the seat in the torso's frame.
        valid: bool (N, 2), where motion means something.
        speaking: float16 (N, 2), zero where it is not known.
        audio: float16 (N, 2, F), what is heard of each person; F is 0 without an encoder.
    """

    entries: tuple[Entry, ...]
    motion: NDArray[np.float32]
    valid: NDArray[np.bool_]
    speaking: NDArray[np.float16]
    audio: NDArray[np.float16]

    @classmethod
    def open(cls, folder: Path) -> Pairs:
        """Maps the arrays of a finished folder."""
        index = json.loads((folder / INDEX).read_text("utf-8"))
        arrays: dict[str, Any] = {}
        for name, (dtype, shape) in index["arrays"].items():
            size = int(np.prod(shape))
            path = folder / f"{name}.bin"
            arrays[name] = np.memmap(path, dtype, "r", shape=tuple(shape)) if size else np.zeros(shape, dtype)
        return cls(tuple(Entry(**entry) for entry in index["entries"]), **arrays)


def build_pairs(
    conversations: Conversations, space: MotionSpace, fps: float, encoder: str | None, folder: Path, *,
    separate: float = 1.0, degraded: float = 0.0, seed: int = 0, name: str = "",
    progress: Callable[[float], None] = lambda _share: None,
) -> Pairs:  # fmt: skip
    """Makes the arrays under `folder`, or opens those made earlier from the same data and settings.

    Args:
        conversations: At least one person of each has motion.
        space: Of the motion.
        fps: Of the motion.
        encoder: Audio features by name; None leaves sound out.
        folder: Parent of the arrays' folder.
        separate: Share of conversations with separate voices in which the speaker is heard apart.
        degraded: Share of tracks that are as recordings come: rooms, telephone lines, noise, music.
        seed: Of those draws.
        name: Where the corpus lies: tells corpora apart that have the same ids, and is said when one cannot be used.
        progress: Takes the share done.

    Raises:
        InputError: There is nothing to train on, or a conversation's motion is of another kind; it is named.
    """
    keys = [VERSION, name, space.name, space.names, fps, encoder, separate, degraded, seed, *contents(conversations)]

    def write(working: Path) -> None:
        _write(conversations, space, fps, encoder, working, (separate, degraded), seed, progress)

    with about(name):
        if not ids_of(conversations):
            raise InputError("holds no conversations to train on; give a corpus with motion")
        return Pairs.open(cached_dir(folder, keys, write))


def _write(
    conversations: Conversations, space: MotionSpace, fps: float, name: str | None, folder: Path,
    shares: tuple[float, float], seed: int, progress: Callable[[float], None],
) -> None:  # fmt: skip
    from visavis.features.audio import get_encoder

    encoder = get_encoder(name) if name else None
    dim = 2 * encoder.dim if encoder else 0
    files = {part: (folder / f"{part}.bin").open("wb") for part in ("motion", "valid", "speaking", "audio")}
    entries: list[Entry] = []
    start, moves = 0, False
    try:
        for number, conversation in enumerate(conversations):
            sounds = _sounds(conversation, shares, np.random.default_rng([seed, number])) if encoder else None
            roles = all(person.speaking is not None for person in conversation.participants)
            entry = Entry(conversation.id, start, frame_count(conversation, fps), sounds is not None, roles)
            arrays = _arrays(conversation, entry, space, fps)
            for part, array in arrays.items():
                array.tofile(files[part])
            moves = moves or any(varies(arrays["motion"][arrays["valid"][:, i], i]) for i in range(2))
            for piece in _features(sounds, entry, encoder, dim, fps):
                piece.astype(np.float16).tofile(files["audio"])
            entries.append(entry)
            start += entry.frames
            progress((number + 1) / len(conversations))
    finally:
        for file in files.values():
            file.close()
    if not moves:
        raise InputError(STANDS_STILL)
    shapes = {
        "motion": ("float32", (start, 2, space.dim)), "valid": ("bool", (start, 2)),
        "speaking": ("float16", (start, 2)), "audio": ("float16", (start, 2, dim)),
    }  # fmt: skip
    index = {"arrays": shapes, "entries": [asdict(entry) for entry in entries]}
    (folder / INDEX).write_text(json.dumps(index), "utf-8")


def _sounds(
    conversation: Conversation, shares: tuple[float, float], rng: np.random.Generator
) -> tuple[Audio, ...] | None:
    """What is heard of each person: the own voice or the mixed track, clean or as recordings come."""
    separate, degraded = shares
    voices = [person.audio for person in conversation.participants]
    known = [voice for voice in voices if voice is not None]
    if conversation.mixed is None and not known:
        return None
    apart = len(known) == 2 and (conversation.mixed is None or rng.random() < separate)
    heard = known if apart else [mixed_track(conversation)]
    heard = [degrade(audio, rng) if rng.random() < degraded else audio for audio in heard]
    return tuple(heard) if apart else (heard[0], heard[0])


def _arrays(conversation: Conversation, entry: Entry, space: MotionSpace, fps: float) -> dict[str, NDArray[Any]]:
    motion = np.zeros((entry.frames, 2, space.dim), np.float32)
    valid = np.zeros((entry.frames, 2), bool)
    people = conversation.participants
    if all(person.motion is None for person in people):
        raise InputError(f"conversation {conversation.id!r} has no motion to train on")
    for i, person in enumerate(people):
        if person.motion is None:
            continue
        where = f"conversation {conversation.id!r}, participant {'AB'[i]}"
        values = check_motion(person.motion, space, fps, where).values[: entry.frames]
        if space.has("translation"):
            values = to_seat_frame(values, seat_vector(person, "AB"[i], conversation.id), space)
        motion[: len(values), i] = values
        seen = person.tracks.get("motion_valid")
        valid[: len(values), i] = True if seen is None else seen.valid[: len(values)]
    speaking = np.zeros((entry.frames, 2), np.float16)
    if entry.roles:
        speaking = np.ascontiguousarray(speaking_of(conversation, fps, entry.frames).T.astype(np.float16))
    return {"motion": motion, "valid": valid, "speaking": speaking}


def _features(
    sounds: tuple[Audio, ...] | None, entry: Entry, encoder: Any, dim: int, fps: float
) -> Iterator[NDArray[Any]]:
    """Pieces (T, 2, F) in order."""
    if sounds is None or encoder is None:
        yield np.zeros((entry.frames, 2, dim), np.float16)
        return
    first = (piece for _, piece in feature_pieces(sounds[0], encoder, fps, entry.frames))
    if sounds[1] is sounds[0]:
        yield from (np.stack([piece, piece], 1) for piece in first)
        return
    second = (piece for _, piece in feature_pieces(sounds[1], encoder, fps, entry.frames))
    yield from (np.stack(pair, 1) for pair in zip(first, second, strict=True))


@dataclass(frozen=True)
class PairSampler:
    """Draws batches of windows.

    The speaker of a window is who speaks more in it; where that is not known, either; where only one person's motion
    is, that one. (The paper cuts utterances out of conversations, in which the same person is the speaker.)

    Attributes:
        pairs: The data.
        window: Frames.
        batch_size: Windows per step.
        seed: Decides everything.
    """

    pairs: Pairs
    window: int
    batch_size: int
    seed: int = 0

    def batch(self, step: int) -> PairBatch:
        """The batch of step `step`."""
        rng = np.random.default_rng([self.seed, step])
        entries = self.pairs.entries
        sizes = np.array([entry.frames for entry in entries], np.float64)
        chosen = rng.choice(len(entries), self.batch_size, p=sizes / sizes.sum())
        samples = [self._sample(entries[i], rng) for i in chosen]
        motion, frames, audio, heard = (np.stack(part) for part in zip(*samples, strict=True))
        return PairBatch(*(torch.from_numpy(array) for array in (motion, frames, audio.astype(np.float32), heard)))

    def _sample(self, entry: Entry, rng: np.random.Generator) -> tuple[NDArray[Any], ...]:
        pairs, length = self.pairs, self.window
        offset = int(rng.integers(0, max(1, entry.frames - length + 1)))
        rows = slice(entry.start + offset, entry.start + min(entry.frames, offset + length))
        speaks = pairs.speaking[rows].astype(np.float32).sum(0)
        moves = [bool(pairs.valid[rows, person].any()) for person in range(2)]
        either = int(rng.integers(2))
        speaker = either if speaks[0] == speaks[1] or not entry.roles else int(speaks.argmax())
        if moves[0] != moves[1]:
            speaker = moves.index(True)
        people = [speaker, 1 - speaker]
        motion = np.zeros((2, length, pairs.motion.shape[-1]), np.float32)
        frames = np.zeros((2, length), bool)
        audio = np.zeros((length, pairs.audio.shape[-1]), np.float16)
        count = rows.stop - rows.start
        frames[:, :count] = pairs.valid[rows].T[people]
        motion[:, :count] = pairs.motion[rows].swapaxes(0, 1)[people] * frames[:, :count, None]
        audio[:count] = pairs.audio[rows, speaker]
        return motion, frames, audio, np.array(entry.heard)


def measure(pairs: Pairs, space: MotionSpace) -> tuple[Statistics, MotionStatistics]:
    """Means and scales of a corpus, for the network and for the tokenizers.

    Raises:
        InputError: Nothing moves.
    """
    motion, valid = np.asarray(pairs.motion[:MEASURED], np.float64), np.asarray(pairs.valid[:MEASURED])
    scales = MotionStatistics.measure(motion[valid], space)
    heard = np.concatenate([np.full(entry.frames, entry.heard) for entry in pairs.entries])
    some = np.flatnonzero(heard)[:: max(1, len(heard) // 20_000)]
    audio = pairs.audio[some].astype(np.float32)
    audio = audio.reshape(-1, audio.shape[-1]) if audio.size else np.zeros((1, audio.shape[-1]), np.float32)
    means = [torch.from_numpy(array) for array in (audio.mean(0), np.maximum(audio.std(0), 1e-3))]
    std = scales.std.where(scales.std > 0, 1.0)  # what never moves in training is not scaled
    return Statistics(scales.mean, std, *means), scales


def space_of(conversations: Iterable[Conversation]) -> tuple[MotionSpace, float]:
    """Motion space and frame rate of a corpus, by its first motion.

    Raises:
        InputError: There is none.
    """
    for conversation in conversations:
        for person in conversation.participants:
            if person.motion is not None:
                return person.motion.space, person.motion.fps
    with about(getattr(conversations, "place", "")):
        raise InputError("holds no motion to train on; give a corpus with motion")
