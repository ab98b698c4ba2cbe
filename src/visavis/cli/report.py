"""``visavis report``: what a corpus contains, on one page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from visavis.cli.console import ConsoleReporter, show

EXAMPLES = """Examples:

  visavis report corpus/ -o report/

  visavis report corpus/ -o report/ --sentiment cardiffnlp/twitter-roberta-base-sentiment-latest
"""


def report(
    corpus: Annotated[
        Path, typer.Argument(metavar="CORPUS", help="Corpus written by simulate, import, extract, curate or animate.")
    ],
    out: Annotated[
        Path, typer.Option("-o", "--out", help="Output folder for report.html and report.json; created if missing.")
    ],
    sentiment: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Sentiment classifier: a model's Hub id or folder, or one from an installed package. "
            "Default: built-in similarity to example sentences.",
        ),
    ] = None,
) -> None:
    """Describe a corpus on one page: counts, funnel, maps of expressions and gestures, faces, topics, sentiment.

    Counts cover the whole corpus; frames and sentences are sampled, so large corpora take little longer than small
    ones. The page is a single file that works offline and shows no images of the recordings.
    """
    from visavis.workflows.report import report as make

    reporter = ConsoleReporter()
    made = make(corpus, out, classifier=sentiment, reporter=reporter)
    for line in made.missing:
        reporter.note(line)
    show(made.page)
