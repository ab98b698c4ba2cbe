"""A study of any kind from plan to results: build the folder, serve it, report what people answered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from visavis.files import atomic_write, results_folder
from visavis.preference.kinds import Address, Built, kind_of, read_plan
from visavis.reporter import SILENT, Reporter


@dataclass(frozen=True)
class Reported:
    """What was found and written.

    Attributes:
        text: The numbers in lines.
        files: What was written.
    """

    text: str
    files: tuple[Path, ...]


def build(plan: Path, out: Path, *, reporter: Reporter = SILENT) -> Built:
    """Makes a study's folder from its plan.

    Args:
        plan: A YAML file; its ``kind`` says how people are asked (`visavis.preference.kinds`).
        out: The study's folder; must not exist, or be empty.
        reporter: Takes one note for each file or item that cannot be used, and shows progress.

    Raises:
        InputError: The plan, a file that it names, or `out` cannot be used.
    """
    kind, values = read_plan(plan)
    with results_folder(out):
        return kind.build(values, plan, out, reporter)


def run(folder: Path, at: Address, *, ready: Callable[[str], None] = lambda _address: None) -> int:
    """Serves a study until it is stopped with Ctrl-C; see `visavis.preference.kinds.StudyKind.serve`."""
    return kind_of(folder).serve(folder, at, ready)


def report(folder: Path, out: Path) -> Reported:
    """Counts a study's answers and writes the report; the study may go on meanwhile.

    Args:
        folder: Of the study.
        out: Folder for the report; an earlier one in it is replaced.

    Raises:
        InputError: It is not a study, its tables are damaged, or `out` cannot be written.
    """
    found = kind_of(folder).report(folder)
    with results_folder(out):
        for name, data in found.files.items():
            with atomic_write(out / name) as temporary:
                temporary.write_bytes(data)
    return Reported(found.text, tuple(out / name for name in found.files))
