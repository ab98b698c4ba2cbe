"""``visavis curate``: a folder of videos becomes a corpus."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from visavis.cli.console import ConsoleReporter, say, show
from visavis.cli.options import MOST_WORKERS, count_option
from visavis.errors import InputError

EXAMPLES = """Examples:

  visavis curate talks/ -o corpus/ --config talk

  visavis curate podcasts/ -o corpus/ --workers 8

  visavis curate podcasts/ -o corpus/ --config curation.yaml --set segments.length=300

  visavis curate podcasts/ -o corpus/ --engine ray --address auto

Presets: venus (ten-minute segments of English talks between two people, as VENUS was made; the default), talk (short
videos of your own, nothing dropped). An interrupted run resumes with the same command.
"""


def curate(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Folder that is searched recursively for videos.")],
    out: Annotated[
        Path, typer.Option("-o", "--out", help="Output folder for the corpus; an earlier curation is replaced.")
    ],
    config: Annotated[str, typer.Option(help="A preset (venus, talk) or a YAML file.")] = "venus",
    changes: Annotated[
        list[str] | None, typer.Option("--set", help="Override a parameter, e.g. segments.length=300. Repeatable.")
    ] = None,
    workers: Annotated[
        int | None,
        count_option(
            most=MOST_WORKERS, help="Number of videos or segments processed in parallel. Default: one per processor."
        ),
    ] = None,
    engine: Annotated[str, typer.Option(help="Execution backend: processes or ray.")] = "processes",
    address: Annotated[
        str | None, typer.Option(help="Address of a Ray cluster, such as auto or ray://host:10001.")
    ] = None,
    work: Annotated[
        Path | None,
        typer.Option(help="Folder for cached intermediate results, reused by the next run. Default: OUT.work."),
    ] = None,
    show_settings: Annotated[
        bool, typer.Option("--show", help="Print the stages and their parameters as YAML, then exit.")
    ] = False,
) -> None:
    """Filter, segment, transcribe and track a folder of two-person videos into one corpus."""
    from visavis.corpora.curation.settings import dump_stages, load_stages
    from visavis.workflows.curate import funnel_lines, run

    overrides = tuple(changes or ())
    if show_settings:
        show(dump_stages(load_stages(config, overrides)).rstrip("\n"))
        return
    reporter = ConsoleReporter()
    curated = run(
        folder, out, config=config, overrides=overrides, workers=workers, engine=engine, address=address, work=work,
        reporter=reporter,
    )  # fmt: skip
    for line in funnel_lines(curated.levels):
        say(line)
    for failure in curated.failures[:5]:
        reporter.note(failure)
    if len(curated.failures) > 5:
        reporter.note(f"{len(curated.failures) - 5} more failures are listed in {out}/curation.parquet")
    if not curated.conversations:
        reporter.note(f"nothing passed the filters; {out}/curation.parquet lists the reason for each item")
    show(curated.corpus)
    if curated.failures:
        raise InputError(f"{len(curated.failures)} item(s) could not be processed; run the same command to try again")
