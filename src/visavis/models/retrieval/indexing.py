"""Builds an index of clips, next to the corpus and one unit at a time."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from visavis.conversation.corpus import Corpus
from visavis.conversation.corpus_schema import Index
from visavis.errors import InputError, plainly
from visavis.files import atomic_write
from visavis.models.retrieval.clips import Passed, corpus_clips, need_clips
from visavis.models.retrieval.index import (
    CLIPS,
    FORMAT,
    INDEX_NAME,
    UNITS,
    VERSION,
    ClipIndex,
    index_folder,
    read_table,
)
from visavis.models.retrieval.nearest import LARGE, find_faiss, prepare
from visavis.models.retrieval.pictures import PictureSource
from visavis.models.retrieval.protocol import Array, Clip, ClipEncoder
from visavis.parquet import open_parquet
from visavis.reading import read_arrays, regular_file
from visavis.reporter import SILENT, Reporter, Update

UNIT = 16
"""Conversations that are embedded between two saves."""
BATCH = 64
"""Clips that are embedded at once."""
_TAIL = 4096
"""Bytes at the end of a table that count for its fingerprint: where Parquet says what is in it."""


def open_or_build(
    corpus: Path, encoder: ClipEncoder, *, pictures: PictureSource | None = None, reporter: Reporter = SILENT
) -> ClipIndex:
    """The index of a corpus for an encoder; built where it is missing, brought up to date where the corpus changed.

    Args:
        corpus: Its folder.
        encoder: Of clips and texts.
        pictures: Where pictures come from, for encoders that look at pictures.
        reporter: Takes notes, and shows progress where there is something to do.

    Raises:
        InputError: It is not a corpus, it has no clips, the index is damaged or of another encoder, or the folder
            cannot be written.
    """
    from filelock import FileLock

    units = corpus_units(corpus, pictures.kind if pictures else "motion")
    folder = index_folder(corpus, encoder.name)
    index = _current(folder, encoder, units)
    if index is None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with FileLock(folder / ".lock"):
                index = _current(folder, encoder, units)  # another process may just have built it
                if index is None:
                    with reporter.progress(f"indexing {corpus.name}") as update:
                        index = _Build(corpus, encoder, folder, units, pictures, update).run()
        except OSError as error:
            raise InputError(f"{folder}: cannot be written: {plainly(error)}") from error
    if len(index) > LARGE and find_faiss() is None:
        reporter.note(
            f"{len(index):,} clips are compared exhaustively, about {len(index) * index.dim * 4 / 1e10:.2f} s a query; "
            "pip install 'visavis[search]' and delete the index to search with FAISS"
        )
    return index


@dataclass(frozen=True)
class Unit:
    """Conversations `start` to `stop` of a corpus, which are embedded together."""

    key: str
    start: int
    stop: int


def corpus_units(corpus: Path, kind: str = "motion") -> list[Unit]:
    """The units of work that a corpus is, in order; found out from the sizes and ends of its tables.

    Args:
        corpus: Its folder.
        kind: Of what is looked at, which belongs to the units' keys.

    Raises:
        InputError: It is not a corpus, or broken.
    """
    index = Index.read(corpus)
    units = []
    first = 0
    for part in range(index.parts):
        key, count = _part_key(corpus, part, ("conversations", "participants", "utterances", *index.tables))
        spans = ((start, min(start + UNIT, count)) for start in range(0, count, UNIT))
        units += [Unit(f"{key}-{kind}-{start:05d}", first + start, first + stop) for start, stop in spans]
        first += count
    return units


def _part_key(corpus: Path, part: int, tables: Sequence[str]) -> tuple[str, int]:
    """A part's digest, and how many conversations it has."""
    digest = hashlib.sha256()
    for table in sorted(tables):
        path = corpus / table / f"{part:05d}.parquet"
        size = path.stat().st_size if path.exists() else -1
        digest.update(f"{table} {size} ".encode())
        if table in ("conversations", "participants") and size > 0:
            with regular_file(path).open("rb") as file:
                file.seek(max(0, size - _TAIL))
                digest.update(file.read())
    rows = open_parquet(corpus / "conversations" / f"{part:05d}.parquet").metadata.num_rows
    return digest.hexdigest()[:24], rows


