"""The recipe of the built-in Duet weights: ``make train-duet``, or ``python -m visavis.training.recipe_duet``.

Simulates a corpus, trains both stages, and stores the result as float16 where `from_pretrained(None)` looks. Each
part resumes where it stopped; with the same voices and steps it makes the same weights.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from visavis.errors import InputError
from visavis.training.train_duet import train_duet

SECONDS = 40.0
SEED = 0
STAGE_2 = ("training.rate=3e-4", "training.warm_up=50", "training.lips_only=0.6")


def run(
    work: Path, *, hours: float, voices: tuple[str, ...], steps: tuple[int, int],
    minutes: tuple[float | None, float | None], workers: int, overrides: tuple[str, ...] = (),
    corpora: tuple[Path, ...] = (), dubbing: tuple[Path, ...] = (), install: bool = True,
) -> Path:  # fmt: skip
    """Makes the weights.

    Args:
        work: Folder for corpus and runs.
        hours: Of conversation to simulate, where no corpora are given.
        voices: Names or kinds of voices (`visavis.corpora.simulated.voices`).
        steps: Of both stages.
        minutes: Most minutes of both stages; None for no limit.
        workers: Processes that simulate.
        overrides: Changes of the `small` preset.
        corpora: To train on instead of simulating.
        dubbing: More corpora for the second stage.
        install: Whether to store the result inside the package.

    Returns:
        The finished checkpoint.
    """
    from visavis.corpora.simulated.generate import generate
    from visavis.models import weights
    from visavis.models.duet.checkpoint import from_pretrained, save_pretrained

    if not corpora:
        count = max(1, round(hours * 3600 / SECONDS))
        corpora = (
            generate(work / "corpus", conversations=count, seconds=SECONDS, seed=SEED, voices=voices, workers=workers),
        )
    first = train_duet(
        corpora, work / "stage1", overrides=overrides, max_steps=steps[0], max_minutes=minutes[0], seed=SEED
    )
    final = train_duet(
        (*corpora, *dubbing), work / "stage2", stage=2, init=first, overrides=(*overrides, *STAGE_2),
        max_steps=steps[1], max_minutes=minutes[1], seed=SEED + 1,
    )  # fmt: skip
    if install:
        model = from_pretrained(final)
        facts = {
            "command": " ".join(["python -m visavis.training.recipe_duet", *sys.argv[1:]]),
            "first_stage": from_pretrained(first).provenance["trained"],
            "second_stage": model.provenance["trained"],
            "metrics": "docs/results/duet.md",
            "limits": "Behaviour beside the lips imitates the simulator's; English voices only; one mouth at a time.",
        }
        put = weights.install("duet", lambda folder: save_pretrained(model, folder, training=facts, half=True), facts)
        print(f"installed in {put}")
    return final


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m visavis.training.recipe_duet", description=__doc__)
    parser.add_argument("--work", type=Path, default=Path("runs/duet"))
    parser.add_argument("--hours", type=float, default=8.0)
    parser.add_argument("--voices", default="builtin,flite", help="by comma")
    parser.add_argument("--steps", type=int, nargs=2, default=(7000, 1500), metavar=("FIRST", "SECOND"))
    parser.add_argument("--minutes", type=float, nargs=2, default=(None, None), metavar=("FIRST", "SECOND"))
    parser.add_argument("--corpus", type=Path, action="append", default=[], help="instead of simulating; may repeat")
    parser.add_argument("--dubbing", type=Path, action="append", default=[], help="for the second stage; may repeat")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--set", dest="overrides", action="append", default=[], metavar="a.b=c")
    parser.add_argument("--no-install", dest="install", action="store_false")
    options = parser.parse_args()
    try:
        run(
            options.work, hours=options.hours, voices=tuple(options.voices.split(",")), steps=tuple(options.steps),
            minutes=tuple(options.minutes), workers=options.workers, overrides=tuple(options.overrides),
            corpora=tuple(options.corpus), dubbing=tuple(options.dubbing), install=options.install,
        )  # fmt: skip
    except InputError as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        sys.exit("stopped; the same command goes on from the last save")


if __name__ == "__main__":
    main()
