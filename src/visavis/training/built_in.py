"""The weights that ship with visavis: ``visavis train NAME --built-in``, or ``make train-NAME``.

Speaks a bank of utterances with every voice that is installed, simulates conversations from it, trains all stages of
the preset `small`, and stores the result as float16 inside the package. Each part goes on where it stopped; bank and
conversations lie beside the run's folder, so that Duet and DIM share them.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from visavis.checkpoint import read_header
from visavis.command import recorded
from visavis.errors import InputError
from visavis.files import alone
from visavis.models.registry import get_entry
from visavis.reporter import SILENT, Reporter
from visavis.training.run import MODEL
from visavis.training.stored import waiting
from visavis.training.train import train

BANK_MINUTES = {"builtin": 1.5, "flite": 5.0, "espeak": 2.0, "kokoro": 0.8}
"""Minutes that each voice of an engine speaks. Kokoro sounds most natural and speaks at about half of real time; eSpeak
has the accents."""
HELD_OUT = (
    "kokoro:bm_george", "kokoro:bf_emma", "kokoro:am_echo", "kokoro:af_nova", "flite:awb", "builtin:hana",
    "espeak:west-midlands",
)  # fmt: skip
"""Voices that no training conversation is spoken by, kept for measuring."""
SECONDS = 40.0
DUBBED = 0.25
"""Hours of dubbing for each hour of conversation."""
SEED = 0


@dataclass(frozen=True)
class Recipe:
    """How the weights of a family are made, and what is said of them.

    Attributes:
        stages: Trained one after the other; none for a family that is trained in one.
        talks: Whether simulated conversations are trained on; otherwise the family makes its own data.
        data: What it learns from.
        metrics: Where it was measured.
        limits: What it cannot do.
        changes: Of the preset `small`: simulated people do what is planned, so that models can learn to follow plans.
    """

    stages: tuple[str, ...]
    talks: bool
    data: str
    metrics: str
    limits: str
    changes: tuple[str, ...] = ()


RECIPES: Mapping[str, Recipe] = MappingProxyType({
    "duet": Recipe(
        ("conversations", "lips"), True, "simulated conversations only; no recordings", "docs/results/duet.md",
        "Trained on simulated conversations only: synthetic English voices. Lips follow any speech, English best. What "
        "people do (looks, blinks, nods, smiles, feelings, hands) is planned by a model of events learnt from real "
        "people's timing, and performed; see docs/behavior.md for what of it follows the literature.",
        ("network.plan=true",),
    ),
    "dim": Recipe(
        ("tokenizers", "pretrain", "listener"), True, "simulated conversations only; no recordings",
        "docs/results/dim.md",
        "Trained on simulated conversations only: synthetic English voices. What listeners do (looks, blinks, nods, "
        "smiles, feelings) is planned by a model of events learnt from real people's timing; see docs/behavior.md.",
        ("plan=true",),
    ),
    "motion-text": Recipe(
        (), False, "simulated reactions and conversations, with variation; no recordings",
        "docs/results/retrieval-encoder.md",
        "Trained on simulated listeners and on rule-generated English captions of their motion; no real person, no "
        "image and no human annotation. Sees the face, the head and the eyes; not hands, posture or voice.",
    ),
})  # fmt: skip


def train_built_in(
    name: str, out: Path, *, hours: float = 6.0, overrides: Sequence[str] = (), max_steps: int | None = None,
    max_minutes: float | None = None, device: str = "auto", install: bool = True, reporter: Reporter = SILENT,
) -> Path:  # fmt: skip
    """Makes built-in weights.

    Args:
        name: One of `RECIPES`.
        out: Folder of the run; the bank of voices, conversations and features lie beside it.
        hours: Of conversation to simulate.
        overrides: ``a.b=value`` changes of the preset `small`.
        max_steps: Steps of each stage, instead of the preset's.
        max_minutes: Most minutes of each stage.
        device: ``auto``, ``cpu`` or ``cuda``.
        install: Whether to store the result inside the package.
        reporter: For notes and progress.

    Returns:
        The finished checkpoint: inside the package if it was installed.

    Raises:
        InputError: The family has no built-in weights, or see `train`.
    """
    recipe = RECIPES.get(name)
    if recipe is None:
        raise InputError(f"model {name!r} has no built-in weights; these have: {', '.join(RECIPES)}")
    corpus = simulated_talks(out.parent, hours, reporter) if recipe.talks else None
    dubbed = dubbed_talks(out.parent, hours, reporter) if "lips" in recipe.stages else None
    folders = []
    for stage in recipe.stages or (None,):
        corpora = [folder for folder in (corpus, dubbed if stage == "lips" else None) if folder is not None]
        folders.append(
            train(
                name, corpora or None, out, preset="small", stage=stage, overrides=(*recipe.changes, *overrides),
                max_steps=max_steps, max_minutes=max_minutes, seed=SEED, device=device, reporter=reporter,
            )
        )  # fmt: skip
    return put_into_package(name, recipe, out, folders) if install else folders[-1]


def simulated_talks(folder: Path, hours: float, reporter: Reporter) -> Path:
    """The corpus of conversations that Duet and DIM share, made under a folder unless it is there."""
    from visavis.simulation.dyads.generate import generate

    bank, corpus = folder / "bank", folder / "corpus"
    with alone(bank, waits=waiting(bank, reporter)):
        voices = speak(bank, reporter)
    with alone(corpus, waits=waiting(corpus, reporter)):
        return generate(
            corpus, conversations=max(1, round(hours * 3600 / SECONDS)), seconds=SECONDS, seed=SEED,
            voices=voices, workers=os.cpu_count() or 1, reporter=reporter,
        )  # fmt: skip


def dubbed_talks(folder: Path, hours: float, reporter: Reporter) -> Path:
    """Dialogues dubbed from those conversations, `DUBBED` as long in all, for Duet's second stage."""
    from visavis.corpora.dubbing_corpus import dub_corpus

    count = max(1, round(DUBBED * hours * 3600 / SECONDS))
    dubbed = folder / "dubbed"
    with alone(dubbed, waits=waiting(dubbed, reporter)):
        return dub_corpus(folder / "corpus", dubbed, conversations=count, seconds=SECONDS, seed=SEED, reporter=reporter)


