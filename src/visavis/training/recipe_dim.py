"""The recipe of the built-in DIM weights: ``make train-dim``, or ``python -m visavis.training.recipe_dim``.

Uses the voices and conversations that `recipe_duet` makes (or makes them), trains the three stages of a listener, and
stores the result as float16 where `from_pretrained(None)` looks. Each part resumes where it stopped.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from visavis.errors import InputError
from visavis.training.recipe_duet import SECONDS, SEED, speak
from visavis.training.train_dim import train_dim

LIMITS = (
    "Trained on simulated conversations only: synthetic English voices, rule-made behaviour. The listener answers who "
    "speaks when and how the speaker moves, not what is said."
)


def run(
    work: Path, *, corpus: Path | None = None, hours: float = 8.0, minutes: float | None = None, workers: int = 2,
    overrides: tuple[str, ...] = (), install: bool = True,
) -> Path:  # fmt: skip
    """Makes the weights.

    Args:
        work: Folder for bank, corpus and runs.
        corpus: Conversations to train on; simulated unless given.
        hours: Of conversation to simulate.
        minutes: Most minutes of each stage; None for no limit.
        workers: Processes that simulate.
        overrides: Changes of the `small` preset.
        install: Whether to store the result inside the package.

    Returns:
        The finished checkpoint.
    """
    if corpus is None:
        from visavis.simulation.dyads.generate import generate

        voices = speak(work / "bank")
        count = max(1, round(hours * 3600 / SECONDS))
        corpus = generate(
            work / "corpus", conversations=count, seconds=SECONDS, seed=SEED, voices=voices, workers=workers
        )
    final = train_dim(corpus, work / "dim", overrides=overrides, max_minutes=minutes, seed=SEED)
    if install:
        command = " ".join(["python -m visavis.training.recipe_dim", *sys.argv[1:]])
        print(f"installed in {put_into_package(final, command)}")
    return final


def put_into_package(final: Path, command: str) -> Path:
    """Stores `final` as the built-in checkpoint, in half precision, and says in the manifest how it was made."""
    from visavis import __version__
    from visavis.models import weights
    from visavis.models.dim.checkpoint import from_pretrained, save_pretrained

    model = from_pretrained(final)
    stages = {}
    for stage in ("tokenizers", "pretrain"):
        folder = final.parent.parent / stage / final.name
        if folder.is_dir():
            stages[stage] = from_pretrained(folder).provenance["trained"]
    facts = {
        "visavis": __version__,
        "command": command,
        **stages,
        "listener": model.provenance["trained"],
        "metrics": "docs/results/dim.md",
        "limits": LIMITS,
    }
    return weights.install("dim", lambda folder: save_pretrained(model, folder, training=facts, half=True), facts)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m visavis.training.recipe_dim", description=__doc__)
    parser.add_argument("--work", type=Path, default=Path("runs/duet"), help="that of train-duet, to share its corpus")
    parser.add_argument("--corpus", type=Path, help="train on these conversations instead")
    parser.add_argument("--hours", type=float, default=8.0)
    parser.add_argument("--minutes", type=float, help="most minutes of each stage")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--set", dest="overrides", action="append", default=[], metavar="a.b=c")
    parser.add_argument("--no-install", dest="install", action="store_false")
    options = vars(parser.parse_args())
    try:
        options["overrides"] = tuple(options["overrides"])
        run(options.pop("work"), **options)
    except InputError as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        sys.exit("stopped; the same command goes on from the last save")


if __name__ == "__main__":
    main()
