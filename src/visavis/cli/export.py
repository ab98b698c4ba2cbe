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
    from visavis.cli.console import complain, progress_bar

    if to.strip().lower() == "venus":
        from visavis.workflows.venus import export_venus

        with progress_bar("VENUS JSON") as update:
            for path in export_venus(folder, out or folder, id, warn=lambda x: complain(x, kind="note"), update=update):
                typer.echo(path)
        return
    from visavis.workflows.animate import export_conversation, open_conversation

    conversation = open_conversation(folder, id)
    written = export_conversation(
        conversation, out or folder, to, warn=lambda line: complain(line, kind="note"), progress=progress_bar
    )
    for path in written:
        typer.echo(path)
