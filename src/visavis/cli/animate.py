"""``visavis animate``: from a recording to two people face to face."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from visavis.cli.behavior import parse_behavior
from visavis.cli.console import ConsoleReporter, say, show
from visavis.cli.options import behavior_option, plan_option, seed_option
from visavis.formats.registry import only_help

EXAMPLES = """Examples:

  visavis animate talk.wav -o out/

  visavis animate alice.wav bob.wav -o out/ --layout "arguing across a table"

  visavis animate call.mp4 -o out/ --only motion,glb --seed 7

  visavis animate talk.wav -o out/ --behavior A:happy,extraversion=1 --behavior B:bored,gaze=0.3

  visavis animate talk.wav -o again/ --plan out/plan.json
"""


def animate(
    inputs: Annotated[
        list[Path],
        typer.Argument(
            metavar="IN...",
            help="One recording of both people (mixed, or one person per channel or audio track), or two files, one "
            "per person. Any audio or video format.",
        ),
    ],
    out: Annotated[Path, typer.Option("-o", "--out", help="Output folder; created if missing.")],
    layout: Annotated[
        str | None,
        typer.Option(
            help="Where the two people are: a description ('arguing across a table'), a preset name or a JSON file. "
            "Default: face to face at 1 m."
        ),
    ] = None,
    only: Annotated[
        str | None,
        typer.Option(help=only_help()),
    ] = None,
    seed: Annotated[int, seed_option("Random seed; the same seed gives the same motion.")] = 0,
    model: Annotated[
        str | None,
        typer.Option(
            help="Checkpoint folder or Hub id of a model that can animate speakers. Default: the built-in Duet."
        ),
    ] = None,
    guidance: Annotated[
        float | None,
        typer.Option(min=0, max=10, help="Classifier-free guidance weight; 1 is off. Default: the model's own."),
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Reject an implausible layout instead of correcting it.")
    ] = False,
    language_model: Annotated[
        str | None,
        typer.Option(
            metavar="SPEC",
            help="Language model that interprets the layout description instead of the built-in parser: URL of an "
            "OpenAI-compatible endpoint, Hub id or folder.",
        ),
    ] = None,
    from_sound: Annotated[
        bool,
        typer.Option(
            "--from-sound", help="Generate both people's motion from the audio alone, even if a video shows them."
        ),
    ] = False,
    device: Annotated[
        str, typer.Option(help="Device to run the model on: cpu, cuda, or auto (a GPU if available).")
    ] = "auto",
    plan: Annotated[Path | None, plan_option()] = None,
    behavior: Annotated[list[str] | None, behavior_option()] = None,
    overwrite: Annotated[
        bool,
        typer.Option(
            "--overwrite", help="Overwrite results of another recording or other options in the output folder."
        ),
    ] = False,
) -> None:
    """Generate face, head and gaze motion of both people in a recording, placed in one room."""
    from visavis.workflows.animate import Request, run

    request = Request(
        inputs=tuple(inputs), layout=layout, seed=seed, model=model, guidance=guidance, strict=strict,
        language_model=language_model, from_sound=from_sound, device=device, plan=plan,
        controls=parse_behavior(behavior or ()),
    )  # fmt: skip
    result = run(request, out, only=only, overwrite=overwrite, reporter=ConsoleReporter())
    for path in result.files:
        show(path)
    say(f"{result.duration:.1f} s of conversation animated in {result.seconds:.1f} s")
