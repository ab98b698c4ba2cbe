"""Writes conversations to a corpus on disk, part by part."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Callable, Iterable
from contextlib import ExitStack, suppress
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from visavis.conversation.conversation import Conversation, Participant
from visavis.conversation.corpus_media import save_exactly
from visavis.conversation.corpus_schema import (
    INDEX_NAME,
    KEYS,
    PART_SIZE,
    SCHEMAS,
    Index,
    SpaceEntry,
    TrackEntry,
    dump_json,
    frames_schema,
    naming,
    slug,
)
from visavis.conversation.timeline import Track
from visavis.errors import InputError
from visavis.files import alone, atomic_write
from visavis.media.audio import Audio
from visavis.motion.motion import Motion
from visavis.reading import is_empty


class _Part:
    """The files of one part, under temporary names until `finish`."""

    def __init__(self, folder: Path, number: int) -> None:
        self.folder = folder
        self.number = number
        self.rows: dict[str, list[pa.Table]] = {"conversations": [], "participants": []}
        self.media: list[Path] = []
        self._writers: dict[str, tuple[pq.ParquetWriter, Path]] = {}
        self._groups: dict[str, int] = {}

    def write(self, table: str, rows: pa.Table) -> int:
        """Appends one row group; returns its number, -1 if there is nothing to write."""
        if rows.num_rows == 0:
            return -1
        if table not in self._writers:
            path = self.folder / table / f".{self.number:05d}.parquet.tmp"
            path.parent.mkdir(parents=True, exist_ok=True)
            texts = [field.name for field in rows.schema if pa.types.is_string(field.type)]
            writer = pq.ParquetWriter(path, rows.schema, compression="zstd", use_dictionary=texts)
            self._writers[table] = (writer, path)
        self._writers[table][0].write_table(rows, row_group_size=rows.num_rows)
        group = self._groups.get(table, 0)
        self._groups[table] = group + 1
        return group

    def finish(self) -> None:
        """Writes what was collected and gives every file its name."""
        for table, rows in self.rows.items():
            self.write(table, pa.concat_tables(rows))
        for writer, _ in self._writers.values():
            writer.close()
        for _, path in self._writers.values():
            path.replace(path.with_name(f"{self.number:05d}.parquet"))

    def discard(self) -> None:
        """Removes every trace."""
        for writer, path in self._writers.values():
            with suppress(OSError, pa.ArrowException):
                writer.close()
            writer.is_open = False  # a full disk made closing fail; without this it would be tried again and complain
            path.unlink(missing_ok=True)
        for path in self.media:
            path.unlink(missing_ok=True)


class CorpusWriter:
    """Streams conversations into a folder; memory holds one conversation at a time.

    Used as a context manager, which waits until nobody else writes to the folder. Each finished part is committed by
    replacing ``corpus.json``; a crash or an exception loses at most the part that was being written, and leaves the
    parts before it intact.

    Args:
        folder: Where the corpus goes; made if missing.
        append: Add to the corpus that is there already; without it, an existing corpus is an error.

    Raises:
        InputError: The folder holds something else, cannot be written, or an id is used twice.
    """

    def __init__(self, folder: str | Path, *, append: bool = False) -> None:
        self.folder = Path(folder)
        self._append, self._new = append, False
        self._index = Index()
        self._ids: set[str] = set()
        self._part: _Part | None = None
        self._held = ExitStack()
        self._look()

    def _look(self) -> bool:
        """What is in the folder: whether it is a corpus, of which the index is read.

        Raises:
            InputError: It cannot be written to.
        """
        exists = (self.folder / INDEX_NAME).exists()
        if exists and not self._append:
            raise InputError(f"{self.folder} already contains a corpus; append to it, or choose another folder")
        if not exists and self.folder.exists() and (not self.folder.is_dir() or not is_empty(self.folder)):
            raise InputError(f"{self.folder} exists and is not an empty folder; choose another one")
        if exists:
            self._index = Index.read(self.folder)
        return exists

    def __enter__(self) -> CorpusWriter:
        """Makes the folder and holds it; what others have added meanwhile is there to add to.

        A new corpus begins empty, so that its folder is known again should the process be killed.
        """
        from visavis.conversation.corpus import Corpus

        with self._held as held:
            held.enter_context(alone(self.folder, waits=lambda: None))
            self._new = not self._look()
            if self._new:
                self._write_index()
            else:
                self._ids = set(Corpus.open(self.folder).ids)
            self._held = held.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Commits the last part, or throws it away if something went wrong."""
        with self._held:
            if kind is None:
                try:
                    with naming(self.folder):
                        return self._commit()
                except InputError:
                    self._undo()
                    raise
            self._undo()

    def _undo(self) -> None:
        if self._part is not None:
            self._part.discard()
        if self._new and self._index.parts == 0:
            shutil.rmtree(self.folder, ignore_errors=True)

    def add(self, conversation: Conversation) -> None:
        """Writes one conversation.

        Raises:
            InputError: Its id is taken, or a part of it cannot be stored; the message names it.
        """
        if conversation.id in self._ids:
            raise InputError(f"{self.folder} already has a conversation {conversation.id!r}")
        part = self._part = self._part or _Part(self.folder, self._index.parts)
        with naming(f"{self.folder}, conversation {conversation.id!r}"):
            self._add(conversation, part)
            self._ids.add(conversation.id)
            if len(part.rows["conversations"]) >= PART_SIZE:
                self._commit()

    def _add(self, conversation: Conversation, part: _Part) -> None:
        people = dict(zip("AB", conversation.participants, strict=True))
        signals = self._write_signals(conversation.id, people, part)
        utterances = [
            {
                "conversation": conversation.id, "participant": letter, "start": u.start, "end": u.end,
                "kind": u.kind, "text": u.text,
                "words": [{"text": w.text, "start": w.start, "end": w.end} for w in u.words],
            }
            for letter, person in people.items() for u in person.utterances
        ]  # fmt: skip
        events = [
            {"conversation": conversation.id, "participant": letter, "name": name, "text": event.label,
             "start": event.start, "end": event.end,
             "details": dump_json(dict(event.details), f"a {name}'s details") if event.details else ""}
            for letter, person in people.items() for name, events in person.events.items() for event in events
        ]  # fmt: skip
        row = {
            "conversation": conversation.id,
            "duration": conversation.duration,
            "mixed": self._save(conversation.mixed, f"{conversation.id}.mixed", part),
            "provenance": dump_json(dict(conversation.provenance), "provenance"),
            "utterances_row_group": part.write("utterances", _table("utterances", utterances)),
            "events_row_group": part.write("events", _table("events", events)),
        }
        rows = [
            {
                "conversation": conversation.id,
                "participant": letter,
                "name": person.name,
                "seat": _seat(person),
                "audio": self._save(person.audio, f"{conversation.id}.{letter.lower()}", part),
                "appearance": dump_json(dict(person.appearance), f"appearance of {letter}"),
                "signals": signals[letter],
                "events": list(person.events),
            }
            for letter, person in people.items()
        ]
        # Kept as tables, so that what Arrow cannot hold is found out here and not when the part is finished.
        part.rows["conversations"].append(_table("conversations", [row]))
        part.rows["participants"].append(_table("participants", rows))

    def _save(self, audio: Audio | None, stem: str, part: _Part) -> dict[str, Any] | None:
        if audio is None:
            return None
        media = self.folder / "media"
        media.mkdir(exist_ok=True)
        path = save_exactly(audio, media / stem)
        part.media.append(path)
        return {"file": f"media/{path.name}", "sample_rate": audio.sample_rate, "samples": len(audio)}

    def _write_signals(
        self, conversation_id: str, people: dict[str, Participant], part: _Part
    ) -> dict[str, list[dict[str, Any]]]:
        """Motion and tracks into their tables: one row group per table, A's rows before B's."""
        pending: dict[str, list[tuple[dict[str, Any], pa.Table]]] = {}
        signals: dict[str, list[dict[str, Any]]] = {letter: [] for letter in people}
        for letter, person in people.items():
            for kind, name, signal in _signals_of(person):
                entry = self._entry(name, signal)
                if signal.fps not in entry.fps:
                    entry.fps.append(signal.fps)
                table = f"{'frames' if kind == 'motion' else 'tracks'}/{entry.table}"
                record = {
                    "kind": kind,
                    "name": name,
                    "table": table,
                    "frames": len(signal),
                    "fps": signal.fps,
                }
                signals[letter].append(record)
                rows = _frame_rows(conversation_id, letter, signal)
                pending.setdefault(table, []).append((record, rows))
        for table, members in pending.items():
            group = part.write(table, pa.concat_tables([rows for _, rows in members]))
            first = 0
            for record, rows in members:
                record.update(row_group=group, first_row=first)
                first += rows.num_rows
        return signals

    def _entry(self, name: str, signal: Motion | Track) -> SpaceEntry | TrackEntry:
        """The index entry of a signal's table, new if need be."""
        index = self._index
        taken = {table.lower() for table in index.tables}
        if isinstance(signal, Motion):
            space = signal.space
            if space.name not in index.spaces:
                index.spaces[space.name] = SpaceEntry.of(space, _free(space.name, taken))
            elif index.spaces[space.name].space(space.name).columns != space.columns:
                raise InputError(f"motion space {space.name!r} has different columns than before in this corpus")
            return index.spaces[space.name]
        columns = list(signal.columns)
        if clash := ({*KEYS, "valid"} & set(columns)) or (len(set(columns)) < len(columns) and {"a duplicate name"}):
            raise InputError(f"track {name!r} cannot have a column called {sorted(clash)[0]!r} in a corpus")
        for known in index.tracks:
            if known.name == name and known.columns == columns:
                return known
        index.tracks.append(TrackEntry(table=_free(name, taken), name=name, columns=columns))
        return index.tracks[-1]

    def _commit(self) -> None:
        if self._part is not None and self._part.rows["conversations"]:
            self._part.finish()
            self._index.conversations += len(self._part.rows["conversations"])
            self._index.parts += 1
        self._part = None
        self._write_index()

    def _write_index(self) -> None:
        with atomic_write(self.folder / INDEX_NAME) as temporary:
            temporary.write_text(self._index.model_dump_json(indent=1) + "\n", encoding="utf-8")


