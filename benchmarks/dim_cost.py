"""What every method costs: training steps per second, sampling speed and memory, each in a process of its own."""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

TITLE = "Cost"
THREADS = 2
STEPS = 30
"""Timed per training, after as many that are not: nothing is measured that happens once. Three times as many for
baselines, whose time is that of a longer training less that of a shorter one."""
SECONDS = 60.0
ENCODER = "log-mel"
STAGES = ("tokenizers", "pretrain", "listener", "speaker")
FAST_ENOUGH = 20.0
"""Times real time that DIM-Listener is meant to sample at."""


def conversations(work: Path) -> tuple[Path, Path]:
    """Folders of some to train on and of one to generate for."""
    from visavis.simulation.dyads.generate import generate

    train = generate(work / "train", conversations=8, seconds=40.0, seed=1, voices=["builtin"])
    return train, generate(work / "test", conversations=1, seconds=SECONDS, seed=2, voices=["builtin"])


def cost_of_baseline(name: str, train: Path, test: Path) -> dict[str, Any]:
    """Fits with few steps, then generates a minute."""
    from visavis.conversation.corpus import Corpus
    from visavis.features.audio import get_encoder
    from visavis.models.baselines import get_baseline
    from visavis.models.baselines.trained import Trained
    from visavis.motion import get_space

    method = get_baseline(name, get_space("arkit"), get_encoder(ENCODER))
    corpus = list(Corpus.open(train))

    def fit(steps: int) -> float:
        began = time.perf_counter()
        method.fit(corpus, steps=steps)
        return time.perf_counter() - began

    first = fit(STEPS)
    row: dict[str, Any] = {"prepare": first}
    if isinstance(method, Trained):
        row = {"steps": 3 * STEPS / (fit(4 * STEPS) - fit(STEPS))}
    (conversation,) = Corpus.open(test)
    method.generate(conversation, 1, 0)
    began = time.perf_counter()
    method.generate(conversation, 1, 1)
    return {**row, "speed": conversation.duration / (time.perf_counter() - began)}


def cost_of_training(stage: str, preset: str, train: Path, work: Path) -> dict[str, Any]:
    """Steps per second of a stage of DIM, on batches as they come."""
    import torch

    from visavis.models.dim import build
    from visavis.training.pairs import PairSampler, build_pairs, measure, space_of
    from visavis.training.run import Corpora
    from visavis.training.train_dim import read_settings

    config, training = read_settings(preset)
    corpus = Corpora(train)
    space, fps = space_of(corpus)
    found = build_pairs(corpus, space, fps, config.encoder, work / "features", name=corpus.place)
    model = build(config, space, fps, *measure(found, space)).train()
    model.begin(stage)  # type: ignore[arg-type]
    sampler = PairSampler(found, config.window, getattr(training, stage).batch)
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], 1e-4)
    for step in range(2 * STEPS):
        if step == STEPS:
            began = time.perf_counter()
        losses = model.loss(sampler.batch(step), torch.Generator().manual_seed(step))
        optimizer.zero_grad()
        losses.total.backward()
        optimizer.step()
    return {"steps": STEPS / (time.perf_counter() - began)}


def cost_of_sampling(preset: str, listens: bool, test: Path) -> dict[str, Any]:
    """A listener's minute by an untrained network of that size; what it says costs the same."""
    import torch

    from visavis.conversation.corpus import Corpus
    from visavis.features.audio import get_encoder
    from visavis.generation.listen import listen
    from visavis.models.dim import build
    from visavis.models.dim.statistics import Statistics
    from visavis.training.train_dim import read_settings

    changes = () if listens else ("encoder=null",)
    config, _ = read_settings(preset, changes)
    (conversation,) = Corpus.open(test)
    motion = conversation.participants[0].motion
    assert motion is not None
    features = 2 * get_encoder(config.encoder).dim if config.encoder else 0
    torch.manual_seed(0)
    statistics = Statistics.neutral(motion.space.dim, features)
    model = build(config, motion.space, motion.fps, statistics).eval()
    model.begin("listener")
    listen(conversation, model, seed=0)
    began = time.perf_counter()
    listen(conversation, model, seed=1)
    return {"speed": conversation.duration / (time.perf_counter() - began)}


def jobs() -> dict[str, list[str]]:
    """Rows and the arguments of their processes."""
    from visavis.models.baselines import BASELINES

    found = {f"DIM small, {stage}": ["training", stage] for stage in STAGES}
    found["DIM-Listener small, sound and motion seen"] = ["sampling", "sound"]
    found["DIM-Listener small, motion seen alone"] = ["sampling", "silent"]
    return found | {name: ["baseline", name] for name, entry in BASELINES.items() if entry.role != "conversation"}


def report(work: Path, data: Path) -> list[str]:
    """Runs every row in a process of its own."""
    work.mkdir(parents=True, exist_ok=True)
    conversations(work)
    rows = {}
    for name, arguments in jobs().items():
        print(f"   {name}", flush=True)
        found = subprocess.run(
            [sys.executable, __file__, str(work), *arguments], capture_output=True, text=True, check=True
        )
        rows[name] = json.loads(found.stdout.splitlines()[-1])
    lines = [
        f"Two threads; batches as each trains with (DIM: 24 windows of 128 frames); sampling: one person for "
        f"{SECONDS:g} s, features of the sound included (`{ENCODER}`; DIM: its own). Memory is the peak of the whole "
        "process, of which about 0.3 GB are PyTorch.", "",
        "| method | training steps/s | fitting, s | sampling, times real time | memory, GB |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]  # fmt: skip
    for name, row in rows.items():
        shown = [f"{row[key]:.3g}" if key in row else "" for key in ("steps", "prepare", "speed", "memory")]
        lines.append(f"| {name} | " + " | ".join(shown) + " |")
    speed = rows["DIM-Listener small, sound and motion seen"]["speed"]
    verdict = "met" if speed >= FAST_ENOUGH else "missed"
    lines += ["", f"Target: DIM-Listener samples at least {FAST_ENOUGH:g} times faster than real time: {verdict}."]
    return lines


def main() -> None:
    """One row, printed as JSON."""
    import torch

    parser = argparse.ArgumentParser()
    parser.add_argument("work", type=Path)
    parser.add_argument("what", choices=("training", "sampling", "baseline"))
    parser.add_argument("name")
    options = parser.parse_args()
    torch.set_num_threads(THREADS)
    train, test = conversations(options.work)
    if options.what == "training":
        row = cost_of_training(options.name, "small", train, options.work)
    elif options.what == "sampling":
        row = cost_of_sampling("small", options.name == "sound", test)
    else:
        row = cost_of_baseline(options.name, train, test)
    row["memory"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(json.dumps(row))


if __name__ == "__main__":
    main()
