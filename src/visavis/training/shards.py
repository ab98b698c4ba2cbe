"""A corpus turned once into flat arrays on disk, so that a training step only copies slices.

Sound becomes features (float16) of what each stream hears: in some conversations the own person's voice, in others the
mixed track, as recordings come with or without separate voices. Encoding is what takes time, so that is drawn once per
conversation and variant. Motion becomes offsets from the seat; all conversations follow one another along one time
axis, memory-mapped.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sized
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from visavis.conversation import Conversation
from visavis.errors import InputError
from visavis.media.audio import Audio
from visavis.models.duet.config import DuetConfig
from visavis.models.preprocessing import (
    check_motion,
    feature_pieces,
    frame_count,
    identity_of,
    mixed_track,
    seats_of,
    speaking_of,
    to_seat_frame,
)
from visavis.motion import MotionSpace, get_space
from visavis.simulation.dyads.acoustics import degrade
from visavis.training.config import TrainingConfig
from visavis.training.stored import INDEX, cached_dir, contents, ids_of

VERSION = 2


class Conversations(Sized, Iterable[Conversation], Protocol):
    """What shards are made from: a corpus, or a list."""


@dataclass(frozen=True)
class Entry:
    """Where one conversation lies.

    Attributes:
        id: Of the conversation.
        start: Its first row.
        frames: Its number of rows.
        seats: (2, 4) as nested lists.
        identity: (2, I) as nested lists.
        separate: Whether both voices are known apart.
        dubbing: Whether only the speaker's lips may be learnt from it.
        columns: (D,) which columns were observed.
    """

    id: str
    start: int
    frames: int
    seats: list[list[float]]
    identity: list[list[float]]
    separate: bool
    dubbing: bool
    columns: list[bool]


@dataclass(frozen=True)
class Shards:
    """All conversations along one time axis of N rows.

    Attributes:
        entries: Where each lies.
        motion: float32 (N, 2, D), translation as offset from the seat in the torso's frame.
        valid: bool (N, 2), where motion means something.
        speaking: float16 (N, 2).
        audio: float16 (N, V, 2, F): variants, then what A's and B's stream hear.
    """

    entries: tuple[Entry, ...]
    motion: NDArray[np.float32]
    valid: NDArray[np.bool_]
    speaking: NDArray[np.float16]
    audio: NDArray[np.float16]

    @classmethod
    def open(cls, folder: Path) -> Shards:
        """Maps the arrays of a finished folder."""
        index = json.loads((folder / INDEX).read_text("utf-8"))
        arrays: dict[str, Any] = {
            name: np.memmap(folder / f"{name}.bin", dtype, "r", shape=tuple(shape))
            for name, (dtype, shape) in index["arrays"].items()
        }
        return cls(tuple(Entry(**entry) for entry in index["entries"]), **arrays)


def build_shards(
    conversations: Conversations, config: DuetConfig, folder: Path, *, training: TrainingConfig,
    seed: int = 0, name: str = "",
    progress: Callable[[float], None] = lambda _share: None,
) -> Shards:  # fmt: skip
    """Makes the arrays under `folder`, or opens those made earlier from the same data and settings.

    Args:
        conversations: With motion, seats, sound and speaking probabilities.
        config: Space, frame rate, features.
        folder: Parent of the arrays' folder.
        training: How many variants of the sound, which share with separate voices, which share degraded.
        seed: Of those draws.
        name: Tells corpora apart that have the same ids.
        progress: Takes the share done.

    Raises:
        InputError: A conversation lacks what is needed; it is named.
    """
    sound = (training.variants, training.separate, training.degraded)
    keys = [VERSION, name, config.space, config.fps, config.encoder, config.network.identity, *sound, seed]
    if not ids_of(conversations):
        raise InputError("the corpus holds no conversations to train on")

    def write(working: Path) -> None:
        _write(conversations, config, working, training, seed, progress)

    return Shards.open(cached_dir(folder, [*keys, *contents(conversations)], write))


def _write(
    conversations: Conversations, config: DuetConfig, folder: Path, training: TrainingConfig, seed: int,
    progress: Callable[[float], None],
) -> None:  # fmt: skip
    from visavis.features.audio import get_encoder

    space, encoder = get_space(config.space), get_encoder(config.encoder)
    if 2 * encoder.dim != config.audio_dim:
        raise InputError(
            f"encoder {config.encoder!r} gives 2 x {encoder.dim} features; set audio_dim={2 * encoder.dim}"
        )
    files = {name: (folder / f"{name}.bin").open("wb") for name in ("motion", "valid", "speaking", "audio")}
    entries: list[Entry] = []
    start = 0
    try:
        for number, conversation in enumerate(conversations):
            entry = _describe(conversation, config, space, start)
            for name, array in _arrays(conversation, entry, config, space).items():
                array.tofile(files[name])
            rng = np.random.default_rng([seed, number])
            for piece in _features(conversation, entry, encoder, config, training, rng):
                piece.tofile(files["audio"])
            entries.append(entry)
            start += entry.frames
            progress((number + 1) / len(conversations))
    finally:
        for file in files.values():
            file.close()
    shapes = {
        "motion": ("float32", (start, 2, space.dim)), "valid": ("bool", (start, 2)),
        "speaking": ("float16", (start, 2)), "audio": ("float16", (start, training.variants, 2, config.audio_dim)),
    }  # fmt: skip
    index = {"arrays": shapes, "entries": [vars(entry) for entry in entries]}
    (folder / INDEX).write_text(json.dumps(index), "utf-8")


def _describe(conversation: Conversation, config: DuetConfig, space: MotionSpace, start: int) -> Entry:
    observed = conversation.provenance.get("observed_columns")
    columns = np.ones(space.dim, bool) if observed is None else np.isin(space.names, observed)
    return Entry(
        id=conversation.id,
        start=start,
        frames=frame_count(conversation, config.fps),
        seats=seats_of(conversation).tolist(),
        identity=[identity_of(p, config.network.identity).tolist() for p in conversation.participants],
        separate=all(p.audio is not None for p in conversation.participants),
        dubbing=conversation.provenance.get("source") == "synthetic dubbing",
        columns=columns.tolist(),
    )


def _arrays(
    conversation: Conversation, entry: Entry, config: DuetConfig, space: MotionSpace
) -> dict[str, NDArray[Any]]:
    motion = np.zeros((entry.frames, 2, space.dim), np.float32)
    valid = np.zeros((entry.frames, 2), bool)
    seats = np.array(entry.seats, np.float32)
    for i, person in enumerate(conversation.participants):
        where = f"conversation {conversation.id!r}, participant {'AB'[i]}"
        values = check_motion(person.motion, space, config.fps, where).values[: entry.frames]
        motion[: len(values), i] = to_seat_frame(values, seats[i], space)
        seen = person.tracks.get("motion_valid")
        valid[: len(values), i] = True if seen is None else seen.valid[: len(values)]
    speaking = speaking_of(conversation, config.fps, entry.frames).T.astype(np.float16)
    return {"motion": motion, "valid": valid, "speaking": np.ascontiguousarray(speaking)}


def _features(
    conversation: Conversation, entry: Entry, encoder: Any, config: DuetConfig, training: TrainingConfig,
    rng: np.random.Generator,
) -> Iterable[NDArray[np.float16]]:  # fmt: skip
    """Pieces (T, V, 2, F) in order."""
    mixed, voices = mixed_track(conversation), [person.audio for person in conversation.participants]

    def encoded(audio: Audio) -> Iterator[NDArray[np.float32]]:
        heard = degrade(audio, rng) if rng.random() < training.degraded else audio
        return (features for _, features in feature_pieces(heard, encoder, config.fps, entry.frames))

    variants: list[Iterable[Any]] = []
    for _ in range(training.variants):
        if entry.separate and rng.random() < training.separate:
            variants.append(zip(*(encoded(voice) for voice in voices if voice is not None), strict=True))
        else:
            variants.append((piece, piece) for piece in encoded(mixed))
    for pieces in zip(*variants, strict=True):
        yield np.stack([np.stack(pair, 1) for pair in pieces], 1).astype(np.float16)
