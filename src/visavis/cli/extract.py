"""``visavis extract``: videos of two people into a corpus of conversations."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from visavis.cli.console import ConsoleReporter, say, show
from visavis.errors import InputError

if TYPE_CHECKING:
    from visavis.workflows.extract import ExtractRequest

EXAMPLES = """Examples:

  visavis extract talk.mp4 -o corpus/

  visavis extract *.mp4 -o corpus/ --skip bodies,safety

  visavis extract talk.mp4 -o corpus/ --use words=whisper,model=large-v3

  visavis info corpus/
"""


Skip = Annotated[
    str, typer.Option(help="Steps to skip, comma-separated: faces, bodies, speaking, words, active-speaker, safety.")
]
Use = Annotated[
    list[str] | None,
    typer.Option(
        metavar="STEP=NAME[,SETTING=VALUE...]", help="Use another extractor for a step, with its settings. Repeatable."
    ),
]


def extract(
    inputs: Annotated[
        list[Path],
        typer.Argument(
            metavar="VIDEO...", help="Videos of two people, in any format; audio files yield speech and words only."
        ),
    ],
    out: Annotated[
        Path,
        typer.Option("-o", "--out", help="Output folder for the corpus; created if missing, extended if it exists."),
    ],
    skip: Skip = "",
    use: Use = None,
) -> None:
    """Extract voice activity, words and the motion of faces, heads, eyes and hands from videos of two people.

    An interrupted run resumes: conversations already in the corpus are skipped.
    """
    from visavis.workflows.extract import run

    request = parse_steps(tuple(inputs), skip, use)
    result = run(request, out, reporter=ConsoleReporter())
    if result.ids:
        show(out)
        say(f"{len(result.ids)} conversation(s); {result.duration:.1f} s extracted in {result.seconds:.1f} s")
    if result.failed and len(inputs) == 1:
        raise InputError(result.failed[0])
    if result.failed:
        raise InputError(f"{len(result.failed)} of {len(inputs)} recordings could not be used; see the notes above")


def parse_steps(inputs: tuple[Path, ...], skip: str, use: list[str] | None) -> ExtractRequest:
    """The request that ``--skip`` and ``--use`` make.

    Raises:
        InputError: There is no such step, or something is not STEP=NAME[,SETTING=VALUE...].
    """
    from visavis.reading import parse_yaml
    from visavis.workflows.extract import ExtractRequest

    names: dict[str, str] = {}
    settings: dict[str, dict[str, Any]] = {}
    for text in use or []:
        pairs = [part.partition("=") for part in text.split(",")]
        if any(not sign or not key or not value for key, sign, value in pairs):
            raise InputError(f"--use {text}: expected STEP=NAME, optionally followed by ,SETTING=VALUE")
        (step, _, name), *rest = pairs
        names[step] = name
        settings[step] = {key: parse_yaml(value, f"--use {text}") for key, _, value in rest}
    skipped = tuple(step.strip() for step in skip.split(",") if step.strip())
    return ExtractRequest(inputs=inputs, skip=skipped, use=names, settings=settings)
