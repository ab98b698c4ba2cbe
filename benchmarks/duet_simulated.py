"""Duet against baselines and its own ablations on conversations it has not seen (Talking Together, tables 2 and 3)."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np

from visavis.conversation import Conversation
from visavis.conversation.corpus import Corpus
from visavis.evaluation.intervals import mean_interval
from visavis.evaluation.motion_error import MotionError
from visavis.simulation.dyads.generate import generate

SEEDS = (0, 1, 2)
TRAIN_SEED, TEST_SEED = 500_000, 900_000
STAGE_2_SHARE = 0.25
ABLATION_SETTINGS = (
    "training.batch=6",
    "training.warm_up=50",
    "training.average=0.99",
    "window=125",
    "overlap=25",
)  # for short trainings
ABLATIONS: dict[str, tuple[str, ...]] = {
    "full": (),
    "single-person only": ("training.single_person=true", "network.cross_attention=none"),
    "no role embedding": ("network.role=0",),
    "no cross-attention": ("network.cross_attention=none",),
    "no gaze loss": ("losses.gaze=0",),
}
COLUMNS = {  # measure: (title, factor)
    "mse expression": ("expression MSE x 1000", 1e3),
    "mse lips": ("lips MSE x 1000", 1e3),
    "mse rotation": ("rotation MSE x 1000 (rad^2)", 1e3),
    "mse eyes": ("eyes MSE x 1000 (rad^2)", 1e3),
    "mse translation": ("translation MSE (cm^2)", 1e4),
    "gaze error": ("gaze error (degrees)", 1.0),
    "lip error": ("lip error x 100", 1e2),
}
Animator = Callable[[Conversation, int], Conversation]


def as_mixed(conversation: Conversation) -> Conversation:
    """What a model gets to see: the mixed track and who speaks when; no voices apart, no motion."""
    return conversation.with_participants(*(replace(p, audio=None, motion=None) for p in conversation.participants))


def as_voices(conversation: Conversation) -> Conversation:
    """The same with each person's own voice."""
    return conversation.with_participants(*(replace(p, motion=None) for p in conversation.participants))


def duet(folder: Path | str | None, view: Callable[[Conversation], Conversation], steps: int | None = None) -> Animator:
    from visavis.generation.animate import animate
    from visavis.models.duet import from_pretrained

    model = from_pretrained(folder)
    return lambda conversation, seed: animate(view(conversation), model, seed=seed, steps=steps)


def held_out_name(options: argparse.Namespace) -> str:
    """What was measured on, for the cache."""
    return f"{options.test}x{options.seconds:g}-{options.train}-{options.voices.replace(',', '+').replace(':', '-')}"


def corpora(options: argparse.Namespace) -> tuple[Corpus, Corpus]:
    """The ablations' training corpus and the held-out one."""
    shared = {"seconds": options.seconds, "voices": options.voices.split(",")}
    train = options.corpus or generate(options.work / "train", conversations=options.train, seed=TRAIN_SEED, **shared)
    test = generate(options.work / "test", conversations=options.test, seed=TEST_SEED, **shared)
    return Corpus.open(train), Corpus.open(test)


def train_ablations(options: argparse.Namespace, corpus: Path) -> dict[str, list[Path]]:
    """Trains every ablation once per seed with the same budget; those that are finished are not trained again.

    Returns:
        A checkpoint per seed for each ablation.
    """
    found: dict[str, list[Path]] = {}
    for seed in SEEDS:
        for name, overrides in ABLATIONS.items():
            first, second = train_one(options, corpus, name, overrides, seed)
            found.setdefault(name, []).append(second)
            if not overrides:
                found.setdefault("no second stage", []).append(first)
    return found


def train_one(
    options: argparse.Namespace, corpus: Path, name: str, overrides: tuple[str, ...], seed: int
) -> tuple[Path, Path]:
    """The checkpoints of both stages of one training."""
    from visavis.training.run import MODEL
    from visavis.training.train_duet import train_duet

    out = options.work / "ablations" / f"{name.replace(' ', '-')}-{options.steps}-seed{seed}"
    second = out.with_name(f"{out.name}-stage2")
    if not (out / "done").exists():
        print(f"-- training: {name}, seed {seed}", flush=True)
        train_duet(
            corpus, out, seed=seed, max_steps=options.steps, overrides=(*overrides, *ABLATION_SETTINGS), quiet=True
        )
        (out / "done").touch()
    if not (second / "done").exists():
        steps = max(1, round(STAGE_2_SHARE * options.steps))
        train_duet(
            corpus, second, stage=2, init=out / MODEL, seed=seed, max_steps=steps,
            overrides=(*overrides, *ABLATION_SETTINGS, "training.rate=3e-4"), quiet=True,
        )  # fmt: skip
        (second / "done").touch()
    return out / MODEL, second / MODEL


