"""Measures tokenizers against principal components and writes docs/results/tokenizers.md with its picture.

    python benchmarks/results_tokenizers.py [--part rig-speech|simulated] [--steps N] [--width N]

Every finished row lies in --work (default runs/results-tokenizers) and is not made again: a run that was stopped goes
on, and the document is written anew after each row.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import time
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parent))

from pca_codec import PcaCodec
from visavis.evaluation.spread import pair_distance
from visavis.motion import MotionSpace, get_space
from visavis.settings import validate
from visavis.tokenizers import MotionStatistics, build, codebook_health, from_pretrained
from visavis.tokenizers.config import parse_config, read_preset
from visavis.training.config import LoopConfig
from visavis.training.motion_windows import MotionRows, people_of
from visavis.training.train_tokenizer import fit

ROOT = Path(__file__).resolve().parents[1]
HELD_OUT = "1114_2_04"
"""The recording of rig-speech/ that nothing is trained on."""
WINDOW = 16
"""Frames of the windows whose means are compared."""

Clips = list[NDArray[np.float32]]


@dataclass
class Data:
    """Motion to train on and motion held out, as models see it."""

    title: str
    space: MotionSpace
    fps: float
    train: Clips
    test: Clips

    @cached_property
    def rows(self) -> MotionRows:
        """What is trained on, as the loop takes it."""
        lengths = np.array([len(clip) for clip in self.train])
        spans = np.stack([np.cumsum(lengths) - lengths, lengths], 1)
        return MotionRows(np.concatenate(self.train), np.ones(lengths.sum(), bool), spans)

    @cached_property
    def statistics(self) -> MotionStatistics:
        """Of the same."""
        return self.rows.measure(self.space)

    @cached_property
    def moves(self) -> NDArray[np.bool_]:
        """(D,), columns that move."""
        return self.statistics.std.numpy() > 0

    def standard(self, clip: NDArray) -> NDArray[np.float64]:
        """Moving columns in standard deviations of the training motion."""
        mean, std = self.statistics.mean.numpy(), self.statistics.std.numpy()
        return ((clip - mean)[:, self.moves] / std[self.moves]).astype(np.float64)


def simulated(options: argparse.Namespace) -> Data:
    from visavis.conversation.corpus import Corpus
    from visavis.simulation.dyads.generate import generate

    folder = options.work / "corpus"
    generate(folder, conversations=options.conversations, seconds=90.0)
    conversations = list(Corpus.open(folder))
    held = max(1, len(conversations) // 4)
    space = get_space("arkit")

    def clips(part: list[Any]) -> Clips:
        return [values for values, _ in people_of(part, space, 25.0, 0)]

    return Data("Simulated conversations", space, 25.0, clips(conversations[:-held]), clips(conversations[-held:]))


def rig_speech(options: argparse.Namespace) -> Data | None:
    from visavis.corpora.rig_speech import FPS, read

    folder = options.data / "rig-speech"
    if not folder.is_dir():
        return None
    space = get_space("rig-speech")
    clips = {name: next(people_of([load()], space, FPS, 0))[0] for name, load in read(folder).items()}
    test = [clip for name, clip in clips.items() if HELD_OUT in name]
    return Data("Real speech (`rig-speech/`)", space, FPS, [c for n, c in clips.items() if HELD_OUT not in n], test)


PARTS = {"rig-speech": rig_speech, "simulated": simulated}


def measured(data: Data, decoded: Clips) -> dict[str, float]:
    """Errors over all frames of all held-out clips, on moving columns in standard deviations."""
    pairs = [(data.standard(a), data.standard(b)) for a, b in zip(decoded, data.test, strict=True)]
    error = np.concatenate([a - b for a, b in pairs])
    change = np.concatenate([np.diff(a, axis=0) - np.diff(b, axis=0) for a, b in pairs])
    windows = np.concatenate([_window_means(a) - _window_means(b) for a, b in pairs])
    return {
        "rms": float(np.sqrt(np.square(error).mean())), "l1": float(np.abs(error).mean()),
        "velocity": float(np.sqrt(np.square(change).mean())), "window": float(np.square(windows).mean()),
        "diversity": float(np.mean([pair_distance(a, 1000, seed) for a, _ in pairs for seed in range(10)])),
        "variance": float(np.mean([a.var(0).mean() for a, _ in pairs])),
    }  # fmt: skip


def _window_means(clip: NDArray) -> NDArray:
    count = len(clip) // WINDOW
    return clip[: count * WINDOW].reshape(count, WINDOW, -1).mean(1)


def of_tokenizer(data: Data, tokenizer: Any) -> dict[str, Any]:
    """Errors, bits and codebook health on the held-out clips."""
    codes, decoded = [], []
    with torch.no_grad():
        for clip in data.test:
            values = torch.from_numpy(np.array(clip))[None]
            codes.append(tokenizer.encode(values, torch.ones(values.shape[:2], dtype=torch.bool)))
            decoded.append(tokenizer.decode(codes[-1])[0, : len(clip)].numpy())
    bits = tokenizer.bits_per_second
    if tokenizer.config.family == "actions":  # columns that never move need no code
        bits *= float(data.moves.mean())
    health = codebook_health(codes, tokenizer.codebook_size)
    return {
        "bits": bits, **measured(data, decoded), "usage": float(np.mean([h.usage for h in health])),
        "perplexity": float(np.mean([h.perplexity for h in health])),
    }  # fmt: skip


def trained(data: Data, preset: str, changes: tuple[str, ...], options: argparse.Namespace) -> dict[str, Any]:
    """Trains a tokenizer and measures it."""
    steps = options.steps // (2 if preset.startswith("conv") else 1)  # a step of theirs takes twice as long
    settings = (
        f"space={data.space.name}", f"fps={data.fps:g}", f"network.width={options.width}", "training.batch=16",
        f"training.save_every={steps}", "training.warm_up=20", "training.rate=2e-3",
    )  # fmt: skip
    values = read_preset(preset, (*settings, *changes))
    loop = validate(LoopConfig, {**values.pop("training"), "steps": steps}, preset)
    run = options.work / f"run-{data.space.name}"
    shutil.rmtree(run, ignore_errors=True)
    run.mkdir(parents=True)
    began = time.process_time()
    config = parse_config(values, preset)
    fit(config, loop, data.rows, data.space, run, {"people": 0, "hours": 0}, False, None, 0, True)
    seconds = time.process_time() - began
    return {**of_tokenizer(data, from_pretrained(run / "model")), "seconds": seconds}


def binned(data: Data, bins: int) -> dict[str, Any]:
    changes = (f"space={data.space.name}", f"fps={data.fps:g}", f"bins={bins}")
    values = read_preset("actions-small", changes)
    values.pop("training", None)
    return of_tokenizer(data, build(parse_config(values, "actions-small"), data.statistics))


def components(data: Data, codec: PcaCodec, bits: float) -> dict[str, Any]:
    """PCA at so many bits per second, or the nearest number that its blocks can have."""
    total = max(1, round(bits * codec.block / data.fps))
    mean, std = data.statistics.mean.numpy(), data.statistics.std.numpy()
    decoded = []
    for clip in data.test:
        whole = np.tile(mean, (len(clip), 1))
        whole[:, data.moves] += codec.round_trip(data.standard(clip), total) * std[data.moves]
        decoded.append(whole)
    return {"bits": total * data.fps / codec.block, **measured(data, decoded)}


CURVES = {
    "transformer, 4 frames, 1 codebook": ("transformer-small", ("codebook.num_codebooks=1",)),
    "transformer, 4 frames, 4 codebooks": ("transformer-small", ("codebook.num_codebooks=4",)),
    "transformer, 4 frames, 8 codebooks": ("transformer-small", ()),
    "conv, 8 frames, 1 codebook": ("conv-small", ("codebook.num_codebooks=1",)),
    "conv, 8 frames, 4 codebooks": ("conv-small", ()),
}
ABLATIONS = {
    "none: loss L2, 4 codebooks, dim 32, size 512": "conv, 8 frames, 4 codebooks",
    "loss L1": ("losses.kind=l1",),
    "loss smooth L1": ("losses.kind=smooth-l1",),
    "1 codebook": "conv, 8 frames, 1 codebook",
    "1 codebook, loss L1": ("codebook.num_codebooks=1", "losses.kind=l1"),
    "dim 8": ("codebook.dim=8",),
    "dim 64": ("codebook.dim=64",),
    "size 64": ("codebook.size=64",),
    "size 256": ("codebook.size=256",),
}
"""Changes of `conv-small`, or the row above that is the same."""
RATES = (28.125, 56.25, 112.5, 225, 450, 900, 1800, 3600)
BINS = (4, 16, 64, 256)


def rows_of(data: Data, options: argparse.Namespace, cache: Path, document: Any) -> None:
    """All rows of one data set, each stored as soon as it is there."""
    rows = json.loads(cache.read_text("utf-8")) if cache.is_file() else {}
    rows["title"] = data.title
    rows["facts"] = {
        "columns": int(data.moves.sum()), "of": data.space.dim, "fps": data.fps,
        "train": sum(map(len, data.train)) / data.fps, "test": sum(map(len, data.test)) / data.fps,
    }  # fmt: skip

    def keep(name: str, make: Any) -> None:
        if name not in rows:
            rows[name] = make()
            print(data.title, name, {k: round(v, 3) for k, v in rows[name].items()}, flush=True)
            cache.write_text(json.dumps(rows, indent=1), "utf-8")
            document()

    keep("truth", lambda: measured(data, data.test))
    codecs = {block: PcaCodec([data.standard(clip) for clip in data.train], block) for block in (1, 8)}
    for block, codec in codecs.items():
        for rate in RATES:
            if rate * block / data.fps >= 1:
                title = f"PCA of {block} frame{'s' * (block > 1)}, {rate:g} bits/s"
                keep(title, lambda codec=codec, rate=rate: components(data, codec, rate))

    def beside(row: dict[str, Any]) -> dict[str, Any]:
        """The row, and the error of principal components that may spend as many bits."""
        return {**row, "components": components(data, codecs[8], row["bits"])["rms"]}

    for bins in BINS:
        keep(f"{bins} bins per column", lambda bins=bins: beside(binned(data, bins)))
    for name, (preset, changes) in CURVES.items():
        keep(name, lambda preset=preset, changes=changes: beside(trained(data, preset, changes, options)))
    if data.space.name == "arkit":
        for name, changes in ABLATIONS.items():
            keep(
                f"ablation: {name}",
                lambda c=changes: rows[c] if isinstance(c, str) else trained(data, "conv-small", c, options),
            )


def picture(parts: list[dict[str, Any]], path: Path) -> None:
    """Bits against error, a panel for each data set."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(2, len(parts), figsize=(5.2 * len(parts), 7), squeeze=False, sharey="row")
    kinds = {
        "PCA of 1 ": "PCA, frame by frame", "PCA of 8 ": "PCA of 8 frames", "conv": "convolutional VQ-VAE",
        "transformer": "transformer VQ-VAE", "bins": "bins per column",
    }  # fmt: skip
    for row, (measure, label) in zip(axes, (("rms", "root mean square"), ("l1", "mean absolute")), strict=True):
        for axis, rows in zip(row, parts, strict=True):
            for key, kind in kinds.items():
                points = sorted(
                    (found["bits"], found[measure]) for name, found in rows.items()
                    if (name.startswith(key) or (key == "bins" and "bins" in name)) and "bits" in found
                )  # fmt: skip
                if points:
                    axis.plot(*zip(*points, strict=True), marker="o", markersize=4, label=kind)
            axis.set_xscale("log")
            axis.set_ylim(0, 1.1)
            axis.set_title(rows["title"].replace("`", ""), fontsize=10)
            axis.set_xlabel("bits per second of one person")
        row[0].set_ylabel(f"{label} error, standard deviations")
    axes[0][0].legend(fontsize=8)
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    pyplot.close(figure)


