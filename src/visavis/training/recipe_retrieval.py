"""The recipe of the built-in encoder: ``make train-retrieval``, or ``python -m visavis.training.recipe_retrieval``.

Makes clips and captions, trains the `small` preset, and stores the result as float16 where
`MotionText.from_pretrained(None)` looks. It resumes where it stopped.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from visavis.errors import InputError
from visavis.training.train_retrieval import train_retrieval

LIMITS = (
    "Trained on simulated listeners and on captions in English that rules made of their motion; no real person, no "
    "picture and no human annotation. Sees the face, the head and the eyes; not hands, posture or voice."
)
DATA = "simulated reactions and conversations, varied (visavis.training.retrieval_clips); nothing recorded"


def run(
    work: Path, *, minutes: float | None = None, workers: int = 2, seed: int = 0, overrides: tuple[str, ...] = (),
    install: bool = True,
) -> Path:  # fmt: skip
    """Makes the weights.

    Args:
        work: Folder for clips, words and the run.
        minutes: Most minutes of training, without the making of clips.
        workers: Processes that make clips.
        seed: Decides everything.
        overrides: Changes of the `small` preset.
        install: Whether to store the result inside the package.

    Returns:
        The finished checkpoint.
    """
    final = train_retrieval(
        work / "run",
        overrides=overrides,
        max_minutes=minutes,
        workers=workers,
        seed=seed,
        quiet=not sys.stdout.isatty(),
    )
    if install:
        command = " ".join(["python -m visavis.training.recipe_retrieval", *sys.argv[1:]])
        print(f"installed in {put_into_package(final, command)}")
    return final


def put_into_package(final: Path, command: str) -> Path:
    """Stores `final` as the built-in checkpoint, in half precision, and says in the manifest how it was made."""
    from visavis import __version__
    from visavis.models import weights
    from visavis.models.retrieval.motion_text import BUILT_IN, load_network, save_network

    network, trained = load_network(final)
    facts = {
        "visavis": __version__,
        "command": command,
        "data": DATA,
        **{key: value for key, value in trained.items() if key != "command"},
        "metrics": "docs/results/retrieval-encoder.md",
        "limits": LIMITS,
    }
    return weights.install(BUILT_IN, lambda folder: save_network(network, folder, training=facts, half=True), facts)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m visavis.training.recipe_retrieval", description=__doc__)
    parser.add_argument("--work", type=Path, default=Path("runs/retrieval"))
    parser.add_argument("--minutes", type=float, help="most minutes of training")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
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
