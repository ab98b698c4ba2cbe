"""``visavis simulate``: conversations with exact ground truth."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

EXAMPLES = """Examples:

  visavis simulate -o corpus/ --conversations 10 --seconds 60

  visavis export corpus/ --id sim-000000 --to video -o watch/
"""


def simulate(
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder for the corpus; made if missing.")],
    conversations: Annotated[int, typer.Option(min=1, help="How many.")] = 1,
    seconds: Annotated[float, typer.Option(min=5, max=3600, help="How long each is.")] = 60.0,
    seed: Annotated[int, typer.Option(min=0, help="The first conversation's seed; the next ones count up.")] = 0,
    voices: Annotated[
        str | None,
        typer.Option(help="Voices to draw from, by comma (builtin, flite:slt, kokoro:af_bella, ...)."),
    ] = None,
) -> None:
    """Make conversations whose every nod, glance, word and phone is known exactly."""
    from visavis.cli.console import progress_bar
    from visavis.corpora.simulated.generate import generate

    with progress_bar("simulating") as update:
        generate(
            out,
            conversations=conversations,
            seconds=seconds,
            seed=seed,
            voices=tuple(voices.split(",")) if voices else None,
            progress=update,
        )
    typer.echo(out)
