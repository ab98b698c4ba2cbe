"""What records of how results were made say of commands and files: enough to do it again, nothing of the machine.

Folders above the working directory tell who somebody is and how a disk is arranged, and results are passed on.
"""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Any


def command_line() -> str:
    """The command as it can be typed again where its files are, quoted; absolute paths as `recorded` has them."""
    program = Path(sys.argv[0])
    ours = program.is_relative_to(Path(__file__).parent)  # as ``python -m visavis.cli.main`` has it
    return shlex.join(["visavis" if ours else program.name, *map(_word, sys.argv[1:])])


def recorded(value: Any) -> Any:
    """A value of an option for records, with lists for tuples.

    Paths stay as they were given, but absolute ones, and texts that are such paths to what there is, are told from the
    working directory if they lie in it, and by their last name if not.
    """
    if isinstance(value, list | tuple):
        return [recorded(each) for each in value]
    if isinstance(value, Path):
        return _name(value)
    return _name(Path(value)) if isinstance(value, str) and _is_path(value) else value


def _word(word: str) -> str:
    """A word of a command; a path may stand behind the name of an option or a setting."""
    name, equals, value = word.partition("=")
    return f"{name}={recorded(value)}" if equals and _is_path(value) else str(recorded(word))


def _is_path(text: str) -> bool:
    try:
        return Path(text).is_absolute() and Path(text).exists()
    except (OSError, ValueError):  # too long for a name, or a NUL in it
        return False


def _name(path: Path) -> str:
    if not path.is_absolute():
        return str(path)
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else path.name or str(path)