def speak(folder: Path, reporter: Reporter = SILENT) -> list[str]:
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
            reporter.note(f"no {engine} voices are installed; training continues without them")
        for name in voices:
            fill(folder, get_voice(name), minutes, SEED)
        names += [name for name in voices if name not in HELD_OUT] * (2 if engine == "kokoro" else 1)
    return [f"bank:{folder}:{name}" for name in names]


def put_into_package(name: str, recipe: Recipe, out: Path, folders: Sequence[Path]) -> Path:
    """Stores the last checkpoint as the built-in one, in half precision; the manifest says how it was made."""
    from visavis import __version__
    from visavis.models import weights

    stages = recipe.stages or ("",)
    trained = {stage or "training": read_header(out / stage / MODEL).training for stage in stages}
    facts: dict[str, Any] = {
        "visavis": __version__,
        "command": shlex.join(["visavis", "train", name, "--built-in", "-o", str(recorded(out))]),
        "data": recipe.data, **trained, "metrics": recipe.metrics, "limits": recipe.limits,
    }  # fmt: skip
    entry = get_entry(name)
    assert entry.weights is not None
    return weights.install(entry.weights, lambda folder: _store(name, folders[-1], folder, facts), facts)


def _store(name: str, trained: Path, folder: Path, facts: Mapping[str, Any]) -> None:
    if get_entry(name).kind == "behavior":
        from visavis.models.checkpoint import from_pretrained

        from_pretrained(trained).save(folder, training=facts, half=True)
        return
    from visavis.models.retrieval.motion_text import load_network, save_network

    save_network(load_network(trained)[0], folder, training=dict(facts), half=True)
