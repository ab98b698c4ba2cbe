"""``visavis listen``: a listener who responds to a speaker with head, face and eyes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from visavis.cli.behavior import parse_behavior
from visavis.cli.console import ConsoleReporter, say, show
from visavis.cli.options import behavior_option, count_option, plan_option, seed_option
from visavis.formats.registry import only_help, read_help

EXAMPLES = """Examples:

  visavis listen talk.wav -o out/

  visavis listen talk.wav --speaker-motion tracked.csv -o out/ --samples 3

  visavis listen alice.wav bob.wav -o out/ --stillness 0.5 --only motion,glb

  visavis listen talk.wav -o out/ --behavior B:attentive,happy

  visavis listen talk.wav -o again/ --plan out/plan.json
"""


def listen(
    inputs: Annotated[
        list[Path],
        typer.Argument(
            metavar="IN...",
            help="A recording of the speaker; or two files, the speaker's voice and the listener's own. Any audio or "
            "video format.",
        ),
    ],
    out: Annotated[Path, typer.Option("-o", "--out", help="Output folder; created if missing.")],
    speaker_motion: Annotated[
        Path | None,
        typer.Option(
            help=f"The speaker's motion: a motion file ({read_help()}), such as motion.npz or any .npz with "
            "motion, fps and space. Default: generated from the audio."
        ),
    ] = None,
    samples: Annotated[int, count_option(most=100, help="Number of different listeners to generate.")] = 1,
    stillness: Annotated[
        float, typer.Option(min=0, max=1, help="How still the listener is: 1 hardly moves, 0 moves as learnt.")
    ] = 0.0,
    intensity: Annotated[float, typer.Option(min=0, max=2, help="Scale of the movements; 1 is as learnt.")] = 1.0,
    temperature: Annotated[
        float | None, typer.Option(min=0, max=10, help="Sampling temperature. Default: the model's own.")
    ] = None,
    layout: Annotated[str | None, typer.Option(help="Where the two people are, as in `animate`.")] = None,
    only: Annotated[
        str | None,
        typer.Option(help=only_help()),
    ] = None,
    seed: Annotated[int, seed_option("Random seed; the same seed gives the same listener.")] = 0,
    model: Annotated[
        str | None,
        typer.Option(help="Checkpoint folder or Hub id of a listener model. Default: the built-in DIM."),
    ] = None,
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
    """Generate a listener for a recording of a speaker."""
    from visavis.workflows.listen import ListenRequest, run

    request = ListenRequest(
        inputs=tuple(inputs), speaker_motion=speaker_motion, layout=layout, seed=seed, samples=samples,
        stillness=stillness, intensity=intensity, temperature=temperature, model=model, device=device,
        plan=plan, controls=parse_behavior(behavior or ()),
    )  # fmt: skip
    result = run(request, out, only=only, overwrite=overwrite, reporter=ConsoleReporter())
    for path in result.files:
        show(path)
    say(f"{request.samples} listener(s) for {result.duration:.1f} s in {result.seconds:.1f} s")
