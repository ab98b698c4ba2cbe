"""``visavis study``: people watch videos and judge them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from visavis.cli.console import ConsoleReporter, say, show
from visavis.preference.kinds import kind_names

app = typer.Typer(
    help=f"Studies in which people watch videos and judge them; kinds: {', '.join(kind_names())}.", no_args_is_help=True
)

BUILD = """Examples:

  visavis study build listeners.yaml -o study/

A plan names the question, the methods and the files, relative to itself:

  question: Which listener reacts in the more socially appropriate way?

  ours: social

  against: \\[l2l, rude]

  items:

  - id: cat

    speaker: {video: cat.mp4, text: My cat passed away yesterday.}

    options: {social: social/cat.mp4, l2l: l2l/cat.mp4, rude: rude/cat.mp4}
"""
SERVE = """Examples:

  visavis study serve study/

  visavis study serve study/ --host 0.0.0.0 --port 8080

  visavis study serve study/ --name study.example.org
"""
REPORT = """Examples:

  visavis study report study/ -o report/
"""
Folder = Annotated[Path, typer.Argument(metavar="STUDY", help="Folder written by `visavis study build`.")]


@app.command(epilog=BUILD)
def build(
    plan: Annotated[
        Path, typer.Argument(metavar="PLAN", help="YAML file with the question, the methods and the files.")
    ],
    out: Annotated[Path, typer.Option("-o", "--out", help="Output folder for the study; must be empty or not exist.")],
) -> None:
    """Build a study: check and copy its videos, and assign pairs, order and sides to participants."""
    from visavis.workflows.study import build as make

    built = make(plan, out, reporter=ConsoleReporter())
    show(out)
    say(built.summary)


@app.command(epilog=SERVE)
def serve(
    study: Folder,
    host: Annotated[
        str, typer.Option(help="Address to listen on; 0.0.0.0 accepts connections from other machines.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 picks a free one.")] = 8000,
    name: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="Host name in the address that participants open, such as study.example.org; may be repeated. IP "
            "addresses, localhost and this machine's own name need not be given.",
        ),
    ] = None,
    per_address: Annotated[
        int | None,
        typer.Option(
            min=0,
            help="Participants of one network address that may be new (joined within a minute, or nothing answered "
            "yet) at the same time; others wait. 0: no limit. Default: 10, at most half of the study's places.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Serve a study to browsers and store the answers until Ctrl-C; a later run continues it.

    Participants who open the address with ?code=NAME take part under that code; others get a new one.
    """
    from visavis.cli.console import say
    from visavis.preference.kinds import Address
    from visavis.workflows.study import run

    at = Address(host, port, tuple(name or ()), per_address)
    stored = run(study, at, ready=show)
    say(f"stopped; {stored} answers in {study}")


@app.command(epilog=REPORT)
def report(
    study: Folder,
    out: Annotated[Path, typer.Option("-o", "--out", help="Output folder for study.html, study.png and study.csv.")],
) -> None:
    """Analyse the answers: percent preferred with intervals and tests, agreement, attention, side bias."""
    from visavis.workflows.study import report as make

    made = make(study, out)
    show(made.text)
    for path in made.files:
        show(path)
