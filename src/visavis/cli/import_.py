"""``visavis import``: published corpora converted to our corpus format."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from visavis.cli.console import ConsoleReporter, say, show
from visavis.corpora.readers import READERS

EXAMPLES = (
    """Examples:

  visavis import video-calls video-calls/ -o corpus/

  visavis import candor CANDOR/ -o pairs/ --pairs

  visavis info corpus/

Corpora:

"""
    + "\n\n".join(f"  {reader.name}: {reader.holds}" for reader in READERS.values())
    + "\n"
)


def import_(
    name: Annotated[str, typer.Argument(metavar="NAME", help=f"Which corpus: {', '.join(READERS)}.")],
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Folder of the published corpus, unpacked.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="Output folder for the corpus; created if missing.")],
    pairs: Annotated[
        bool,
        typer.Option(
            "--pairs", help="Write one conversation per utterance, with the speaker as A and the listener as B."
        ),
    ] = False,
) -> None:
    """Convert a published corpus to a visavis corpus; rerun the same command to resume."""
    from visavis.corpora.importing import import_corpus
    from visavis.corpora.readers import get_reader

    reader = get_reader(name)
    say(f"licence: {reader.licence}")
    import_corpus(name, folder, out, pairs=pairs, reporter=ConsoleReporter())
    show(out)
