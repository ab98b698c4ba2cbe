"""A corpus of conversations on disk: Parquet tables, audio files and one index.

The layout is described in `visavis.conversation.corpus_schema`; any tool that reads Parquet reads it.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from visavis.conversation.conversation import Conversation, Participant
from visavis.conversation.corpus_media import load_exactly
from visavis.conversation.corpus_schema import ADDED, INDEX_NAME, SCHEMAS, Index, frames_schema, naming, parse_json
from visavis.conversation.corpus_values import check_conversations, check_participants, check_times
from visavis.conversation.timeline import Interval, Track, Utterance, Word
from visavis.errors import InputError
from visavis.media.audio import Audio
from visavis.motion.motion import Motion
from visavis.motion.seat import Seat
from visavis.motion.space import MotionSpace
from visavis.parquet import open_parquet, read_parquet


class Corpus:
    """Conversations on disk, read one at a time when asked for by id."""

    def __init__(self, folder: str | Path) -> None:
        """Use `Corpus.open`."""
        self.folder = Path(folder)
        self._index = Index.read(self.folder)
        with naming(self.folder / INDEX_NAME):
            self._spaces = {name: entry.space(name) for name, entry in self._index.spaces.items()}
        self._columns = {f"tracks/{t.table}": tuple(t.columns) for t in self._index.tracks}
        self._columns |= {f"frames/{e.table}": self._spaces[n].names for n, e in self._index.spaces.items()}
        self._where: dict[str, tuple[int, int]] = {}
        for part in range(self._index.parts):
            with naming(self._path(part, "conversations")):
                ids = self._whole(part, "conversations").column("conversation").to_pylist()
                self._where.update({name: (part, row) for row, name in enumerate(ids)})
        if len(self._where) != self._index.conversations:
            raise InputError(
                f"{self.folder / INDEX_NAME} lists {self._index.conversations} conversations; the tables contain "
                f"{len(self._where)}"
            )

    @classmethod
    def open(cls, folder: str | Path) -> Corpus:
        """Opens the corpus in `folder`; only the index and the ids are read.

        Raises:
            InputError: There is no corpus, or it is broken; the message names file and field.
        """
        return cls(folder)

    @property
    def ids(self) -> tuple[str, ...]:
        """The conversations' ids, in the order they were written."""
        return tuple(self._where)

    @property
    def spaces(self) -> dict[str, MotionSpace]:
        """The motion spaces in use, by name."""
        return dict(self._spaces)

    def __repr__(self) -> str:
        return f"<Corpus {str(self.folder)!r}: {len(self)} conversations>"

    def __len__(self) -> int:
        return len(self._where)

    def __contains__(self, conversation_id: object) -> bool:
        return conversation_id in self._where

    def __iter__(self) -> Iterator[Conversation]:
        """All conversations, one in memory at a time."""
        return (self[name] for name in self._where)

    def __getitem__(self, conversation_id: str) -> Conversation:
        """Reads one conversation.

        Raises:
            InputError: There is none of that id, or a file is broken; the message names file, field and frame.
        """
        part, people = self._people(conversation_id)
        record = self._row(conversation_id)
        with naming(f"{self.folder}, conversation {conversation_id!r}"):
            utterances = self._rows(part, "utterances", record["utterances_row_group"])
            events = self._rows(part, "events", record["events_row_group"])
            a, b = (self._person(part, person, utterances, events) for person in people)
            return Conversation(
                id=conversation_id,
                participants=(a, b),
                duration=record["duration"],
                mixed=self._audio(record["mixed"]),
                provenance=_mapping(record["provenance"], "provenance"),
            )

    def tables(self, name: str) -> Iterator[pa.Table]:
        """One of the tables, part by part, for counting: neither sound nor frames are read.

        Args:
            name: ``conversations``, ``participants``, ``utterances`` or ``events``; columns as in `SCHEMAS`.

        Raises:
            InputError: A file is broken, or says what no conversation could; the message names file and conversation.
        """
        for part in range(self._index.parts):
            nobody = name in ("utterances", "events") and not self._path(part, name).exists()
            table = SCHEMAS[name].empty_table() if nobody else self._whole(part, name)
            conversations = self._whole(part, "conversations")
            with naming(self._path(part, "conversations")):
                check_conversations(conversations)
            with naming(self._path(part, name)):
                if name == "participants":
                    check_participants(table, conversations, self._spaces)
                elif name != "conversations":
                    check_times(table, conversations, within=name == "utterances")
            yield table

    def signal(self, conversation_id: str, participant: str, kind: str, name: str) -> Motion | Track | None:
        """One signal of one person, without anything else of the conversation; None where there is none.

        Args:
            conversation_id: One of `ids`.
            participant: ``A`` or ``B``.
            kind: ``motion``, ``speaking`` or ``track``.
            name: Of the motion space or the track.

        Raises:
            InputError: There is no such conversation or participant, or a file is broken.
        """
        part, people = self._people(conversation_id)
        with naming(f"{self.folder}, conversation {conversation_id!r}: participant {participant}"):
            person = next((p for p in people if p["participant"] == participant), None)
            if person is None:
                raise InputError("there are A and B")
            found = [s for s in person["signals"] if (s["kind"], s["name"]) == (kind, name)]
            return self._signal(part, person, found[0]) if found else None

    def record(self, conversation_id: str) -> tuple[dict[str, Any], float]:
        """A conversation's provenance and its duration in seconds, without anything else of it.

        Raises:
            InputError: There is none of that id, or a file is broken.
        """
        found = self._row(conversation_id)
        with naming(f"{self.folder}, conversation {conversation_id!r}"):
            return _mapping(found["provenance"], "provenance"), float(found["duration"])

    def _row(self, conversation_id: str) -> dict[str, Any]:
        """A conversation's row, whose id and duration are possible ones."""
        part, row = self._place(conversation_id)
        with naming(self._path(part, "conversations")):
            found = self._whole(part, "conversations").slice(row, 1)
            check_conversations(found)
            return dict(found.to_pylist()[0])

    def _people(self, conversation_id: str) -> tuple[int, list[dict[str, Any]]]:
        """The part that a conversation is in, and the rows of its A and B."""
        part, row = self._place(conversation_id)
        people = self._whole(part, "participants").slice(2 * row, 2).to_pylist()
        if [(p["conversation"], p["participant"]) for p in people] != [(conversation_id, x) for x in "AB"]:
            raise InputError(
                f"{self._path(part, 'participants')} does not have its A and B in order, those of conversation "
                f"{conversation_id!r}"
            )
        return part, people

    def _place(self, conversation_id: str) -> tuple[int, int]:
        """A conversation's part and its number in there."""
        if conversation_id not in self._where:
            raise InputError(f"{self.folder} has no conversation {conversation_id!r}")
        return self._where[conversation_id]

    def _person(
        self, part: int, row: dict[str, Any], utterances: list[dict[str, Any]], events: list[dict[str, Any]]
    ) -> Participant:
        letter = row["participant"]
        with naming(f"participant {letter}"):
            mine = [u for u in utterances if u["participant"] == letter]
            named: dict[str, list[Interval]] = {name: [] for name in row["events"]}
            for event in events:
                if event["participant"] == letter:
                    details = _mapping(event["details"], "details") if event["details"] else {}
                    interval = Interval(event["text"], event["start"], event["end"], details)
                    named.setdefault(event["name"], []).append(interval)
            signals = {(s["kind"], s["name"]): self._signal(part, row, s) for s in row["signals"]}
            motion = next((s for (kind, _), s in signals.items() if kind == "motion"), None)
            seat = row["seat"]
            return Participant(
                name=row["name"],
                audio=self._audio(row["audio"]),
                utterances=tuple(
                    Utterance(u["start"], u["end"], tuple(Word(**word) for word in u["words"]), u["kind"]) for u in mine
                ),
                speaking=signals.get(("speaking", "speaking")),  # type: ignore[arg-type]
                motion=motion,  # type: ignore[arg-type]
                seat=seat and Seat((seat["x"], seat["y"], seat["z"]), seat["yaw"], seat["seated"]),
                tracks={name: s for (kind, name), s in signals.items() if kind == "track"},  # type: ignore[misc]
                events={name: tuple(found) for name, found in named.items()},
                appearance=_mapping(row["appearance"], "appearance"),
            )

    def _signal(self, part: int, person: dict[str, Any], signal: dict[str, Any]) -> Motion | Track:
        table, first, count = signal["table"], signal["first_row"], signal["frames"]
        if table not in self._columns:
            raise InputError(f"{self.folder / INDEX_NAME} does not describe the table {str(table)[:60]!r}")
        columns = self._columns[table]
        is_motion = signal["kind"] == "motion"
        if is_motion and signal["name"] not in self._spaces:
            raise InputError(f"{self.folder / INDEX_NAME} does not describe the motion space {signal['name'][:60]!r}")
        if first < 0 or count < 0:
            raise InputError(f"the signal {signal['name'][:60]!r} has {count} frames from row {first} on")
        path = self._path(part, table)
        with naming(path):
            if count:
                schema = frames_schema(columns, valid=not is_motion)
                rows = _checked(_row_group(path, signal["row_group"]), schema).slice(first, count)
            else:
                rows = frames_schema(columns, valid=not is_motion).empty_table()
            frames = rows["frame"].to_numpy()
            wrong = frames != np.arange(len(frames))
            if len(frames) != count or wrong.any():
                at = int(np.argmax(wrong)) if wrong.any() else len(frames)
                raise InputError(f"frame {at} of {count} is missing or out of order")
            owner = (person["conversation"], person["participant"])
            if count and (rows["conversation"][0].as_py(), rows["participant"][0].as_py()) != owner:
                raise InputError(f"row group {signal['row_group']} belongs to another participant")
            values = np.empty((count, len(columns)), np.float32)
            for i, name in enumerate(columns):
                values[:, i] = rows[name].to_numpy()
            if is_motion:
                return Motion(values, signal["fps"], self._spaces[signal["name"]])
            return Track(values, signal["fps"], columns, rows["valid"].to_numpy())

    def _audio(self, sound: dict[str, Any] | None) -> Audio | None:
        if sound is None or sound["file"] is None:
            return None
        return load_exactly(self.folder, sound["file"], sound["sample_rate"], sound["samples"])

    def _path(self, part: int, table: str) -> Path:
        return self.folder / table / f"{part:05d}.parquet"

    def _whole(self, part: int, table: str) -> pa.Table:
        path = self._path(part, table)
        with naming(path):
            return _whole_table(path, path.stat().st_mtime_ns, table)

    def _rows(self, part: int, table: str, row_group: int) -> list[dict[str, Any]]:
        """The rows of one row group, none for -1."""
        if row_group < 0:
            return []
        path = self._path(part, table)
        with naming(path):
            rows: list[dict[str, Any]] = _checked(_row_group(path, row_group), SCHEMAS[table]).to_pylist()
            return rows


