"""``visavis dub``: dialogues with exact masks, cut from what people said elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

EXAMPLES = """Examples:

  visavis dub corpus/ -o dubbed/ --conversations 50

  visavis train duet --corpus corpus/ --corpus dubbed/ -o runs/duet --stage lips
"""


def dub(
    corpus: Annotated[Path, typer.Argument(help="Corpus with sound and motion, of pairs or of single people.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="Output folder for the corpus; created if missing.")],
    conversations: Annotated[int, typer.Option(min=1, max=1_000_000, help="How many.")] = 10,
    seconds: Annotated[float, typer.Option(min=5, max=3600, help="Length of each in seconds.")] = 40.0,
    overlap: Annotated[float, typer.Option(min=0, max=1, help="Share of the changes of turn that overlap.")] = 0.15,
    seed: Annotated[
        int, typer.Option(min=0, max=2**32 - 1, help="Random seed of the first; the following count up.")
    ] = 0,
) -> None:
    """Dub dialogues: what people said, re-cut into turns of two, so that who speaks is known exactly.

    Only the speakers' own speech counts as motion. Stage `lips` of `visavis train duet` learns from such dialogues.
    Rerun the same command to resume an interrupted run.
    """
    from visavis.cli.console import ConsoleReporter
    from visavis.corpora.dubbing_corpus import dub_corpus

    folder = dub_corpus(
        corpus, out, conversations=conversations, seconds=seconds, overlap=overlap, seed=seed,
        reporter=ConsoleReporter(),
    )  # fmt: skip
    typer.echo(folder)
