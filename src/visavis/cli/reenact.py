"""``visavis reenact``: a filmed conversation re-enacted by the two characters, next to its source."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from visavis.cli.console import ConsoleReporter, say, show
from visavis.cli.extract import Skip, Use, parse_steps

EXAMPLES = """Examples:

  visavis reenact talk.mp4 -o out/

  visavis reenact talk.mp4 -o out/ --skip bodies,words,safety
"""


def reenact(
    video: Annotated[Path, typer.Argument(metavar="VIDEO", help="A video of two people, in any format.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="Output folder; created if missing.")],
    skip: Skip = "",
    use: Use = None,
    overwrite: Annotated[
        bool,
        typer.Option("--overwrite", help="Overwrite results of another video or other options in the output folder."),
    ] = False,
) -> None:
    """Re-enact a video on the two characters, side by side with the video."""
    from visavis.workflows.reenact import run

    request = parse_steps((video,), skip, use)
    result = run(request, out, overwrite=overwrite, reporter=ConsoleReporter())
    for path in result.files:
        show(path)
    say(f"{result.duration:.1f} s of conversation in {result.seconds:.1f} s")