def _found(rows: dict[str, Any]) -> str:
    """What a data set's figures say about the VQ-VAEs."""
    curves = {name: rows[name] for name in CURVES if name in rows}
    better = sum(row["rms"] < row["components"] for row in curves.values())
    line = f"- {rows['title']}: {better} of {len(curves)} VQ-VAEs have less error than components with the same bits."
    one, most = (rows.get(f"transformer, 4 frames, {count}") for count in ("1 codebook", "8 codebooks"))
    if one and most:
        line += (
            f" From one codebook to eight the transformer's error falls from {one['rms']:.2f} to {most['rms']:.2f}, "
            f"that of the components from {one['components']:.2f} to {most['components']:.2f}."
        )
    return line


def write_document(caches: list[Path], options: argparse.Namespace) -> None:
    parts = [json.loads(cache.read_text("utf-8")) for cache in caches if cache.is_file()]
    if not parts:
        return
    options.out.parent.mkdir(parents=True, exist_ok=True)
    picture(parts, options.out.with_suffix(".png"))
    lines = [
        "# Motion tokenizers", "",
        "By `make results-tokenizers`. How far held-out motion is from itself after it went through codes, against",
        "principal components at the same number of bits per second. Errors are of moving columns, in standard",
        "deviations of the training motion: 1 is about what the mean pose alone would give. Bits are those of equally",
        "likely codes. Principal components get their bits where they help most, and decode to the mean of a step;",
        "\"PCA\" is the error of those of 8 frames with the bits of the row. Error and velocity error are root mean",
        "squares.", "",
        f"**The VQ-VAEs had little training**: {options.steps} steps of 16 windows of 64 frames each, at width",
        f"{options.width}; half as many for the convolutional ones, whose steps take twice as long (\"s\": seconds of",
        "one core). Principal components are fitted exactly. The figures say what comes of that, not where more",
        "training would end.", "",
    ]  # fmt: skip
    lines += [*map(_found, parts), ""]
    lines += [
        f"![Bits against error]({options.out.with_suffix('.png').name})", "",
    ]  # fmt: skip
    for rows in parts:
        facts = rows["facts"]
        lines += [
            f"## {rows['title']}", "",
            f"{facts['train'] / 60:.1f} minutes of one person to train on, {facts['test'] / 60:.1f} held out;"
            f" {facts['columns']} of {facts['of']} columns move; {facts['fps']:g} frames/s.", "",
            "| method | bits/s | error | PCA | absolute error | velocity error | codes used | perplexity | s |",
            "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
        ]  # fmt: skip
        found = {n: r for n, r in rows.items() if isinstance(r, dict) and "bits" in r and "ablation" not in n}
        for name, row in sorted(found.items(), key=lambda item: item[1]["bits"]):
            health = f"{row['usage']:.0%} | {row['perplexity']:.0f}" if "usage" in row else "|"
            seconds = f"{row['seconds']:.0f}" if "seconds" in row else ""
            bits = f"{row['bits']:,.0f}"
            beside = f"{row['components']:.3f}" if "components" in row else ""
            errors = f"{row['rms']:.3f} | {beside} | {row['l1']:.3f} | {row['velocity']:.3f}"
            lines.append(f"| {name} | {bits} | {errors} | {health} | {seconds} |")
        lines.append("")
        ablations = {n: r for n, r in rows.items() if n.startswith("ablation")}
        if ablations:
            lines += _ablations(ablations, rows["truth"])
    working = options.out.with_suffix(".tmp")
    working.write_text("\n".join(lines).rstrip() + "\n", "utf-8")
    working.replace(options.out)


