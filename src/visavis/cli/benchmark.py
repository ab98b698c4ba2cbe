"""``visavis benchmark``: the whole benchmark of a published system, on your own corpus."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="Whole benchmarks of published systems, on any corpus.", no_args_is_help=True)

RETRIEVAL = """Examples:

  visavis benchmark retrieval --corpus corpus/ -o report/

  visavis benchmark retrieval --corpus corpus/ --language-model examples --l2l-steps 0 -o report/

  visavis benchmark retrieval --corpus corpus/ --videos videos/ --encoder clip:runs/prompt/model -o report/

  visavis benchmark retrieval --corpus corpus/ --language-model http://localhost:8000/v1 -k 500 -k 1000 -o report/

  visavis benchmark retrieval --corpus corpus/ --study 30 -o report/
"""


@app.command(epilog=RETRIEVAL)
def retrieval(
    corpus: Annotated[
        Path, typer.Option("--corpus", help="What simulate, import, extract or curate wrote, with words and faces.")
    ],
    out: Annotated[
        Path, typer.Option("-o", "--out", help="Folder for the report; a run that was stopped goes on in it.")
    ],
    encoder: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="What compares words and clips, once per encoder: built-in, a folder or Hub id of a motion-text "
            "encoder, clip, or clip: and the folder of a CLIP or of a visual prompt.",
        ),
    ] = None,
    language_model: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="What describes, once per model: built-in, examples (no model), an http(s) address, a folder or a "
            "Hub id.",
        ),
    ] = None,
    videos: Annotated[
        Path | None,
        typer.Option(help="Folder of the corpus's videos: CLIP looks at them, and faces are compared as filmed, too."),
    ] = None,
    queries: Annotated[
        int | None, typer.Option(min=1, help="How many at most, evenly spread; all for evaluation unless given.")
    ] = None,
    k: Annotated[
        list[int] | None,
        typer.Option(
            "-k", help="Of R@k, once per k; 1, 10, 100, 500 and 1000 unless given, as far as there are more clips."
        ),
    ] = None,
    l2l_steps: Annotated[
        int, typer.Option(min=0, help="Of each of the two stages of the L2L-like listener; 0 leaves it out.")
    ] = 500,
    study: Annotated[
        int, typer.Option(min=0, help="Also make videos and the plan of a study: people choose, for so many queries.")
    ] = 0,
    seed: Annotated[int, typer.Option(min=0, help="Of the language models.")] = 0,
) -> None:
    """Measure who finds the listener that was really there (RealTalk).

    Every clip in which somebody is told something is a query; the answer is looked for among all clips of listeners.
    Rows: a social and a rude goal, CLIP without tuning and with uniform frames, an L2L-like listener and the clip
    nearest to it, random clips, and the true listener's own caption. Columns: R@k, median rank, distance between faces.
    """
    from visavis.cli.console import ConsoleReporter
    from visavis.errors import InputError
    from visavis.evaluation.retrieved_report import summary
    from visavis.models.retrieval.encoders import BUILT_IN
    from visavis.workflows.benchmark.asking import PLAN
    from visavis.workflows.benchmark.results import verdicts
    from visavis.workflows.benchmark.retrieval import STUDY, BenchmarkRequest, run

    if out.is_file():
        raise InputError(f"{out}: is a file; -o needs a folder")
    request = BenchmarkRequest(
        corpus, tuple(encoder or [BUILT_IN]), tuple(language_model or [BUILT_IN]), videos, queries, tuple(k or ()),
        l2l_steps, seed, study,
    )  # fmt: skip
    outcome = run(request, out, reporter=ConsoleReporter())
    typer.echo(summary(outcome.rows, outcome.queries))
    for line in verdicts(outcome):
        typer.echo(line)
    typer.echo(out / "report.md")
    if study:
        typer.echo(out / STUDY / PLAN)
