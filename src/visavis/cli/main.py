"""The executable: dispatches verbs; what goes wrong in them, `guard` turns into one line and an exit code.

Verbs live one to a file and import what they need only when they run, so that ``visavis --help`` answers at once.
"""

from __future__ import annotations

import io
import sys

import typer

from visavis import __version__
from visavis.cli import (
    animate,
    assets,
    benchmark,
    benchmark_mars,
    curate,
    doctor,
    dub,
    evaluate,
    export,
    extract,
    guard,
    import_,
    info,
    listen,
    reenact,
    report,
    retrieve,
    simulate,
    study,
    talk,
    train,
)
from visavis.cli.console import show

app = typer.Typer(
    name="visavis",
    help="Conversations between two people into nonverbal behaviour, and back.",
    epilog="Start here:  visavis animate talk.wav -o out/",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        show(f"visavis {__version__}")
        raise typer.Exit


@app.callback()
def _global(
    version: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="Print the version and exit."
    ),
) -> None:
    pass


app.command("animate", epilog=animate.EXAMPLES)(animate.animate)
app.command("export", epilog=export.EXAMPLES)(export.export)
app.command("extract", epilog=extract.EXAMPLES)(extract.extract)
app.command("import", epilog=import_.EXAMPLES)(import_.import_)
app.command("curate", epilog=curate.EXAMPLES)(curate.curate)
app.command("dub", epilog=dub.EXAMPLES)(dub.dub)
app.command("evaluate", epilog=evaluate.EXAMPLES)(evaluate.evaluate)
app.command("info", epilog=info.EXAMPLES)(info.info)
app.command("listen", epilog=listen.EXAMPLES)(listen.listen)
app.command("reenact", epilog=reenact.EXAMPLES)(reenact.reenact)
app.command("report", epilog=report.EXAMPLES)(report.report)
app.command("retrieve", epilog=retrieve.EXAMPLES)(retrieve.retrieve)
app.command("simulate", epilog=simulate.EXAMPLES)(simulate.simulate)
app.command("talk", epilog=talk.EXAMPLES)(talk.talk)
app.command("train", cls=train.TrainCommand)(train.train)
app.command("doctor")(doctor.doctor)
app.add_typer(assets.app, name="assets")
benchmark.app.command("mars", epilog=benchmark_mars.EXAMPLES)(benchmark_mars.mars)
app.add_typer(benchmark.app, name="benchmark")
app.add_typer(study.app, name="study")


def main() -> None:
    """Runs the executable and exits; the codes are explained in `guard`."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # names in alphabets that the terminal lacks are escaped
            stream.reconfigure(errors="backslashreplace")
    sys.exit(guard.run(lambda: app(standalone_mode=False), sys.argv[1:]))


if __name__ == "__main__":
    main()
