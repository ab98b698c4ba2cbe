"""A forced-choice study from its plan to its results: build the folder, serve it, report what people chose."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from visavis.files import atomic_write
from visavis.preference.study.build import build_study
from visavis.preference.study.design import Design, check_files, read_design
from visavis.preference.study.plan import read_plan
from visavis.preference.study.register import Register
from visavis.preference.study.server import serve
from visavis.reporter import SILENT, Reporter
from visavis.workflows.run_folder import results_folder

if TYPE_CHECKING:
    from visavis.preference.study.results import Results

PAGE, CHART, TABLE = "study.html", "study.png", "study.csv"


@dataclass(frozen=True)
class Reported:
    """What was found and written.

    Attributes:
        results: The numbers.
        text: The same in lines.
        files: What was written.
    """

    results: Results
    text: str
    files: tuple[Path, ...]


def build(plan: Path, out: Path, *, reporter: Reporter = SILENT) -> Design:
    """Makes a study's folder from its plan.

    Args:
        plan: A YAML file; see `visavis.preference.study.plan.Plan`.
        out: The study's folder; must not exist, or be empty.
        reporter: Takes one note for each file or item that cannot be used, and shows progress.

    Raises:
        InputError: The plan, a file that it names, or `out` cannot be used.
    """
    wanted = read_plan(plan)
    with results_folder(out):
        return build_study(wanted, plan.parent, out, reporter=reporter)


def run(folder: Path, host: str, port: int, *, ready: Callable[[str], None] = lambda _address: None) -> int:
    """Serves a study until it is stopped with Ctrl-C; answers go on where they were.

    Args:
        folder: Of the study.
        host: Address to listen on.
        port: To listen on; 0 for any that is free.
        ready: Takes the page's address once it can be opened.

    Returns:
        How many answers there are now.

    Raises:
        InputError: It is no study, files of it are missing, its tables are damaged or cannot be written, the address
            cannot be used, or another process serves it.
        MissingExtraError: The web server is not installed.
    """
    design = read_design(folder)
    check_files(design, folder)
    register = Register(design, folder)
    try:
        serve(register, folder, host, port, ready=ready)
    except KeyboardInterrupt:  # how a server is meant to end
        pass
    finally:
        register.close()
    return register.stored


def report(folder: Path, out: Path) -> Reported:
    """Writes ``study.html``, ``study.png`` and ``study.csv``; the study may go on while it is counted.

    Args:
        folder: Of the study.
        out: Folder for the report; an earlier one in it is replaced.

    Raises:
        InputError: It is no study, its tables are damaged, or `out` cannot be written.
    """
    from visavis.preference.study.answers import Answers
    from visavis.preference.study.report import as_csv, as_html, as_png, summary
    from visavis.preference.study.results import count

    design = read_design(folder)
    found = count(design, Answers(folder))
    picture = as_png(design, found)
    contents = {
        PAGE: as_html(design, found, picture).encode(), CHART: picture, TABLE: as_csv(found).encode(),
    }  # fmt: skip
    with results_folder(out):
        for name, data in contents.items():
            with atomic_write(out / name) as temporary:
                temporary.write_bytes(data)
    return Reported(found, summary(design, found), tuple(out / name for name in contents))
