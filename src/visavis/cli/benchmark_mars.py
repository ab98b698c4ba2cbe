"""``visavis benchmark mars``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from visavis.cli.benchmark import Device, Held, Out, Seed, report_folder, show_report
from visavis.cli.console import ConsoleReporter
from visavis.cli.options import count_option

EXAMPLES = """Examples:

  visavis benchmark mars runs/mars/language/model --corpus talks/ -o report/

  visavis benchmark mars mars=run0/language/model mars=run1/language/model --corpus talks/ -o report/

  visavis benchmark mars run/model --text-only words/model --conversations 50 --corpus talks/ -o report/
"""
MOST = 1_000_000


def mars(
    model: Annotated[
        list[str],
        typer.Argument(
            metavar="MODEL...",
            help="Folder or Hub id of a MARS; after NAME=, those of one name are seeds of one row. Controls are of the "
            "first.",
        ),
    ],
    corpus: Held,
    out: Out,
    text_only: Annotated[
        list[str] | None,
        typer.Option(metavar="MODEL", help="The same of models trained on words alone; as often as you like."),
    ] = None,
    conversations: Annotated[
        int, count_option(most=MOST, help="At most so many of those that are held out, evenly spread.")
    ] = 100,
    answers: Annotated[
        int, count_option(least=0, most=100, help="Answers drawn in each; 0 leaves BERTScore and METEOR out.")
    ] = 1,
    acted: Annotated[
        int,
        count_option(
            least=0, most=MOST, help="Conversations in which people are moved by their words; 0 leaves this out."
        ),
    ] = 20,
    encoder: Annotated[
        str, typer.Option(metavar="NAME", help="Of BERTScore: built-in (all-MiniLM-L6-v2), a folder or Hub id.")
    ] = "built-in",
    seed: Seed = 0,
    device: Device = "auto",
) -> None:
    """Measure words with face and body, and whether what is shown goes with what is said (MARS, table 4).

    Rows: the untrained base model, models of words alone, every model, codes shuffled in time, of another time, and by
    their frequencies. Columns: perplexity, BERTScore, METEOR, NLL-F, NLL-B. Then: emotions shown, movements at words,
    and whether a face follows the user's.
    """
    from visavis.workflows.benchmark.mars import MarsRequest, run

    request = MarsRequest(
        corpus, tuple(model), tuple(text_only or []), conversations, answers, acted, encoder, seed, device
    )
    show_report(run(request, report_folder(out), reporter=ConsoleReporter()), Path(out))
