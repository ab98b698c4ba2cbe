"""Results of stages on disk, by content.

A run that was killed goes on, and a changed parameter costs only what comes after it.

    entries/<ab>/<key>.json   the outcome of one stage for one item: kept or not, reason, figures, what goes on
    data/<ab>/<key>.zip       a conversation: a corpus of one without sound, or with nothing but sound
    hashes/<ab>/<key>.json    the hash of a file's bytes, by path, size and time
    new/                      what is being written

Everything is written under `new/` and renamed when it is whole. An entry is renamed after the conversations that it
names, so whatever is found is complete; what is damaged all the same counts as missing and is made anew.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
import uuid
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from visavis.conversation import Conversation, Participant
from visavis.conversation.corpus import Corpus
from visavis.conversation.corpus_write import write_corpus
from visavis.corpora.curation.stage import Item, Outcome, Source, Stage
from visavis.errors import InputError
from visavis.media import Video, open_video
from visavis.reading import read_json

_ONLY = "c"
"""The id that stored conversations have; the real one is the item's, whose path may change."""


class Damaged(Exception):
    """A stored conversation cannot be read; what led to it was removed and has to be made anew."""


@dataclass(frozen=True)
class Entry:
    """The stored outcome of one stage for one item.

    Attributes:
        kept: Whether anything goes on.
        reason: Why.
        figures: What decided.
        seconds: How long the stage took.
        parts: What goes on: suffix of the id, start, stop, facts, and keys of the conversation and its sound.
    """

    kept: bool
    reason: str
    figures: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0.0
    parts: tuple[dict[str, Any], ...] = ()

    def items(self, item: Item, key: str) -> tuple[Item, ...]:
        """The items that go on, given the one that went in and the key of the entry."""
        return tuple(
            replace(
                item,
                id=item.id + part["suffix"],
                key=digest(key, part["suffix"]) if part["suffix"] else key,
                start=part["start"],
                stop=part["stop"],
                facts=part["facts"],
                conversation=None,
                data=part["data"],
                sound=part["sound"],
            )
            for part in self.parts
        )


def digest(*texts: str) -> str:
    """A hash of texts."""
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:40]


def step_key(item: Item, stage: Stage) -> str:
    """The key of what `stage` says about `item`."""
    return digest(item.key, stage.identity())


