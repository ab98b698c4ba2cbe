"""Audio features of a corpus: encoded once for each draw of voices and degradations."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from visavis.conversation import Conversation
from visavis.errors import InputError
from visavis.media.audio import Audio
from visavis.models.preprocessing import feature_pieces, frame_count, mixed_track
from visavis.reading import read_json
from visavis.reporter import Reporter
from visavis.simulation.dyads.acoustics import degrade
from visavis.training.corpora import Corpora
from visavis.training.needs import LARGEST, Sound
from visavis.training.stored import INDEX


def write_sound(corpora: Corpora, sound: Sound, variant: int, fps: float, reporter: Reporter, folder: Path) -> None:
    """Writes ``audio.bin``, float16 (N, 2, F): what is heard of each person, conversation after conversation.

    What is drawn for a conversation depends on its id and the variant alone.

    Args:
        corpora: The conversations.
        sound: Encoder and shares.
        variant: Number of the draw.
        fps: Motion frames per second.
        reporter: For progress.
        folder: An empty folder.
    """
    from visavis.features.audio import get_encoder

    encoder = get_encoder(sound.encoder)
    with (folder / "audio.bin").open("wb") as file, reporter.progress("sound") as update:
        for number, conversation in enumerate(corpora, 1):
            for piece in _features(conversation, sound, variant, encoder, fps):
                piece.astype(np.float16).tofile(file)
            update(number / len(corpora))
    (folder / INDEX).write_text(json.dumps({"conversations": len(corpora)}), "utf-8")


def join_sound(parts: Sequence[Path], folder: Path) -> None:
    """Writes what several such folders hold, one after the other, as one."""
    with (folder / "audio.bin").open("wb") as file:
        for part in parts:
            with (part / "audio.bin").open("rb") as made:
                shutil.copyfileobj(made, file, 1 << 24)
    count = sum(read_json(part / INDEX)["conversations"] for part in parts)
    (folder / INDEX).write_text(json.dumps({"conversations": count}), "utf-8")


def drawn(conversation: Conversation, sound: Sound, variant: int) -> tuple[Audio, Audio] | None:
    """What is heard of each person: the own voice or the mixed track, clean or as recordings come; None for nothing."""
    voices = [person.audio for person in conversation.participants]
    known = [voice for voice in voices if voice is not None]
    if conversation.mixed is None and not known:
        return None
    digest = hashlib.sha256(f"{variant}:{conversation.id}".encode()).digest()
    rng = np.random.default_rng(int.from_bytes(digest[:8]))
    own = rng.random() < sound.separate
    apart = len(known) == 2 and (own or conversation.mixed is None)
    heard = known if apart else [mixed_track(conversation)]
    heard = [degrade(audio, rng) if rng.random() < sound.degraded else audio for audio in heard]
    return heard[0], heard[-1]


def _features(
    conversation: Conversation, sound: Sound, variant: int, encoder: Any, fps: float
) -> Iterator[NDArray[np.float32]]:
    """Pieces (T, 2, F) in order."""
    frames = frame_count(conversation, fps)
    found = drawn(conversation, sound, variant)
    if found is None:
        yield np.zeros((frames, 2, 2 * encoder.dim), np.float32)
        return
    loudest = max(float(np.abs(track.samples).max(initial=0)) for track in found)
    if loudest > LARGEST:
        raise InputError(
            f"conversation {conversation.id!r}: its sound has samples of {loudest:.3g}, where full scale is 1; scale it"
        )
    first = (piece for _, piece in feature_pieces(found[0], encoder, fps, frames))
    if found[1] is found[0]:
        yield from (np.stack([piece, piece], 1) for piece in first)
        return
    second = (piece for _, piece in feature_pieces(found[1], encoder, fps, frames))
    yield from (np.stack(pair, 1) for pair in zip(first, second, strict=True))
