"""``visavis export``: results of an earlier run in other formats."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from visavis.cli.console import ConsoleReporter, show
from visavis.formats.registry import format_lines, written_names

EXAMPLES = (
    """Examples:

  visavis export out/ --to video

  visavis export corpus/ --id conversation-0003 --to glb,arkit -o exported/

  visavis export corpus/ --to venus -o venus/

Formats:

"""
    + "\n\n".join(f"  {line}" for line in format_lines())
    + "\n"
)


def export(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Output folder of `animate`, or any visavis corpus.")],
    to: Annotated[str, typer.Option("--to", help=f"Formats, comma-separated: {', '.join(written_names())}.")],
    out: Annotated[Path | None, typer.Option("-o", "--out", help="Output folder. Default: DIR itself.")] = None,
    id: Annotated[
        str | None,
        typer.Option(
            "--id", help="Conversation to export. Default: the only one in the corpus, or all of them with venus."
        ),
    ] = None,
) -> None:
    """Export a conversation to other formats, or a whole corpus to formats that support one, such as venus."""
    from visavis.workflows.export import run

    for path in run(folder, out or folder, to, id, reporter=ConsoleReporter()):
        show(path)
