"""The vectors of a corpus's listener clips, stored next to the corpus: ``<corpus>/retrieval/<encoder>/``.

    index.json                what it is: encoder, D, P, clips, the corpus's fingerprint
    clips-<fingerprint>.parquet     one row per clip: conversation, listener, start, stop, space
    units-<fingerprint>.parquet     one row per unit of work: its key and how many clips it gave
    whole-<fingerprint>.npy         float32 (N, D): each clip as a whole
    portions-<fingerprint>.npy      float32 (N, P * D): its parts in order of time; where P is above 0
    building/                 units that are done, while the index is being built

A unit is up to `UNIT` conversations of one part of the corpus. Its key changes with the part's files, so that a build
that was stopped goes on, and after a corpus has grown only what is new is embedded. ``index.json`` is replaced last.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from visavis.conversation.corpus_schema import JSON_LIMIT, naming, slug
from visavis.errors import InputError
from visavis.models.retrieval.nearest import Matrix
from visavis.models.retrieval.protocol import Array, ClipEncoder
from visavis.parquet import open_parquet, read_parquet
from visavis.reading import read_json

FOLDER = "retrieval"
INDEX_NAME = "index.json"
FORMAT = "visavis retrieval index"
VERSION = 1
CLIPS = pa.schema(
    {
        "conversation": pa.string(), "listener": pa.string(), "start": pa.float64(), "stop": pa.float64(),
        "space": pa.string(),
    }
)  # fmt: skip
UNITS = pa.schema({"unit": pa.string(), "clips": pa.int64()})


@dataclass(frozen=True)
class Entry:
    """A clip in an index; attributes as of `Clip`."""

    conversation: str
    listener: str
    start: float
    stop: float
    space: str


class ClipIndex:
    """An index that is there; use `ClipIndex.open`, or `visavis.models.retrieval.indexing.open_or_build`.

    Attributes:
        folder: Where it is.
        encoder: Name of the encoder.
        dim: D.
        portions: P.
        fingerprint: Of the corpus it was built from.
        whole: Unit vectors (N, D) of clips.
        parts: Unit vectors (N, P * D) of their portions; None where P is 0.
        clips: One row per clip, columns as in `CLIPS`.
    """

    def __init__(self, folder: Path) -> None:
        """Reads ``index.json`` and maps the vectors.

        Raises:
            InputError: It is damaged; the line says what and what to do.
        """
        self.folder = folder
        try:
            found = read_json(folder / INDEX_NAME, largest=JSON_LIMIT)
            if not isinstance(found, dict) or found.get("format") != FORMAT or found.get("version") != VERSION:
                raise InputError(f"{folder / 'index.json'}: not a retrieval index of version {VERSION}")
            try:
                self.encoder, self.fingerprint = str(found["encoder"]), slug(str(found["fingerprint"]))
                self.dim, self.portions = int(found["dim"]), int(found["portions"])
                count = int(found["clips"])
            except (KeyError, TypeError, ValueError, OverflowError):
                raise InputError(f"{folder / 'index.json'}: a field is missing or invalid") from None
            self.whole = Matrix(folder / f"whole-{self.fingerprint}.npy")
            self.parts = Matrix(folder / f"portions-{self.fingerprint}.npy") if self.portions else None
            self.clips = read_table(folder / f"clips-{self.fingerprint}.parquet", CLIPS)
            _check_spans(self.clips)
            shapes = {(len(self.whole), self.whole.rows.shape[1] == self.dim), (len(self.clips), True)}
            if self.parts is not None:
                shapes.add((len(self.parts), self.parts.rows.shape[1] == self.dim * self.portions))
            if shapes != {(count, True)}:
                raise InputError(f"{folder}: vectors and clips do not have the {count} rows stated in index.json")
        except InputError as error:
            raise InputError(f"the index is damaged: {error}; delete {folder} to rebuild it") from None

    @classmethod
    def open(cls, corpus: Path, encoder: ClipEncoder) -> ClipIndex:
        """The index of a corpus for an encoder, as it is.

        Raises:
            InputError: There is none for this encoder, or it is damaged.
        """
        folder = index_folder(corpus, encoder.name)
        if not (folder / INDEX_NAME).is_file():
            others = [cls(path.parent).encoder for path in sorted((corpus / FOLDER).glob("*/index.json"))]
            known = f"; there are indexes for {', '.join(map(repr, others))}" if others else ""
            raise InputError(
                f"{corpus}: has no index for encoder {encoder.name!r}{known}; run retrieve with this encoder to "
                "build one"
            )
        index = cls(folder)
        index.check(encoder)
        return index

    def check(self, encoder: ClipEncoder) -> None:
        """Raises `InputError` where the vectors cannot be compared with the encoder's."""
        mine, its = (self.encoder, self.dim, self.portions), (encoder.name, encoder.dim, encoder.portions)
        if mine != its:
            raise InputError(
                f"{self.folder}: the index is of encoder {self.encoder!r} ({self.dim} numbers, {self.portions} "
                f"portions), not of {encoder.name!r} ({encoder.dim}, {encoder.portions}); retrieve with "
                f"{self.encoder!r}, or delete the folder to rebuild it"
            )

    def __len__(self) -> int:
        return len(self.clips)

    @property
    def approximate(self) -> bool:
        """Whether FAISS searches, which may miss a few of the best clips."""
        return self.whole.approximate

    def entry(self, row: int) -> Entry:
        """Which clip a row is."""
        return Entry(**self.clips.slice(row, 1).to_pylist()[0])

    def vectors(self, rows: Sequence[int]) -> Array:
        """Unit vectors (N, D) of whole clips."""
        return np.array(self.whole.rows[list(rows)])

    def search(self, text: Array, count: int) -> tuple[NDArray[np.intp], Array]:
        """The clips that as a whole are nearest to a text.

        Args:
            text: Unit vector (D,).
            count: How many; above the number of clips, all of them.

        Returns:
            Rows, best first, and their cosines.

        Raises:
            InputError: Less than one is asked for.
        """
        return self.whole.top(text, self._counted(count))

    def search_portions(self, texts: Array, count: int) -> tuple[NDArray[np.intp], Array]:
        """The clips whose portions are nearest to a text each, on average.

        Args:
            texts: Unit vectors (P, D).
            count: As of `search`.

        Returns:
            Rows, best first, and the mean over the portions of the cosines.

        Raises:
            InputError: Less than one is asked for, or the encoder knows no portions.
        """
        if self.parts is None or texts.shape != (self.portions, self.dim):
            raise InputError(f"texts of shape {texts.shape}; the index has {self.portions} portions of {self.dim}")
        return self.parts.top(np.asarray(texts / self.portions, np.float32).ravel(), self._counted(count))

    def _counted(self, count: int) -> int:
        if count < 1:
            raise InputError(f"{count} clips; request at least 1")
        return min(count, len(self))


def index_folder(corpus: Path, encoder: str) -> Path:
    """Where the index of a corpus for the encoder of a name is."""
    return corpus / FOLDER / slug(encoder)


def read_table(path: Path, schema: pa.Schema) -> pa.Table:
    """A table of an index.

    Raises:
        InputError: It is missing or damaged.
    """
    with naming(path):
        table = read_parquet(open_parquet(path), path)
        if table.schema.names != schema.names:
            raise InputError(f"has columns {table.schema.names}")
        if any(column.null_count for column in table.columns):
            raise InputError("has empty fields")
        return table.cast(schema)


def _check_spans(clips: pa.Table) -> None:
    """Raises `InputError` unless every clip begins and then ends."""
    start, stop = (clips[name].to_numpy() for name in ("start", "stop"))
    if not (np.isfinite(stop).all() and (start >= 0).all() and (stop > start).all()):
        raise InputError("a clip has no start and stop in seconds")
