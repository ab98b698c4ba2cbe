"""A benchmark's report: tables as Markdown for people, as JSON and CSV for programs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from visavis import __version__
from visavis.command import command_line
from visavis.evaluation.side_by_side import Rows, as_csv, as_dict, summary, table
from visavis.files import atomic_write

Header = tuple[tuple[str, str], ...]
"""Lines about a run: name and value."""
NOT_MEASURED = "not measured: "


@dataclass(frozen=True)
class Section:
    """One table.

    Attributes:
        title: Its heading.
        rows: Methods by name.
        about: Lines above it.
        remarks: Lines below it, such as what the figures say.
        first: Title of the column of names.
        marks: By row and column, what is put behind a value.
    """

    title: str
    rows: Rows
    about: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    first: str = "method"
    marks: Mapping[tuple[str, str], str] = field(default_factory=dict)

    def lines(self) -> list[str]:
        """The table in Markdown."""
        return table(self.rows, first=self.first, marks=self.marks)


@dataclass(frozen=True)
class Report:
    """What a benchmark found.

    Attributes:
        title: The heading.
        header: Lines about the run.
        about: What was done, and what the columns are.
        sections: The tables.
        notes: Lines about what was fulfilled with limitations.
    """

    title: str
    header: Header
    about: tuple[str, ...]
    sections: tuple[Section, ...]
    notes: tuple[str, ...] = ()

    def markdown(self) -> str:
        """Everything for people."""
        lines = [f"# {self.title}", "", *(f"- {name}: {value}" for name, value in self.header)]
        lines += [*(f"- note: {note}" for note in self.notes), "", *self.about, ""]
        for section in self.sections:
            lines += [f"## {section.title}", "", *(_block(section.about)), *section.lines(), ""]
            lines += _block(section.remarks)
        return "\n".join(lines).rstrip() + "\n"

    def as_dict(self) -> dict[str, Any]:
        """Everything for programs, as plain values."""
        return {
            **dict(self.header), "notes": list(self.notes),
            "tables": {section.title: as_dict(section.rows) for section in self.sections},
            "remarks": {s.title: [line.removeprefix("- ") for line in s.remarks] for s in self.sections if s.remarks},
        }  # fmt: skip

    def summary(self) -> str:
        """All tables for a terminal, values without intervals."""
        return "\n\n".join(f"{section.title}\n{summary(section.lines())}" for section in self.sections)

    def write(self, out: Path) -> None:
        """Writes ``report.md``, ``report.json`` and ``report.csv``.

        Raises:
            InputError: A file cannot be written.
        """
        tables = {section.title: section.rows for section in self.sections}
        write_texts(out, {"report.md": self.markdown(), "report.json": as_json(self.as_dict()),
                          "report.csv": as_csv(tables)})  # fmt: skip


def _block(lines: tuple[str, ...]) -> list[str]:
    return [*lines, ""] if lines else []


def as_json(content: Mapping[str, Any]) -> str:
    """Plain values as a file of JSON."""
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def write_texts(out: Path, texts: Mapping[str, str]) -> None:
    """Writes files, each in one go.

    Raises:
        InputError: A file cannot be written.
    """
    for name, text in texts.items():
        with atomic_write(out / name) as temporary:
            temporary.write_text(text, "utf-8")


def how_made() -> Header:
    """The last lines of every header: the version, and the command that made the report."""
    return ("visavis", __version__), ("command", command_line())


def short_names(names: Sequence[str]) -> dict[str, str]:
    """What a table calls what was asked for by names: of a folder the last two parts, if that tells it apart.

    Returns:
        The names, by what they are called.
    """
    parts = [name.rpartition(":") for name in names]
    called = [kind + colon + "/".join(Path(rest).parts[-2:]) for kind, colon, rest in parts]
    return {each if called.count(each) == 1 else name: name for each, name in zip(called, names, strict=True)}