def fingerprint(units: Sequence[Unit]) -> str:
    """Changes when a corpus does, of which these are the units."""
    return hashlib.sha256(" ".join(unit.key for unit in units).encode()).hexdigest()[:16]


def _current(folder: Path, encoder: ClipEncoder, units: Sequence[Unit]) -> ClipIndex | None:
    """The index that is there, if it is of the corpus as it is now."""
    if not (folder / INDEX_NAME).is_file():
        return None
    index = ClipIndex(folder)
    index.check(encoder)
    return index if index.fingerprint == fingerprint(units) else None


@dataclass(frozen=True)
class _Done:
    """What a unit gave: whole clips (N, D), their portions (N, P * D), and which clips they are."""

    whole: Array
    portions: Array
    clips: pa.Table


@dataclass
class _Build:
    """One index in the making."""

    corpus: Path
    encoder: ClipEncoder
    folder: Path
    units: Sequence[Unit]
    pictures: PictureSource | None
    update: Update

    def run(self) -> ClipIndex:
        work = self.folder / "building"
        work.mkdir(exist_ok=True)
        try:
            return self._run(work)
        finally:
            if work.exists() and not any(work.iterdir()):  # what is done is kept for the next time
                work.rmdir()
                if not (self.folder / INDEX_NAME).exists():
                    shutil.rmtree(self.folder)

    def _run(self, work: Path) -> ClipIndex:
        before = _Before(self.folder)
        opened = Corpus.open(self.corpus)
        passed = Passed()
        counts = []
        for number, unit in enumerate(self.units, start=1):
            counts.append(before.count(unit.key))
            if counts[-1] is None:
                path = work / f"{unit.key}.npz"
                done = _load(path) or self._embed(opened, unit, passed)
                if not path.exists():
                    _save(done, path)
                counts[-1] = len(done.whole)
            self.update(0.95 * number / len(self.units))
        total = sum(count or 0 for count in counts)
        if not total:
            for path in work.iterdir():
                path.unlink()
            need_clips(opened, total, passed)
        self._write(work, before, counts, total)
        return ClipIndex(self.folder)

    def _embed(self, corpus: Corpus, unit: Unit, passed: Passed) -> _Done:
        whole, portions, rows = [], [], []
        found = corpus_clips(corpus, corpus.ids[unit.start : unit.stop], pictures=self.pictures, passed=passed)
        for clips in _batches(found, BATCH):
            vectors = np.asarray(self.encoder.embed_clips(clips), np.float32)
            wanted = (len(clips), 1 + self.encoder.portions, self.encoder.dim)
            if vectors.shape != wanted or not np.isfinite(vectors).all():
                raise InputError(
                    f"encoder {self.encoder.name!r} returned vectors of {vectors.shape}, not finite {wanted}"
                )
            whole.append(vectors[:, 0])
            portions.append(vectors[:, 1:].reshape(len(clips), -1))
            rows += [_row(clip) for clip in clips]
        dim, width = self.encoder.dim, self.encoder.portions * self.encoder.dim
        return _Done(
            np.concatenate([np.zeros((0, dim), np.float32), *whole]),
            np.concatenate([np.zeros((0, width), np.float32), *portions]),
            pa.Table.from_pylist(rows, CLIPS),
        )

    def _write(self, work: Path, before: _Before, counts: Sequence[int | None], total: int) -> None:
        """All units one after the other under the index's names, then ``index.json``."""
        named = fingerprint(self.units)
        widths = {"whole": self.encoder.dim, "portions": self.encoder.portions * self.encoder.dim}
        vectors = {
            name: np.lib.format.open_memmap(work / f"{name}-{named}.npy", "w+", np.float32, (total, width))
            for name, width in widths.items()
            if width
        }
        row = 0
        with pq.ParquetWriter(work / f"clips-{named}.parquet", CLIPS) as clips:
            for unit in self.units:
                done = before.load(unit.key) or _load(work / f"{unit.key}.npz")
                if done is None:
                    raise InputError(f"{work}: lost {unit.key} while the index was being written; try again")
                for name, part in (("whole", done.whole), ("portions", done.portions)):
                    if name in vectors:
                        vectors[name][row : row + len(part)] = part
                row += len(done.whole)
                if len(done.clips):
                    clips.write_table(done.clips)
        keys = {"unit": [unit.key for unit in self.units], "clips": [count or 0 for count in counts]}
        pq.write_table(pa.table(keys, UNITS), work / f"units-{named}.parquet")
        for array in vectors.values():
            array.flush()
        names = list(vectors)
        vectors.clear()
        for name in names:
            prepare(work / f"{name}-{named}.npy", lambda share: self.update(0.95 + 0.05 * share))
        for path in work.glob(f"*-{named}.*"):
            path.replace(self.folder / path.name)
        about = {
            "format": FORMAT, "version": VERSION, "encoder": self.encoder.name, "dim": self.encoder.dim,
            "portions": self.encoder.portions, "clips": total, "fingerprint": named,
        }  # fmt: skip
        with atomic_write(self.folder / INDEX_NAME) as temporary:
            temporary.write_text(json.dumps(about, indent=1), encoding="utf-8")
        for path in self.folder.glob("*-*.*"):
            if named not in path.name:
                path.unlink()
        shutil.rmtree(work)


