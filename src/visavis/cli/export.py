"""``visavis export``: results of an earlier run in other formats."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

EXAMPLES = """Examples:

  visavis export out/ --to video

  visavis export corpus/ --id conversation-0003 --to glb,arkit -o exported/

  visavis export corpus/ --to venus -o venus/
"""


def export(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="What `animate` wrote, or any corpus of ours.")],
    to: Annotated[str, typer.Option("--to", help="By comma: arkit, glb, motion (or npz), timeline, video. Or venus.")],
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="Folder for the results; DIR itself unless given.")
    ] = None,
    id: Annotated[str | None, typer.Option("--id", help="Which conversation of a corpus; its only one if one.")] = None,
) -> None:
    """Write a finished conversation as glTF, ARKit CSV, NPZ, timeline picture or video, or a corpus as VENUS JSON."""
    from visavis.cli.console import ConsoleReporter
    from visavis.workflows.export import export_conversation
    from visavis.workflows.run_folder import open_conversation
    from visavis.workflows.venus import export_venus

    reporter = ConsoleReporter()
    if to.strip().lower() == "venus":
        for path in export_venus(folder, out or folder, id, reporter=reporter):
            typer.echo(path)
        return
    for path in export_conversation(open_conversation(folder, id), out or folder, to, reporter=reporter):
        typer.echo(path)
