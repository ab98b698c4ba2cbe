"""Rows that are on disk once they are acknowledged, and are stored exactly once."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterable
from pathlib import Path
from typing import ClassVar, Generic, TypeVar

from pydantic import Field

from visavis.errors import InputError, plainly
from visavis.preference.forced_choice.design import Kind, ScreenSide
from visavis.settings import Section, validate

ANSWERS_NAME, PARTICIPANTS_NAME = "answers.csv", "participants.csv"
CODE = r"^[A-Za-z0-9_-]{1,64}$"


class Row(Section):
    """One line of a table; empty cells are None."""

    FILE: ClassVar[str]

    @classmethod
    def columns(cls) -> list[str]:
        """The header."""
        return list(cls.model_fields)

    def cells(self) -> list[str]:
        """What stands in the line."""
        return ["" if value is None else str(value) for value in self.model_dump().values()]


class Joined(Row):
    """Somebody agreed to take part.

    Attributes:
        time: ISO 8601, UTC.
        participant: The code.
        place: Which of the study's sessions, from 0.
    """

    FILE = PARTICIPANTS_NAME
    time: str
    participant: str = Field(pattern=CODE)
    place: int = Field(ge=0)


class Answer(Row):
    """One choice.

    Attributes:
        time: When it was stored, ISO 8601, UTC.
        participant: Whose it is.
        trial: Which of the session's trials, from 0.
        kind: See `Trial`.
        scene: The item or check.
        left: The method shown on the left.
        right: The method shown on the right.
        choice: The side that was chosen.
        chosen: The method that was chosen.
        seconds: From when the trial was shown until the choice was sent, by the browser's clock.
        plays_left: How often the left option was played to its end.
        plays_right: How often the right one was.
        passed: In checks, 1 or 0.
    """

    FILE = ANSWERS_NAME
    time: str
    participant: str = Field(pattern=CODE)
    trial: int = Field(ge=0)
    kind: Kind
    scene: str
    left: str
    right: str
    choice: ScreenSide
    chosen: str
    seconds: float = Field(ge=0, allow_inf_nan=False)
    plays_left: int = Field(ge=1)
    plays_right: int = Field(ge=1)
    passed: int | None = Field(default=None, ge=0, le=1)


AnyRow = TypeVar("AnyRow", bound=Row)


class Table(Generic[AnyRow]):
    """A CSV file that grows by whole lines: `append` returns once the line is on the disk.

    A line that was cut off in the middle, when the machine went down, was never acknowledged; it is taken away.

    Args:
        folder: Of the study.
        kind: What a line is.

    Attributes:
        rows: All lines so far.
    """

    def __init__(self, folder: Path, kind: type[AnyRow]) -> None:
        self.path = folder / kind.FILE
        self.rows = read_rows(folder, kind)
        try:
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

    def _write(self, lines: Iterable[list[str]]) -> None:
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(lines)
        data = text.getvalue().encode("utf-8")
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
    path = folder / kind.FILE
    try:
        data = path.read_bytes()
        text = data[: data.rfind(b"\n") + 1].decode("utf-8")
    except FileNotFoundError:
        return []
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read: {plainly(error)}") from None
    lines = list(csv.reader(io.StringIO(text, newline="")))
    if lines and lines[0] != kind.columns():
        raise InputError(f"{path}: the columns are not {','.join(kind.columns())}; restore the file")
    rows = []
    for number, cells in enumerate(lines[1:], start=2):
        if len(cells) != len(kind.columns()):
            raise InputError(f"{path}, line {number}: {len(cells)} cells, not {len(kind.columns())}; restore the file")
        values = {name: cell if cell else None for name, cell in zip(kind.columns(), cells, strict=True)}
        rows.append(validate(kind, values, f"{path}, line {number}"))
    return rows


def _sync_folder(folder: Path) -> None:
    """Makes the file's name last, not only its content."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


class Answers:
    """The two tables of a study as they stand, for counting.

    Args:
        folder: Of the study.

    Raises:
        InputError: A table is damaged.
    """

    def __init__(self, folder: Path) -> None:
        self.joined = read_rows(folder, Joined)
        self.answers = read_rows(folder, Answer)
