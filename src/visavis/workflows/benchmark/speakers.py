"""The rows of the benchmark of MARS: checkpoints, what they were untrained, and what each gets to hear and see."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar

import numpy as np
import torch

from visavis.checkpoint import Header, read_header, weights_hash
from visavis.conversation import Conversation
from visavis.models.checkpoint import find
from visavis.models.mars.base_model import load_base
from visavis.models.mars.messages import Turn
from visavis.models.mars.model import Mars
from visavis.models.mars.turns import CodeTrack, turns_of
from visavis.settings import resolve_device
from visavis.workflows.benchmark.report import short_names

T = TypeVar("T")
Hears = Literal["words", "codes", "shuffled", "moved"]
"""What of a conversation is told: words alone; words and codes; codes in random order; codes of half a conversation
later, in their own order."""


@dataclass(frozen=True)
class Speaker:
    """One set of weights.

    Attributes:
        key: What decides whatever it says, as plain values.
        load: Reads it.
        folder: Of the checkpoint.
        header: What that says of itself.
    """

    key: tuple[Any, ...]
    load: Callable[[], Mars]
    folder: Path
    header: Header

    @property
    def context(self) -> int:
        """Tokens at most of what it reads."""
        return int(self.header.config["context"])


@dataclass(frozen=True)
class Row:
    """A row of the tables.

    Attributes:
        name: In the tables.
        speakers: One for each seed of the training.
        hears: What they get to hear and see.
    """

    name: str
    speakers: tuple[Speaker, ...]
    hears: Hears = "codes"


class Loaded:
    """Reads speakers when they are asked for, and holds one at a time: language models take gigabytes."""

    def __init__(self) -> None:
        """Holds none yet."""
        self._key: tuple[Any, ...] | None = None
        self._model: Mars | None = None

    def __call__(self, speaker: Speaker) -> Mars:
        """A speaker, ready to speak."""
        if self._model is None or self._key != speaker.key:
            self._model = None
            self._model, self._key = speaker.load().eval(), speaker.key
            self._model.language.merge()
        return self._model


def given_rows(models: Sequence[str], device: str, hears: Hears = "codes") -> list[Row]:
    """The rows of checkpoints.

    Args:
        models: Folders, Hub ids, names of built-in weights; after ``NAME=``, those of one name are seeds of one row.
        device: ``cpu``, ``cuda`` or ``auto``.
        hears: What they get to hear and see.

    Raises:
        InputError: One is not there, or no MARS.
    """
    named: dict[str, list[str]] = {}
    for given, called in {name: called for called, name in short_names(list(dict.fromkeys(models))).items()}.items():
        label, equals, where = given.partition("=")
        named.setdefault(label if equals else called, []).append(where if equals else given)
    return [Row(label, tuple(_speaker(where, device) for where in places), hears) for label, places in named.items()]


def _speaker(name: str, device: str) -> Speaker:
    folder = find(name)
    header = read_header(folder, Mars.name)
    key = (weights_hash(folder), header.config)
    return Speaker(key, lambda: Mars.from_pretrained(folder, device=device), folder, header)


def untrained_rows(rows: Sequence[Row], device: str) -> list[Row]:
    """A row of each base model of others as it was: their motion tokenizers, and new tokens without training.

    Args:
        rows: Of trained models; there are as many seeds of the new tokens as any of these has.
        device: ``cpu``, ``cuda`` or ``auto``.
    """
    bases: dict[str, Speaker] = {}
    for speaker in (speaker for row in rows for speaker in row.speakers):
        bases.setdefault(str((speaker.header.state.get("base") or {}).get("fingerprint")), speaker)
    seeds = range(max(len(row.speakers) for row in rows))
    names = [Path(str(like.header.config.get("base", ""))).name for like in bases.values()]
    titles = ["zero-shot" if len(names) == 1 else f"zero-shot, {name}" for name in names]
    return [
        Row(title, tuple(_untrained(like, seed, device) for seed in seeds))
        for title, like in zip(titles, bases.values(), strict=True)
    ]


def _untrained(trained: Speaker, seed: int, device: str) -> Speaker:
    def load() -> Mars:
        like = Mars.from_pretrained(trained.folder)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            base = load_base(like.config.base)
            fresh = Mars(like.config, base, like.codec.face, like.codec.body, like.space, like.fps, like.rest)
        return fresh.to(resolve_device(device))

    return Speaker(("untrained", *trained.key, seed), load, trained.folder, trained.header)


def told(model: Mars, conversation: Conversation, hears: Hears, assistant: int, seed: int = 0) -> list[Turn]:
    """A conversation as turns, as a row hears it.

    Args:
        model: Encodes motion.
        conversation: With words.
        hears: What is told.
        assistant: Whose turns are the assistant's, 0 for A and 1 for B.
        seed: Of the order of shuffled codes.
    """
    tracks: list[CodeTrack | None] = [None, None]
    if hears != "words":
        rng = np.random.default_rng(seed)
        tracks = [_reordered(model.track(conversation, i), hears, rng) for i in range(2)]
    return turns_of(conversation, tracks, model.codec.clock, assistant=assistant)


def _reordered(track: CodeTrack | None, hears: Hears, rng: np.random.Generator) -> CodeTrack | None:
    """Codes of the steps that were seen in another order; face and body stay together."""
    if track is None or hears == "codes":
        return track
    seen = np.flatnonzero(track.valid)
    other = rng.permutation(seen) if hears == "shuffled" else np.roll(seen, -(len(seen) // 2))
    face, body = track.face.copy(), track.body.copy()
    face[seen], body[seen] = track.face[other], track.body[other]
    return CodeTrack(face, body, track.valid)


def evenly(places: Sequence[T], most: int) -> tuple[T, ...]:
    """At most so many of several, evenly spread."""
    count = min(most, len(places))
    numbers = np.unique(np.linspace(0, max(0, len(places) - 1), count).round().astype(int)).tolist()
    return tuple(places[number] for number in numbers)


@dataclass(frozen=True)
class Unigram:
    """How often codes are in turns of what may be learnt from, wherever they stand.

    Attributes:
        face: By codebook, the probability of each code.
        body: By codebook.
    """

    face: tuple[tuple[float, ...], ...]
    body: tuple[tuple[float, ...], ...]

    @classmethod
    def of(cls, model: Mars, conversations: Iterable[Conversation]) -> Unigram:
        """Counts codes; one is added to each count, so that none is impossible."""
        counts = [np.ones((book.books, book.size)) for book in model.codec.books]
        for conversation in conversations:
            for turn in told(model, conversation, "codes", 1):
                for step in turn.steps:
                    for count, codes in zip(counts, step, strict=True):
                        count[np.arange(len(codes)), list(codes)] += 1
        face, body = (tuple(map(tuple, (c / c.sum(1, keepdims=True)).tolist())) for c in counts)
        return cls(face, body)
