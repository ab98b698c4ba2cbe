"""The recipe of the built-in Duet weights: ``make train-duet``, or ``python -m visavis.training.recipe_duet``.

Speaks a bank of utterances with every voice that is installed, simulates conversations from it, trains both stages,
and stores the result as float16 where `from_pretrained(None)` looks. Each part resumes where it stopped.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from visavis.errors import InputError
from visavis.training.train_duet import train_duet

BANK_MINUTES = {"builtin": 1.5, "flite": 5.0, "kokoro": 0.8}
"""Minutes that each voice of an engine speaks. Kokoro sounds most natural and speaks at about half of real time."""
HELD_OUT = ("kokoro:bm_george", "kokoro:bf_emma", "kokoro:am_echo", "kokoro:af_nova", "flite:awb", "builtin:hana")
"""Voices that no training conversation is spoken by, kept for measuring."""
SECONDS = 40.0
SEED = 0
STAGE_2 = ("training.rate=3e-4", "training.warm_up=50", "training.lips_only=0.6")
LIMITS = (
    "Trained on simulated conversations only: synthetic English voices, rule-made behaviour. Lips follow any speech, "
    "best in English; heads, gaze, nods and smiles follow who speaks when, not what is said."
)


def speak(folder: Path) -> list[str]:
    """Fills the bank with every voice that is installed here.

    Returns:
        The names of the voices to train on; natural ones count twice.
    """
    from visavis.simulation.voices import available_voices, get_voice
    from visavis.simulation.voices.fill_bank import fill

    names: list[str] = []
    for engine, minutes in BANK_MINUTES.items():
        voices = [name for name in available_voices() if name.startswith(f"{engine}:")]
        if engine == "flite":
            voices = [f"{name}{size}" for name in voices for size in ("", "@0.92", "@1.1")]
        if not voices:
            print(f"note: no {engine} voices are installed; training goes on without them", file=sys.stderr)
        for name in voices:
            fill(folder, get_voice(name), minutes, SEED)
        names += [name for name in voices if name not in HELD_OUT] * (2 if engine == "kokoro" else 1)
    return [f"bank:{folder}:{name}" for name in names]


def run(
    work: Path, *, hours: float, steps: tuple[int, int], minutes: tuple[float | None, float | None], workers: int,
    overrides: tuple[str, ...] = (), install: bool = True,
) -> Path:  # fmt: skip
    """Makes the weights.

    Args:
        work: Folder for bank, corpus and runs.
        hours: Of conversation to simulate.
        steps: Of both stages.
        minutes: Most minutes of both stages; None for no limit.
        workers: Processes that simulate.
        overrides: Changes of the `small` preset.
        install: Whether to store the result inside the package.

    Returns:
        The finished checkpoint.
    """
    from visavis.simulation.dyads.generate import generate

    voices = speak(work / "bank")
    count = max(1, round(hours * 3600 / SECONDS))
    corpus = generate(work / "corpus", conversations=count, seconds=SECONDS, seed=SEED, voices=voices, workers=workers)
    first = train_duet(
        corpus, work / "stage1", overrides=overrides, max_steps=steps[0], max_minutes=minutes[0], seed=SEED
    )
    final = train_duet(
        corpus, work / "stage2", stage=2, init=first, overrides=(*overrides, *STAGE_2),
        max_steps=steps[1], max_minutes=minutes[1], seed=SEED + 1,
    )  # fmt: skip
    if install:
        command = " ".join(["python -m visavis.training.recipe_duet", *sys.argv[1:]])
        print(f"installed in {put_into_package(first, final, command)}")
    return final


def put_into_package(first: Path, final: Path, command: str) -> Path:
    """Stores `final` as the built-in checkpoint, in half precision, and says in the manifest how it was made."""
    from visavis import __version__
    from visavis.models import weights
    from visavis.models.duet.checkpoint import from_pretrained, save_pretrained

    model = from_pretrained(final)
    facts = {
        "visavis": __version__,
        "command": command,
        "first_stage": from_pretrained(first).provenance["trained"],
        "second_stage": model.provenance["trained"],
        "metrics": "docs/results/duet.md",
        "limits": LIMITS,
    }
    return weights.install("duet", lambda folder: save_pretrained(model, folder, training=facts, half=True), facts)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m visavis.training.recipe_duet", description=__doc__)
    parser.add_argument("--work", type=Path, default=Path("runs/duet"))
    parser.add_argument("--hours", type=float, default=8.0)
    parser.add_argument("--steps", type=int, nargs=2, default=(7000, 1500), metavar=("FIRST", "SECOND"))
    parser.add_argument("--minutes", type=float, nargs=2, default=(None, None), metavar=("FIRST", "SECOND"))
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--set", dest="overrides", action="append", default=[], metavar="a.b=c")
    parser.add_argument("--no-install", dest="install", action="store_false")
    options = vars(parser.parse_args())
    try:
        for name in ("steps", "minutes", "overrides"):
            options[name] = tuple(options[name])
        run(options.pop("work"), **options)
    except InputError as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        sys.exit("stopped; the same command goes on from the last save")


if __name__ == "__main__":
    main()
