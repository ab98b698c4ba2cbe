"""Kinds of studies: how each is built from a plan, served, and analysed.

A kind is a package of its own and one line in `KINDS`; other packages add theirs by an entry point of the group
``visavis.studies``. A plan says of which kind it is (``kind:``), and so does the ``design.json`` of the study's folder.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar

from visavis import plugins
from visavis.errors import InputError
from visavis.reporter import Reporter

DESIGN_NAME = "design.json"
"""The file of a study's folder that says what the study is."""
GROUP = "visavis.studies"
KINDS: Mapping[str, str] = {"forced-choice": "visavis.preference.forced_choice.kind:ForcedChoice"}
"""By name, ``module:Class`` of a `StudyKind`."""
USUAL = "forced-choice"
"""What a plan is of that does not say."""
_LARGEST = 4_000_000


@dataclass(frozen=True)
class Built:
    """A study's folder was made.

    Attributes:
        summary: One line: how many trials and people.
    """

    summary: str


@dataclass(frozen=True)
class Address:
    """Where a study is served, and to whom.

    Attributes:
        host: Address to listen on.
        port: To listen on; 0 for any that is free.
        names: Host names under which it is reached, besides this machine's; a request under another is refused.
        per_address: People of one network address that may be new at the same time; 0 for any number, None for as
            many as suit the study.
    """

    host: str = "127.0.0.1"
    port: int = 8000
    names: tuple[str, ...] = ()
    per_address: int | None = None


@dataclass(frozen=True)
class Report:
    """The answers were counted.

    Attributes:
        text: The numbers in lines.
        files: What the report consists of, by name.
    """

    text: str
    files: Mapping[str, bytes]


class StudyKind(ABC):
    """One way of asking people.

    Attributes:
        name: As plans have it.
        summary: One line for help texts.
    """

    name: ClassVar[str]
    summary: ClassVar[str]

    @abstractmethod
    def build(self, plan: Mapping[str, Any], path: Path, out: Path, reporter: Reporter) -> Built:
        """Makes a study's folder, with a `DESIGN_NAME` whose ``kind`` is `name`.

        Args:
            plan: What the plan says, without its ``kind``.
            path: Where the plan is; its paths are relative to its folder.
            out: The study's folder; must not exist, or be empty.
            reporter: Takes one note for each file or item that cannot be used, and shows progress.

        Raises:
            InputError: The plan, a file that it names, or `out` cannot be used.
        """

    @abstractmethod
    def serve(self, folder: Path, at: Address, ready: Callable[[str], None]) -> int:
        """Serves a study until it is stopped with Ctrl-C, and resumes with the answers that are stored.

        Args:
            folder: Of the study.
            at: Where to serve it, and to whom.
            ready: Takes the page's address once it can be opened.

        Returns:
            How many answers are stored now.

        Raises:
            InputError: Files of it are missing, its tables are damaged or cannot be written, the address cannot be
                used, or another process serves it.
            MissingExtraError: The web server is not installed.
        """

    @abstractmethod
    def report(self, folder: Path) -> Report:
        """Counts the answers; the study may go on meanwhile.

        Raises:
            InputError: Its tables are damaged.
        """


def kind_names() -> list[str]:
    """All kinds, ours first."""
    return [*KINDS, *(name for name in plugins.installed(GROUP) if name not in KINDS)]


def get_kind(name: str) -> StudyKind:
    """The kind called `name`.

    Raises:
        InputError: There is none; the message lists those there are.
    """
    if name in KINDS:
        module, _, member = KINDS[name].partition(":")
        made: StudyKind = getattr(import_module(module), member)()
        return made
    point = plugins.installed(GROUP).get(name)
    if point is None:
        raise InputError(f"there is no kind of study named {name[:40]!r}; there are: {', '.join(kind_names())}")
    other = plugins.load(point, f"the kind of study {name!r}")()
    if not isinstance(other, StudyKind):
        raise InputError(f"the kind of study {name!r} ({point.value}) is not a StudyKind; fix its package")
    return other


def read_plan(path: Path) -> tuple[StudyKind, dict[str, Any]]:
    """A plan's kind, and what it says besides.

    Raises:
        InputError: There is no such file, it is not valid YAML, or its kind is unknown.
    """
    from visavis.reading import parse_yaml, read_text

    values = parse_yaml(read_text(path, largest=_LARGEST), path)
    if not isinstance(values, dict):
        raise InputError(f"{path}: expected a mapping of settings, not {type(values).__name__}")
    try:
        kind = values.pop("kind", None)
        return get_kind(USUAL if kind is None else str(kind)), values
    except InputError as error:
        raise InputError(f"{path}: kind: {error}") from None


def kind_of(folder: Path) -> StudyKind:
    """The kind of a study's folder.

    Raises:
        InputError: It is not a study, or of an unknown kind.
    """
    from visavis.reading import read_json

    path = folder / DESIGN_NAME
    if not path.exists():
        raise InputError(f"{folder}: is not a study (no {DESIGN_NAME}); visavis study build makes one")
    values = read_json(path)
    name = values.get("kind", USUAL) if isinstance(values, dict) else USUAL
    try:
        return get_kind(str(name))
    except InputError as error:
        raise InputError(f"{path}: kind: {error}") from None
