"""``visavis train NAME``: any model of the registry, from conversations to a checkpoint, on a laptop or a GPU."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from visavis.cli.console import ConsoleReporter, show
from visavis.cli.options import MOST_STEPS, count_option, seed_option

MOST_MINUTES = 525_600.0
"""A year."""

EXAMPLES = """Examples:

  visavis train duet --corpus corpus/ -o runs/duet

  visavis train dim --corpus corpus/ -o runs/dim --stage listener --set training.batch_size=32

  visavis train visual-prompt -o runs/prompt --set data.pairs=pairs.jsonl
"""


class TrainCommand(TyperCommand):
    """Its help lists the models currently in the registry."""

    @property
    def epilog(self) -> str:
        """All trainable models, and examples."""
        from visavis.models.registry import entries

        lines = ["Models:"]
        for entry in entries().values():
            if entry.learner is not None:
                stages = f"; stages: {', '.join(entry.stages)}" if entry.stages else ""
                presets = f"; presets: {', '.join(entry.presets)}" if entry.presets else ""
                lines.append(f"  {entry.name}: {entry.summary}{stages}{presets}")
        return "\n\n".join([*lines, EXAMPLES])

    @epilog.setter
    def epilog(self, value: Any) -> None:
        pass


def train(
    name: Annotated[str, typer.Argument(help="Model to train; see the list below.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="Run folder: checkpoint, log and the state to resume from.")],
    corpus: Annotated[
        list[Path] | None,
        typer.Option(help="Corpus of conversations with motion, e.g. one written by `simulate`. Repeatable."),
    ] = None,
    preset: Annotated[str | None, typer.Option(help="Name of one of the model's presets, or a YAML file.")] = None,
    stage: Annotated[
        str | None, typer.Option(help="Training stage to run. Default: all stages that the model needs.")
    ] = None,
    init: Annotated[
        Path | None, typer.Option(help="Checkpoint folder to start from instead of the previous stage.")
    ] = None,
    set_: Annotated[list[str] | None, typer.Option("--set", help="Override a setting: a.b=c. Repeatable.")] = None,
    max_steps: Annotated[int | None, count_option(most=MOST_STEPS, help="Total number of steps per stage.")] = None,
    max_minutes: Annotated[
        float | None, typer.Option(min=0.01, max=MOST_MINUTES, help="Total minutes per stage.")
    ] = None,
    seed: Annotated[int, seed_option("Random seed; the same seed gives the same model on the same machine.")] = 0,
    device: Annotated[str, typer.Option(help="Device to train on: auto, cpu or cuda.")] = "auto",
    built_in: Annotated[
        bool,
        typer.Option(
            "--built-in",
            help="Reproduce the weights that ship with visavis: simulate the data, train, install the result.",
        ),
    ] = False,
) -> None:
    """Train a model. Rerun the same command to resume an interrupted run."""
    from visavis.errors import InputError

    changes, reporter = tuple(set_ or ()), ConsoleReporter()
    if built_in:
        from visavis.training.built_in import train_built_in

        given = {"--corpus": corpus, "--preset": preset, "--stage": stage, "--init": init, "--seed": seed}
        for option, value in given.items():
            if value:
                raise InputError(f"--built-in fixes the data and the settings; omit {option}")
        done = train_built_in(
            name, out, overrides=changes, max_steps=max_steps, max_minutes=max_minutes, device=device, reporter=reporter
        )
    else:
        from visavis.training.train import train as run

        done = run(
            name, corpus or None, out, preset=preset, stage=stage, init=init, overrides=changes, max_steps=max_steps,
            max_minutes=max_minutes, seed=seed, device=device, reporter=reporter,
        )  # fmt: skip
    show(done)
