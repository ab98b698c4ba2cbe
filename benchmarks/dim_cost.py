"""What every method costs: training steps per second, sampling speed and memory, each in a process of its own."""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from visavis.conversation.corpus import Corpus
from visavis.features.audio import get_encoder
from visavis.generation.apply import apply
from visavis.models import from_pretrained
from visavis.models.baselines.trained import Trained as TrainedBaseline
from visavis.models.dim.model import build_dim
from visavis.models.dim.statistics import Statistics
from visavis.models.registry import get_entry
from visavis.reporter import SILENT
from visavis.training.corpora import Corpora
from visavis.training.loop import train_module
from visavis.training.train import TrainRequest, learner_of, train
from visavis.training.trained import Trained
from visavis.workflows.benchmark.dim import LISTENERS, SPEAKERS
from visavis.workflows.benchmark.methods import deaf_by_default

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


def cost_of_baseline(name: str, train_on: Path, test: Path, work: Path) -> dict[str, Any]:
    """Fits with few steps, then generates a minute."""
    hears = ("encoder=log-mel",) if deaf_by_default(name) else ()

    def fit(steps: int) -> tuple[float, Path]:
        with tempfile.TemporaryDirectory(dir=work) as folder:
            began = time.perf_counter()
            final = train(name, train_on, Path(folder) / "run", overrides=hears, max_steps=steps, device="cpu")
            seconds = time.perf_counter() - began
            return seconds, Path(shutil.copytree(final, work / f"{name}-{steps}", dirs_exist_ok=True))

    first, final = fit(STEPS)
    model = from_pretrained(final)
    row: dict[str, Any] = {"prepare": first}
    if isinstance(model, TrainedBaseline):
        row = {"steps": 3 * STEPS / (fit(4 * STEPS)[0] - first)}
    (conversation,) = Corpus.open(test)
    apply(conversation, model, (1,))
    began = time.perf_counter()
    apply(conversation, model, (1,), seed=1)
    return {**row, "speed": conversation.duration / (time.perf_counter() - began)}


class Timed(Trained):
    """A training that notes when each batch begins."""

    def on_train_start(self) -> None:
        """Nothing has begun."""
        super().on_train_start()
        self.starts: list[float] = []

    def on_train_batch_start(self, batch: Any, batch_idx: int) -> None:
        """Notes it."""
        super().on_train_batch_start(batch, batch_idx)
        self.starts.append(time.perf_counter())


def cost_of_training(stage: str, preset: str, train_on: Path, work: Path) -> dict[str, Any]:
    """Steps per second of a stage of DIM, in the loop that trains it; nothing is saved until the time is taken."""
    learner = learner_of(TrainRequest("dim", (train_on,), work, preset))
    data = learner.prepare(Corpora.open(train_on), work, 0, SILENT)
    model: Any = learner.start(data, stage, None)
    sampler = learner.sampler(data, model, stage, 0)
    assert sampler is not None
    count = 2 * STEPS + 1
    loop = learner.loop(stage).model_copy(update={"max_steps": count, "save_every": count})
    timed = Timed(model, loop, sampler, 0)
    with tempfile.TemporaryDirectory(dir=work) as folder:
        train_module(timed, Path(folder), lambda *_: None, device="cpu")
    batches = STEPS * loop.accumulate_grad_batches
    return {"steps": STEPS / (timed.starts[2 * batches] - timed.starts[batches])}


def cost_of_sampling(preset: str, listens: bool, test: Path) -> dict[str, Any]:
    """A listener's minute by an untrained network of that size; what it says costs the same."""
    import torch

    changes = () if listens else ("encoder=null",)
    config = get_entry("dim").load_preset(preset, changes)
    (conversation,) = Corpus.open(test)
    motion = conversation.a.motion
    assert motion is not None
    features = 2 * get_encoder(config.encoder).dim if config.encoder else 0
    torch.manual_seed(0)
    model = build_dim(config, motion.space, motion.fps, Statistics.neutral(motion.space.dim, features)).eval()
    model.begin("listener")
    apply(conversation, model, (1,))
    began = time.perf_counter()
    apply(conversation, model, (1,), seed=1)
    return {"speed": conversation.duration / (time.perf_counter() - began)}


def jobs() -> dict[str, list[str]]:
    """Rows and the arguments of their processes."""
    found = {f"DIM small, {stage}": ["training", stage] for stage in STAGES}
    found["DIM-Listener small, sound and motion seen"] = ["sampling", "sound"]
    found["DIM-Listener small, motion seen alone"] = ["sampling", "silent"]
    return found | {name: ["baseline", name] for name in (*LISTENERS, *SPEAKERS)}


def report(work: Path, data: Path) -> list[str]:
    """Runs every row in a process of its own."""
    work.mkdir(parents=True, exist_ok=True)
    conversations(work)
    rows = {}
    for name, arguments in jobs().items():
        print(f"   {name}", flush=True)
        found = subprocess.run(
            [sys.executable, "-m", "benchmarks.dim_cost", str(work), *arguments],
            capture_output=True,
            text=True,
            check=True,
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
    train_on, test = conversations(options.work)
    if options.what == "training":
        row = cost_of_training(options.name, "small", train_on, options.work)
    elif options.what == "sampling":
        row = cost_of_sampling("small", options.name == "sound", test)
    else:
        row = cost_of_baseline(options.name, train_on, test, options.work)
    row["memory"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(json.dumps(row))


if __name__ == "__main__":
    main()