class _Before:
    """The index that is there already, by units."""

    def __init__(self, folder: Path) -> None:
        self._index = ClipIndex(folder) if (folder / INDEX_NAME).is_file() else None
        self._spans: dict[str, tuple[int, int]] = {}
        if self._index is not None:
            path = folder / f"units-{self._index.fingerprint}.parquet"
            row = 0
            for unit in read_table(path, UNITS).to_pylist() if path.is_file() else []:
                self._spans[unit["unit"]] = (row, row + unit["clips"])
                row += unit["clips"]
                if unit["clips"] < 0 or row > len(self._index):
                    raise InputError(f"{path}: does not belong to the clips beside it; delete {folder} to rebuild it")

    def count(self, key: str) -> int | None:
        if key not in self._spans:
            return None
        start, stop = self._spans[key]
        return stop - start

    def load(self, key: str) -> _Done | None:
        if self._index is None or key not in self._spans:
            return None
        start, stop = self._spans[key]
        parts = self._index.parts
        portions = np.zeros((stop - start, 0), np.float32) if parts is None else parts.rows[start:stop]
        return _Done(self._index.whole.rows[start:stop], portions, self._index.clips.slice(start, stop - start))


def _batches(clips: Iterable[Clip], size: int) -> Iterator[list[Clip]]:
    clips = iter(clips)
    while batch := list(islice(clips, size)):
        yield batch


def _row(clip: Clip) -> dict[str, str | float]:
    return {
        "conversation": clip.conversation, "listener": clip.listener, "start": clip.start, "stop": clip.stop,
        "space": clip.motion.space.name,
    }  # fmt: skip


def _save(done: _Done, path: Path) -> None:
    with atomic_write(path) as temporary, temporary.open("wb") as file:
        columns = {name: np.array(done.clips[name].to_pylist()) for name in CLIPS.names}
        np.savez(file, whole=done.whole, portions=done.portions, **columns)  # type: ignore[arg-type]


def _load(path: Path) -> _Done | None:
    """A unit that was saved; None where there is none, or it cannot be read and is made again."""
    try:
        stored = read_arrays(path)
        table = pa.table({name: stored[name].tolist() for name in CLIPS.names}, CLIPS)
        return _Done(stored["whole"], stored["portions"], table)
    except (InputError, KeyError, pa.ArrowException):
        path.unlink(missing_ok=True)
        return None