def write_corpus(
    conversations: Iterable[Conversation],
    folder: str | Path,
    *,
    replace: bool = False,
    beside: Callable[[Path], None] = lambda _folder: None,
) -> Path:
    """Writes a whole corpus; the folder appears only when it is complete.

    Args:
        conversations: What to write; may be a generator, one conversation is in memory at a time.
        folder: Where it goes.
        replace: Take the place of a corpus that is there.
        beside: Writes further files into the folder that it is given, before that one appears.

    Returns:
        `folder`.

    Raises:
        InputError: The folder holds something that is not a corpus, or a corpus and `replace` is off.
    """
    folder = Path(folder)
    if (folder / INDEX_NAME).exists():
        if not replace:
            raise InputError(f"{folder} already contains a corpus; choose another folder")
    elif folder.exists() and (not folder.is_dir() or not is_empty(folder)):
        raise InputError(f"{folder} exists and is not an empty folder; choose another one")
    temporary = folder.parent / f".{folder.name}.{uuid.uuid4().hex[:8]}.tmp"
    try:
        with CorpusWriter(temporary) as writer:
            for conversation in conversations:
                writer.add(conversation)
        with naming(folder):
            beside(temporary)
            old = None
            if folder.exists():
                old = folder.parent / f".{folder.name}.{uuid.uuid4().hex[:8]}.old"
                folder.rename(old)
            try:
                os.replace(temporary, folder)  # noqa: PTH105
            except OSError:
                if old is not None:
                    old.rename(folder)
                raise
            if old is not None:
                shutil.rmtree(old, ignore_errors=True)
    except InputError as error:
        raise InputError(str(error).replace(str(temporary), str(folder))) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return folder


