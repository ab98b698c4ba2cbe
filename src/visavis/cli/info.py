"""``visavis info``: describes a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from visavis.cli.console import show

EXAMPLES = """Examples:

  visavis info talk.wav

  visavis info out/

  visavis info out/motion.npz
"""


def info(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help="Any file or folder that visavis reads or writes.")
    ],
) -> None:
    """Describe any file that visavis reads or writes: media, motion, tables, scenes, corpora, checkpoints, layouts."""
    from visavis.workflows.info import describe

    for i, path in enumerate(files):
        if i:
            show()
        for name, value in describe(path):
            show(f"{name:<14} {value}")