def _ablations(ablations: dict[str, dict[str, float]], truth: dict[str, float]) -> list[str]:
    """The rows of MARS's Table 3."""
    lines = [
        "### Loss, number, dimension and size of the codebooks", "",
        "The convolutional tokenizer at 8 frames per step, one thing changed at a time, as in MARS's Table 3, whose",
        "VMSE, LVD and window vertex L2 are of vertices; here they are of columns: squared error, absolute error,",
        f"squared error of means over {WINDOW} frames. Diversity is the mean distance of 1,000 pairs of frames, ten",
        "times; variance is over time. Both are best where they equal the truth's.", "",
        "| change | squared error | absolute error | window | diversity | variance | codes used | perplexity |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
        f"| truth | 0 | 0 | 0 | {truth['diversity']:.2f} | {truth['variance']:.3f} | | |",
    ]  # fmt: skip
    for name, row in ablations.items():
        lines.append(
            f"| {name.removeprefix('ablation: ')} | {row['rms'] ** 2:.3f} | {row['l1']:.3f} | {row['window']:.3f} | "
            f"{row['diversity']:.2f} | {row['variance']:.3f} | {row['usage']:.0%} | {row['perplexity']:.0f} |"
        )
    return [*lines, ""]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--part", choices=PARTS, help="only this data; the document has what is there of both")
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data", help="real recordings")
    parser.add_argument("--work", type=Path, default=ROOT / "runs" / "results-tokenizers")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "results" / "tokenizers.md")
    parser.add_argument("--conversations", type=int, default=16, help="simulated; a quarter of them is held out")
    parser.add_argument("--steps", type=int, default=600, help="training steps of transformers; others get half")
    parser.add_argument("--width", type=int, default=128, help="channels of each VQ-VAE")
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    key = f"{options.steps}-{options.width}-{options.conversations}"
    caches = [options.work / f"{name}-{key}.json" for name in PARTS]
    for name, cache in zip(PARTS, caches, strict=True):
        if options.part not in (None, name):
            continue
        data = PARTS[name](options)
        if data is None:
            print(f"rig-speech is not under {options.data}; its part is left out", file=sys.stderr)
            continue
        rows_of(data, options, cache, lambda: write_document(caches, options))
    write_document(caches, options)
    print(options.out)


if __name__ == "__main__":
    main()
