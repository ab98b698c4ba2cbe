"""CSV tables: read as programs and countries write them, and written so that no spreadsheet runs what is in a cell."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from visavis.errors import InputError, plainly
from visavis.reading import LARGEST_TEXT, read_text

_DELIMITERS = ",;\t|"
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_NUMBER = re.compile(r"[+-]?(\d[\d,. ]*%?|\d+\.?\d*e[+-]?\d+|inf|nan)", re.IGNORECASE)


@dataclass(frozen=True)
class Table:
    """A CSV file with a header.

    Attributes:
        header: Names of the columns, without blanks around them.
        rows: Number of the line on which each row ends, and its cells; can be walked through once. Blank lines are
            left out.
    """

    header: list[str]
    rows: Iterator[tuple[int, list[str]]]


def read_table(path: str | Path, *, largest: int = LARGEST_TEXT) -> Table:
    """Opens a CSV file, whose columns are divided by commas, semicolons, tabs or bars, in UTF-8 or UTF-16.

    Args:
        path: The file.
        largest: Bytes that it may have.

    Raises:
        InputError: It cannot be read or is no table; that of a damaged row comes when its turn comes.
    """
    text = read_text(path, largest=largest).replace("\r\n", "\n").replace("\r", "\n")
    told = re.match(r"sep=(.)\n", text)  # which spreadsheets write before the header, for one another
    start = told.end() if told else 0
    first = text[start:].lstrip("\n").partition("\n")[0]
    delimiter = told[1] if told else max(_DELIMITERS, key=lambda d: len(_cells(first, d)))
    lines = _lines(text[start:], delimiter, 1 if told else 0, path)
    _, header = next(lines, (0, []))
    return Table([name.strip() for name in header], lines)


def _cells(line: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return []


def _lines(text: str, delimiter: str, before: int, path: str | Path) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text), delimiter=delimiter)
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield reader.line_num + before, cells
    except csv.Error as error:
        raise InputError(f"{path}, line {reader.line_num + before}: not a CSV table ({plainly(error)})") from None


def decimal(text: str) -> float:
    """The number in a cell, with a decimal point or, as in most of Europe, a decimal comma; NaN if it is none."""
    text = text.strip()
    try:
        return float(text.replace(",", ".", 1) if text.count(",") == 1 and "." not in text else text)
    except ValueError:
        return float("nan")


def csv_text(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """CSV text with a line for each row; see `cell`."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([*map(cell, row)] for row in chain([header], rows))
    return text.getvalue()


def cell(value: Any) -> Any:
    """What to write for a value: text that a spreadsheet would run as a formula gets an apostrophe, which says "text".

    Source: OWASP, "CSV Injection". Numbers, also as text, stay what they are.
    """
    if isinstance(value, str) and value.startswith(_FORMULA) and not _NUMBER.fullmatch(value):
        return "'" + value
    return value
