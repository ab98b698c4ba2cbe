"""The schema of a corpus on disk.

    corpus.json                        the index: schema version, number of parts, spaces, tracks
    conversations/00000.parquet        one row per conversation
    participants/00000.parquet         one row per person: name, seat, appearance, where the signals are
    utterances/00000.parquet           one row per utterance, its words nested
    events/00000.parquet               one row per labelled interval, its label in `text`, its details in JSON
    frames/<space>/00000.parquet       one row per frame of motion, one column per column of the space
    tracks/<name>/00000.parquet        one row per frame of a signal such as `speaking` or `emotion`
    media/<id>.mixed.flac, .a.flac, .b.flac

A part (the number) holds up to `PART_SIZE` conversations, each of which is one row group per table, so that one
conversation is read without the others. Every table is keyed by `conversation` and `participant` (A or B). pandas,
DuckDB and datasets read the folders as they are: ``pandas.read_parquet("corpus/frames/arkit")``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from visavis import reading
from visavis.errors import InputError, plainly
from visavis.motion.space import Column, MotionSpace
from visavis.motion.spaces import built_in_or_own

SCHEMA_VERSION = 1
PART_SIZE = 256
INDEX_NAME = "corpus.json"
JSON_LIMIT = 16 * 2**20
"""Bytes of JSON that are read at most, of the index or of one cell."""

KEYS = ("conversation", "participant", "frame")
_TEXT, _SECONDS, _FLAG = pa.string(), pa.float64(), pa.bool_()
_SOUND = pa.struct({"file": _TEXT, "sample_rate": pa.int64(), "samples": pa.int64()})
_WORD = pa.struct({"text": _TEXT, "start": _SECONDS, "end": _SECONDS})
_SEAT = pa.struct({"x": pa.float64(), "y": pa.float64(), "z": pa.float64(), "yaw": pa.float64(), "seated": _FLAG})
_SIGNAL = pa.struct(
    {
        "kind": _TEXT, "name": _TEXT, "table": _TEXT, "row_group": pa.int32(), "first_row": pa.int64(),
        "frames": pa.int64(), "fps": pa.float64(),
    }
)  # fmt: skip

SCHEMAS: dict[str, pa.Schema] = {
    "conversations": pa.schema(
        {
            "conversation": _TEXT, "duration": _SECONDS, "mixed": _SOUND, "provenance": _TEXT,
            "utterances_row_group": pa.int32(), "events_row_group": pa.int32(),
        }
    ),
    "participants": pa.schema(
        {
            "conversation": _TEXT, "participant": _TEXT, "name": _TEXT, "seat": _SEAT, "audio": _SOUND,
            "appearance": _TEXT, "signals": pa.list_(_SIGNAL), "events": pa.list_(_TEXT),
        }
    ),
    "utterances": pa.schema(
        {
            "conversation": _TEXT, "participant": _TEXT, "start": _SECONDS, "end": _SECONDS, "kind": _TEXT,
            "text": _TEXT, "words": pa.list_(_WORD),
        }
    ),
    "events": pa.schema(
        {
            "conversation": _TEXT, "participant": _TEXT, "name": _TEXT, "text": _TEXT, "start": _SECONDS,
            "end": _SECONDS, "details": _TEXT,
        }
    ),
}  # fmt: skip
ADDED = frozenset({"details"})
"""Columns of text that earlier versions did not write; where one is missing, every cell of it is empty."""


def frames_schema(columns: tuple[str, ...], *, valid: bool) -> pa.Schema:
    """The schema of a table of frames: the keys, a validity mask for tracks, then float32 columns."""
    keys = {"conversation": _TEXT, "participant": _TEXT, "frame": pa.int32()}
    mask = {"valid": _FLAG} if valid else {}
    return pa.schema({**keys, **mask, **{name: pa.float32() for name in columns}})


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore")


class ColumnEntry(_Strict):
    """One column of a space."""

    name: str
    unit: Literal["coefficient", "rad", "m"]
    group: Literal["expression", "jaw", "neck", "head", "eyes", "translation", "body", "hands", "shape"]


class SpaceEntry(_Strict):
    """A motion space, column by column, so that the file can be read without this package."""

    table: str
    description: str = ""
    columns: list[ColumnEntry]
    sets: dict[str, list[str]] = {}
    bounds: dict[str, list[float]] = {}
    fps: list[float] = []

    @classmethod
    def of(cls, space: MotionSpace, table: str) -> SpaceEntry:
        """Describes `space`."""
        columns = [ColumnEntry(name=c.name, unit=c.unit, group=c.group) for c in space.columns]
        sets = {name: list(members) for name, members in space.sets.items()}
        bounds = {name: list(pair) for name, pair in space.bounds.items()}
        return cls(table=table, description=space.description, columns=columns, sets=sets, bounds=bounds)

    def space(self, name: str) -> MotionSpace:
        """The space; the built-in one where name and columns are the same."""
        columns = tuple(Column(c.name, c.unit, c.group) for c in self.columns)
        sets = {k: tuple(v) for k, v in self.sets.items()}
        bounds = {k: (pair[0], pair[1]) for k, pair in self.bounds.items() if len(pair) == 2}
        space = MotionSpace(name, columns, sets, self.description, bounds)
        space.limits()  # which checks what the bounds name
        return built_in_or_own(space)


class TrackEntry(_Strict):
    """Signals of one name and one set of columns."""

    table: str
    name: str
    columns: list[str]
    fps: list[float] = []


class Index(_Strict):
    """The content of ``corpus.json``."""

    format: Literal["visavis corpus"] = "visavis corpus"
    schema_version: int = SCHEMA_VERSION
    parts: int = Field(default=0, ge=0, le=10**7)
    conversations: int = Field(default=0, ge=0)
    spaces: dict[str, SpaceEntry] = {}
    tracks: list[TrackEntry] = []

    @property
    def tables(self) -> list[str]:
        """The folder names of all tables of frames."""
        return [entry.table for entry in self.spaces.values()] + [entry.table for entry in self.tracks]

    @classmethod
    def read(cls, folder: Path) -> Index:
        """Reads ``corpus.json``.

        Raises:
            InputError: There is none, it is not JSON, a field is wrong (named), or it is of a newer version.
        """
        path = folder / INDEX_NAME
        if not path.exists():
            raise InputError(
                f"{folder} is not a corpus: it has no {INDEX_NAME}; pass a corpus written by simulate, import, "
                "extract or curate"
            )
        found = reading.parse_json(reading.read_text(path, largest=JSON_LIMIT), path)
        if not isinstance(found, dict) or found.get("format") != "visavis corpus":
            raise InputError(f"{path} does not describe a corpus: its 'format' is not 'visavis corpus'")
        if (version := found.get("schema_version")) != SCHEMA_VERSION:
            raise InputError(
                f"{path} has schema version {str(version)[:20]}; this version of visavis reads {SCHEMA_VERSION}"
            )
        try:
            index = cls.model_validate(found)
        except ValidationError as error:
            first = error.errors()[0]
            field = ".".join(str(part)[:40] for part in first["loc"])
            raise InputError(f"{path}, field {field!r}: {first['msg']}") from None
        for table in index.tables:
            if table != slug(table):
                raise InputError(f"{path} names a table {table[:60]!r}, which is not a plain folder name")
        spaces = [[column.name for column in entry.columns] for entry in index.spaces.values()]
        for names in (*spaces, *(entry.columns for entry in index.tracks)):
            if wrong := ({*KEYS, "valid"} & set(names)) or {n for n in names if names.count(n) > 1}:
                raise InputError(f"{path}: a table cannot have the column {min(wrong)[:60]!r}, or cannot have it twice")
        return index


def slug(name: str) -> str:
    """A name that is safe as a folder."""
    return re.sub(r"[^A-Za-z0-9._-]", "_", name).lstrip(".")[:80] or "_"


def parse_json(text: str | bytes) -> Any:
    """JSON from a stranger.

    Raises:
        InputError: It is too large, nested too deeply, or not JSON.
    """
    if len(text) > JSON_LIMIT:
        raise InputError(f"larger than {JSON_LIMIT >> 20} MiB of JSON")
    try:
        return json.loads(text)
    except RecursionError:
        raise InputError("JSON nested too deeply") from None
    except ValueError as error:
        raise InputError(f"not valid JSON: {' '.join(str(error).split())[:120]}") from None


def dump_json(value: Any, field: str) -> str:
    """JSON text of plain values.

    Raises:
        InputError: The value cannot be written as JSON and read back.
    """
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise InputError(f"{field} contains a value that JSON cannot represent: {str(error)[:120]}") from None


@contextmanager
def naming(where: object) -> Iterator[None]:
    """Errors from within become one `InputError` that names `where`."""
    try:
        yield
    except InputError as error:
        if str(where) in str(error):
            raise
        raise InputError(f"{where}: {error}") from None
    except (pa.ArrowException, OSError, UnicodeError) as error:
        raise InputError(f"{where}: {plainly(error)}") from error