# Opening a file parses its footer, which lists every row group; walking through a corpus should do so once.
@lru_cache(maxsize=16)
def _opened(path: Path, changed: int) -> pq.ParquetFile:
    return open_parquet(path)


@lru_cache(maxsize=4)
def _whole_table(path: Path, changed: int, table: str) -> pa.Table:
    return _checked(read_parquet(open_parquet(path), path), SCHEMAS[table])


def _row_group(path: Path, number: int) -> pa.Table:
    return read_parquet(_opened(path, path.stat().st_mtime_ns), path, group=number)


def _checked(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """The table with exactly these columns.

    Raises:
        InputError: One is missing, there twice or of another type, or a value is null; only whole structures may be.
    """
    for name in ADDED & set(schema.names) - set(table.column_names):
        table = table.append_column(name, pa.array([""] * len(table), pa.string()))
    for field in schema:
        if table.column_names.count(field.name) != 1:
            there = "there twice" if field.name in table.column_names else "missing"
            raise InputError(f"column {field.name!r} is {there}")
        if table.schema.field(field.name).type != field.type:
            raise InputError(
                f"column {field.name!r} has type {table.schema.field(field.name).type}; {field.type} is needed"
            )
        _need_values(table[field.name].combine_chunks(), f"column {field.name!r}")
    return table.select(schema.names)


def _need_values(values: pa.Array, where: str, *, optional: bool = True) -> None:
    is_struct = pa.types.is_struct(values.type)
    if values.null_count and not (optional and is_struct):
        raise InputError(f"{where} has no value at row {values.is_null().to_numpy(zero_copy_only=False).argmax()}")
    if is_struct:
        there = values.drop_null()
        if "file" in (names := [field.name for field in values.type]):  # a sound without a file is none
            there = there.filter(there.field("file").is_valid())
        for name in names:
            _need_values(there.field(name), f"{where}, field {name!r}")
    elif pa.types.is_list(values.type):
        _need_values(values.flatten(), where, optional=False)


def _mapping(text: str, field: str) -> dict[str, Any]:
    with naming(f"field {field!r}"):
        found = parse_json(text)
        if not isinstance(found, dict):
            raise InputError("a JSON object is needed")
        return found
