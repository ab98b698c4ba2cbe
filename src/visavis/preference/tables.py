"""Tables of a study: rows that are on disk once they are acknowledged, and are stored exactly once."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterable
from pathlib import Path
from typing import ClassVar, Generic, TypeVar

from visavis.errors import InputError, plainly
from visavis.reading import read_bytes
from visavis.settings import Section, validate


class Row(Section):
    """One line of a table; empty cells are None.

    Columns that may be empty can be added at the end later: tables from before have fewer.
    """

    FILE: ClassVar[str]

    @classmethod
    def columns(cls) -> list[str]:
        """The header."""
        return list(cls.model_fields)

    def cells(self) -> list[str]:
        """What stands in the line."""
        return ["" if value is None else str(value) for value in self.model_dump().values()]


AnyRow = TypeVar("AnyRow", bound=Row)


class Table(Generic[AnyRow]):
    """A CSV file that grows by whole lines: `append` returns once the line is on the disk.

    A line that was cut off in the middle, when the machine went down, was never acknowledged; it is taken away. A table
    from before its last columns were added gets them, empty.

    Args:
        folder: Of the study.
        kind: What a line is.

    Attributes:
        rows: All lines so far.
    """

    def __init__(self, folder: Path, kind: type[AnyRow]) -> None:
        self.path = folder / kind.FILE
        header, self.rows = _read(folder, kind)
        try:
            if header not in ([], kind.columns()):
                self._rewrite(kind)
            self._file = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o644)
            whole = self.path.read_bytes()
            self._end = whole.rfind(b"\n") + 1
            os.ftruncate(self._file, self._end)
            if self._end == 0:
                self._write([kind.columns()])
            _sync_folder(folder)
        except OSError as error:
            raise InputError(f"{self.path}: cannot be written: {plainly(error)}") from error

    def append(self, row: AnyRow) -> None:
        """Adds a line.

        Raises:
            OSError: It is not on the disk; the file is as it was.
        """
        self._write([row.cells()])
        self.rows.append(row)

    def _rewrite(self, kind: type[AnyRow]) -> None:
        """All lines anew under all columns."""
        temporary = self.path.with_name(f".{self.path.name}.tmp")
        with temporary.open("wb") as file:
            file.write(_lines([kind.columns(), *(row.cells() for row in self.rows)]))
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(self.path)

    def _write(self, lines: Iterable[list[str]]) -> None:
        data = _lines(lines)
        try:
            written = 0
            while written < len(data):
                written += os.pwrite(self._file, data[written:], self._end + written)
            os.fsync(self._file)
        except OSError:
            os.ftruncate(self._file, self._end)
            raise
        self._end += len(data)

    def close(self) -> None:
        """Closes the file."""
        os.close(self._file)


def read_rows(folder: Path, kind: type[AnyRow]) -> list[AnyRow]:
    """All whole lines of a table; none where there is no file yet.

    Raises:
        InputError: The file cannot be read, or a line of it is not what it should be.
    """
    return _read(folder, kind)[1]


def _read(folder: Path, kind: type[AnyRow]) -> tuple[list[str], list[AnyRow]]:
    """The header and all whole lines."""
    path = folder / kind.FILE
    if not path.exists():
        return [], []
    try:
        data = read_bytes(path)
        text = data[: data.rfind(b"\n") + 1].decode("utf-8")
        lines = list(csv.reader(io.StringIO(text, newline="")))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path}: cannot be read: {plainly(error)}; restore the file") from None
    if not lines:
        return [], []
    header = lines[0]
    added = kind.columns()[len(header) :]
    if [*header, *added] != kind.columns() or any(kind.model_fields[name].is_required() for name in added):
        raise InputError(f"{path}: the columns are not {','.join(kind.columns())}; restore the file")
    rows = []
    for number, cells in enumerate(lines[1:], start=2):
        if len(cells) != len(header):
            raise InputError(f"{path}, line {number}: {len(cells)} cells, not {len(header)}; restore the file")
        values = {name: cell if cell else None for name, cell in zip(header, cells, strict=True)}
        rows.append(validate(kind, values, f"{path}, line {number}"))
    return header, rows


def _lines(rows: Iterable[list[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode("utf-8")


def _sync_folder(folder: Path) -> None:
    """Makes the file's name last, not only its content."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
