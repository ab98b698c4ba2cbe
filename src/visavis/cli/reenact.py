"""``visavis reenact``: a filmed conversation by the two characters, beside its source."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

EXAMPLES = """Examples:

  visavis reenact talk.mp4 -o out/

  visavis reenact talk.mp4 -o out/ --skip bodies,words,safety
"""


def reenact(
    video: Annotated[Path, typer.Argument(metavar="VIDEO", help="A video of two people, in any format.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder for the results; made if missing.")],
    skip: Annotated[
        str,
        typer.Option(help="Steps to leave out, by comma: faces, speaking, active-speaker, words, bodies, safety."),
    ] = "",
    use: Annotated[
        list[str] | None,
        typer.Option(
            metavar="STEP=NAME[,SETTING=VALUE...]", help="Another extractor for a step, with its settings. May repeat."
        ),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace results of another video or other options in the folder.")
    ] = False,
) -> None:
    """Show what was seen in a video on the two characters, beside the video itself."""
    from visavis.cli.console import complain, progress_bar, say
    from visavis.cli.extract import parse_steps
    from visavis.workflows.reenact import run

    request = parse_steps((video,), skip, use)
    result = run(
        request, out, overwrite=overwrite, warn=lambda line: complain(line, kind="note"), progress=progress_bar
    )
    for path in result.files:
        typer.echo(path)
    say(f"{result.duration:.1f} s of conversation in {result.seconds:.1f} s")
