"""The command that the running program was started with, for records of how results were made."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path


def command_line() -> str:
    """The command as it can be typed again: quoted, with paths as they were given, and of the program only its name."""
    program = Path(sys.argv[0])
    ours = program.is_relative_to(Path(__file__).parent)  # as ``python -m visavis.cli.main`` has it
    return shlex.join(["visavis" if ours else program.name, *sys.argv[1:]])