def measure(
    name: str, animators: Callable[[int], Animator], test: Iterable[Conversation], cache: Path
) -> dict[str, list[float]]:
    """Errors per conversation, each the mean over seeds; keys are ``measure/role``."""
    path = cache / f"{name.replace(' ', '-').replace(',', '')}.json"
    if path.is_file():
        return json.loads(path.read_text("utf-8"))
    per_seed = []
    for seed in SEEDS:
        metric, animator = MotionError(), animators(seed)
        for conversation in test:
            metric.update(animator(conversation, seed), conversation)
        per_seed.append({f"{m}/{role}": v for (m, role), v in metric.compute().items()})
    found = {key: np.nanmean([s[key] for s in per_seed], axis=0).tolist() for key in per_seed[0]}
    cache.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(found), "utf-8")
    print(f"   {name}: measured", flush=True)
    return found


def table(results: dict[str, dict[str, list[float]]], role: str) -> list[str]:
    """A row per method, a column per measure; mean with 95% interval over conversations."""
    measures = [m for m in COLUMNS if all(f"{m}/{role}" in found for found in results.values())]
    lines = ["| method | " + " | ".join(COLUMNS[m][0] for m in measures) + " |", "| --- " * (len(measures) + 1) + "|"]
    for name, found in results.items():
        cells = []
        for m in measures:
            mean, low, high = (COLUMNS[m][1] * x for x in mean_interval(found[f"{m}/{role}"]))
            cells.append(f"{mean:.3g} [{low:.3g}, {high:.3g}]")
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return lines


def differences(results: dict[str, dict[str, list[float]]], reference: str, role: str = "both") -> list[str]:
    """What shows and what does not: per method and measure, the paired difference to `reference`."""
    lines = []
    for name, found in results.items():
        if name == reference:
            continue
        better, worse, same = [], [], []
        for m, (title, _) in COLUMNS.items():
            key = f"{m}/{role}"
            if key not in found:
                continue
            _, low, high = mean_interval(np.array(found[key]) - np.array(results[reference][key]))
            short = title.split(" MSE")[0].split(" x ")[0].split(" (")[0]
            (better if low > 0 else worse if high < 0 else same).append(short)
        said = [f"{how} in {', '.join(what)}" for how, what in (("better", better), ("worse", worse)) if what]
        said += [f"no difference shown in {', '.join(same)}"] if same else []
        lines.append(f"- {reference} against {name}: {'; '.join(said)}.")
    return lines


def report(options: argparse.Namespace) -> list[str]:
    """Markdown."""
    from visavis.features.audio import get_encoder
    from visavis.models.baselines.retrieval import baselines
    from visavis.models.duet import from_pretrained

    train, test = corpora(options)
    model = from_pretrained(options.model)
    cache = options.work / "errors" / f"{model.provenance['weights']}-{held_out_name(options)}"
    held = list(test)
    results: dict[str, dict[str, list[float]]] = {}
    ways = {
        "Duet": duet(options.model, as_mixed),
        "Duet, own voices": duet(options.model, as_voices),
        "Duet, one step": duet(options.model, as_mixed, 1),
    }
    for name, way in ways.items():
        results[name] = measure(name, lambda seed, w=way: w, held, cache)
    for baseline in baselines(model.space, get_encoder(model.config.encoder)):
        baseline.fit(train)
        results[baseline.name] = measure(
            baseline.name, lambda seed, b=baseline: b.animate, held, options.work / "errors" / held_out_name(options)
        )
    lines = [
        f"{len(held)} conversations of {options.seconds:g} s from seeds that no training used, three generation seeds",
        "each; 95% intervals by bootstrap over conversations. Duet hears the mixed track and is told who speaks when",
        "(`own voices`: each person's voice apart). `one step` is a single denoising step, which is close to the mean",
        "of all motions that would fit: squared errors prefer it, and the mean pose, to any lively motion. Listen-M",
        "sees the other person's true motion.", "",
    ]  # fmt: skip
    for role in ("speaker", "listener", "both"):
        lines += [f"### {role.capitalize()}" if role != "both" else "### Both roles", "", *table(results, role), ""]
    lines += ["### What shows and what does not (paired, both roles)", "", *differences(results, "Duet"), ""]
    if options.steps:
        folders = train_ablations(options, train.folder)
        errors = options.work / "errors" / f"ablations-{options.steps}-{held_out_name(options)}"
        trained = {
            name: measure(name, lambda seed, f=per_seed: duet(f[seed], as_mixed), held, errors)
            for name, per_seed in folders.items()
        }
        lines += [
            "### Ablations", "",
            f"Each trained three times, seeds 0 to 2: {options.steps} steps of six windows of 5 s, a quarter more in",
            f"stage 2, on {len(train)} conversations. This is little training: rows compare with each other and not",
            "with the built-in weights above. Talking Together (table 3) reports that each of these parts helps; the",
            "list below says of which of them that shows here.", "",
            *table(trained, "both"), "", *differences(trained, "full"), "",
        ]  # fmt: skip
    return lines