def _signals_of(person: Participant) -> list[tuple[str, str, Motion | Track]]:
    found: list[tuple[str, str, Motion | Track]] = []
    if person.motion is not None:
        found.append(("motion", person.motion.space.name, person.motion))
    if person.speaking is not None:
        found.append(("speaking", "speaking", person.speaking))
    return found + [("track", name, track) for name, track in person.tracks.items()]


def _frame_rows(conversation_id: str, letter: str, signal: Motion | Track) -> pa.Table:
    is_track = isinstance(signal, Track)
    columns = signal.columns if isinstance(signal, Track) else signal.space.names
    schema = frames_schema(columns, valid=is_track)
    count = len(signal)
    keys = [pa.array([text] * count, pa.string()) for text in (conversation_id, letter)]
    keys.append(pa.array(np.arange(count, dtype=np.int32)))
    mask = [pa.array(signal.valid)] if isinstance(signal, Track) else []
    values = [pa.array(np.ascontiguousarray(column)) for column in signal.values.T]
    return pa.Table.from_arrays([*keys, *mask, *values], schema=schema)


def _table(name: str, rows: list[dict[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist(rows, schema=SCHEMAS[name])


def _seat(person: Participant) -> dict[str, Any] | None:
    if person.seat is None:
        return None
    x, y, z = person.seat.position
    return {"x": x, "y": y, "z": z, "yaw": person.seat.yaw, "seated": person.seat.seated}


def _free(name: str, taken: set[str]) -> str:
    """A folder name that no other table has."""
    base = slug(name)
    candidates = (base if i == 1 else f"{base}-{i}" for i in range(1, 10**6))
    return next(c for c in candidates if c.lower() not in taken)