class Cache:
    """The folder described above; only its path is held, so that every process may have one."""

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        for name in ("entries", "data", "hashes", "new"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)

    def clear_unfinished(self) -> None:
        """Removes what a killed run was writing; only for whoever holds the folder alone."""
        shutil.rmtree(self.folder / "new", ignore_errors=True)
        (self.folder / "new").mkdir(exist_ok=True)

    def get(self, key: str) -> Entry | None:
        """The entry stored under `key`, if there is a sound one."""
        found = self._read("entries", key)
        try:
            return Entry(**{**found, "parts": tuple(found["parts"])}) if found else None
        except (TypeError, KeyError):
            return None

    def put(self, key: str, before: Item, outcome: Outcome, seconds: float) -> Entry:
        """Stores an outcome, first the conversations that go on, then the entry."""
        parts = []
        for number, item in enumerate(outcome.items):
            data, sound = self._store(f"{key}-{number}", before, item)
            parts.append(
                {
                    "suffix": item.id.removeprefix(before.id),
                    "start": item.start,
                    "stop": item.stop,
                    "facts": dict(item.facts),
                    "data": data,
                    "sound": sound,
                }
            )
        entry = Entry(outcome.kept, " ".join(outcome.reason.split()), dict(outcome.figures), seconds, tuple(parts))
        self._write("entries", key, asdict(entry))
        return entry

    def _store(self, key: str, before: Item, item: Item) -> tuple[str, str]:
        """Writes what of the item's conversation is new; where the conversation and its sound are stored."""
        now, then = item.conversation, before.conversation
        if now is None or now is then:
            return item.data, item.sound
        sound = before.sound
        if then is None or any(a is not b for a, b in zip(_sounds(now), _sounds(then), strict=True)):
            sound = f"{key}-sound"
            self._save(sound, _only_sound(now))
        self._save(key, _without_sound(now))
        return key, sound

    def load(self, item: Item) -> Item:
        """The item with its conversation, sound and pictures, as they were when it was stored.

        Raises:
            Damaged: What is stored cannot be read.
        """
        if item.conversation is not None or not item.data:
            return item
        found, heard = self._open(item.data), self._open(item.sound)
        people = tuple(replace(p, audio=h.audio) for p, h in zip(found, heard, strict=True))
        conversation = replace(found.with_participants(*people), id=item.id, mixed=heard.mixed)
        stop = item.stop if item.stop is not None else item.start + found.duration
        return replace(item, conversation=replace(conversation, video=_video(item.source).slice(item.start, stop)))

    def _save(self, key: str, conversation: Conversation) -> None:
        with self._whole("data", key, ".zip") as path, tempfile.TemporaryDirectory(dir=self.folder / "new") as folder:
            corpus = write_corpus([replace(conversation, id=_ONLY)], Path(folder) / "corpus")
            with zipfile.ZipFile(path, "w") as archive:
                for file in sorted(p for p in corpus.rglob("*") if p.is_file()):
                    archive.write(file, file.relative_to(corpus))

    def _open(self, key: str) -> Conversation:
        path = self._path("data", key, ".zip")
        try:
            with tempfile.TemporaryDirectory(dir=self.folder / "new") as folder:
                with zipfile.ZipFile(path) as archive:
                    archive.extractall(folder)
                return Corpus.open(folder)[_ONLY]
        except (OSError, zipfile.BadZipFile, InputError) as error:
            path.unlink(missing_ok=True)
            self._path("entries", key.partition("-")[0], ".json").unlink(missing_ok=True)
            raise Damaged(key) from error

    def hash_of(self, source: Source) -> str:
        """The sha256 of a file's bytes; read once as long as path, size and time stay."""
        key = digest(str(source.path.resolve()), str(source.size), str(source.modified))
        known = self._read("hashes", key)
        if known and isinstance(sha256 := known.get("sha256"), str):
            return sha256
        with source.path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        self._write("hashes", key, {"sha256": found})
        return found

    def _path(self, kind: str, key: str, suffix: str) -> Path:
        return self.folder / kind / key[:2] / f"{key}{suffix}"

    def _read(self, kind: str, key: str) -> dict[str, Any] | None:
        try:
            found = read_json(self._path(kind, key, ".json"))
        except InputError:
            return None
        return found if isinstance(found, dict) else None

    def _write(self, kind: str, key: str, value: dict[str, Any]) -> None:
        with self._whole(kind, key, ".json") as path:
            path.write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")

    @contextmanager
    def _whole(self, kind: str, key: str, suffix: str) -> Iterator[Path]:
        """A path to write to, which gets its name when all is written."""
        path, new = self._path(kind, key, suffix), self.folder / "new" / f"{uuid.uuid4().hex}{suffix}"
        try:
            yield new
            path.parent.mkdir(exist_ok=True)
            os.replace(new, path)  # noqa: PTH105
        finally:
            new.unlink(missing_ok=True)


def _sounds(conversation: Conversation) -> tuple[Any, ...]:
    return conversation.mixed, conversation.a.audio, conversation.b.audio


def _without_sound(conversation: Conversation) -> Conversation:
    people = (replace(person, audio=None) for person in conversation)
    return replace(conversation.with_participants(*people), mixed=None, video=None)


def _only_sound(conversation: Conversation) -> Conversation:
    people = tuple(Participant(person.name, audio=person.audio) for person in conversation)
    return Conversation(_ONLY, people, conversation.duration, conversation.mixed)  # type: ignore[arg-type]


@lru_cache(maxsize=4)
def _video(source: Source) -> Video:
    """The file's pictures; counting them takes reading the file, which the parts of one video need not repeat."""
    return open_video(source.path)
