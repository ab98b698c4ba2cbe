"""Measures tokenizers against principal components and writes docs/results/tokenizers.md with its picture.

    python -m benchmarks.results_tokenizers [--part rig-speech|simulated] [--steps N] [--width N]

Every finished row lies in --work (default runs/results-tokenizers) and is not made again: a run that was stopped goes
on, and the document is written anew after each row.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from visavis.conversation import Conversation
from visavis.conversation.corpus import Corpus
from visavis.evaluation.spread import pair_distance
from visavis.motion import ARKIT, get_space
from visavis.simulation.dyads.generate import generate
from visavis.tokenizers import from_pretrained
from visavis.training.corpora import Corpora
from visavis.training.train import train
from visavis.workflows.benchmark.codecs import (
    Clips,
    MotionData,
    Sums,
    figures,
    measure_tokenizer,
    people_of,
    root_mean_square,
    through,
)
from visavis.workflows.benchmark.pca_codec import PcaCodec

ROOT = Path(__file__).resolve().parents[1]
HELD_OUT = "1114_2_04"
"""The recording of rig-speech/ that nothing is trained on."""
WINDOW = 16
"""Frames of the windows whose means are compared."""


class Data(MotionData):
    """Motion to train on and motion held out, with the conversations to train on."""

    title: str
    learnt: Sequence[Conversation]


def data_of(title: str, space: str, fps: float, train: Sequence[Conversation], test: Sequence[Conversation]) -> Data:
    """Both parts, as models see them."""
    columns = get_space(space)
    found = Data(columns, fps, people_of(train, columns, fps), people_of(test, columns, fps))
    found.title, found.learnt = title, train
    return found


def simulated(options: argparse.Namespace) -> Data:
    folder = options.work / "corpus"
    generate(folder, conversations=options.conversations, seconds=90.0)
    conversations = list(Corpus.open(folder))
    held = max(1, len(conversations) // 4)
    return data_of("Simulated conversations", "arkit", 25.0, conversations[:-held], conversations[-held:])


def rig_speech(options: argparse.Namespace) -> Data | None:
    from visavis.corpora.rig_speech import FPS, read

    folder = options.data / "rig-speech"
    if not folder.is_dir():
        return None
    found = {name: load() for name, load in read(folder).items()}
    known = [conversation for name, conversation in found.items() if HELD_OUT not in name]
    test = [conversation for name, conversation in found.items() if HELD_OUT in name]
    return data_of("Real speech (`rig-speech/`)", "rig-speech", FPS, known, test)


PARTS = {"rig-speech": rig_speech, "simulated": simulated}


def measured(data: Data, decoded: Clips) -> dict[str, float]:
    """Errors over all frames of all held-out clips, on moving columns in standard deviations."""
    pairs = [
        (data.standard(a), data.standard(b))
        for unit, clips in data.test.items() for a, b in zip(decoded[unit], clips, strict=True)
    ]  # fmt: skip
    windows = np.concatenate([_window_means(a) - _window_means(b) for a, b in pairs])
    return {
        **_errors(data.errors(decoded)), "window": float(np.square(windows).mean()),
        "diversity": float(np.mean([pair_distance(a) for a, _ in pairs])),
        "variance": float(np.mean([a.var(0).mean() for a, _ in pairs])),
    }  # fmt: skip


def _errors(sums: Sums) -> dict[str, float]:
    found = figures({"bits": 0.0, "errors": sums})
    return {
        "rms": found["error"][0], "l1": found["absolute error"][0], "velocity": found["velocity error"][0],
    }  # fmt: skip


def _window_means(clip: NDArray[np.float64]) -> NDArray[np.float64]:
    count = len(clip) // WINDOW
    means: NDArray[np.float64] = clip[: count * WINDOW].reshape(count, WINDOW, -1).mean(1)
    return means


def of_tokenizer(data: Data, tokenizer: Any) -> dict[str, Any]:
    """Errors, bits and codebook health on the held-out clips, and the error of components with the same bits."""
    row = measure_tokenizer(data, tokenizer)
    kept = {name: row[name] for name in ("bits", "usage", "perplexity")}
    return {
        **kept, **measured(data, through(data, tokenizer)[0]), "components": root_mean_square(row["components"])[0],
    }  # fmt: skip


def trained(data: Data, preset: str, changes: tuple[str, ...], options: argparse.Namespace) -> dict[str, Any]:
    """Trains a tokenizer and measures it."""
    steps = options.steps // (2 if preset.startswith("conv") else 1)  # a step of theirs takes twice as long
    settings = (
        f"network.width={options.width}", "training.batch_size=16", f"training.save_every={steps}",
        "training.warmup_steps=20", "training.learning_rate=2e-3",
    )  # fmt: skip
    run = options.work / f"run-{data.space.name}" / f"{preset}{''.join(changes)}-{steps}-{options.width}"
    began = time.process_time()
    final = train(
        "tokenizer", Corpora.listed(data.learnt, data.title), run, preset=preset, overrides=(*settings, *changes),
        max_steps=steps, device="cpu",
    )  # fmt: skip
    seconds = time.process_time() - began
    return {**of_tokenizer(data, from_pretrained(final)), "seconds": seconds}


def binned(data: Data, bins: int, options: argparse.Namespace) -> dict[str, Any]:
    run = options.work / f"run-{data.space.name}" / f"bins-{bins}"
    final = train(
        "tokenizer", Corpora.listed(data.learnt, data.title), run, preset="actions-small", overrides=(f"bins={bins}",),
        device="cpu",
    )  # fmt: skip
    return of_tokenizer(data, from_pretrained(final))


def components(data: Data, codec: PcaCodec, bits: float) -> dict[str, Any]:
    """PCA at so many bits per second, or the nearest number that its blocks can have."""
    total = max(1, round(bits * codec.block / data.fps))
    return {"bits": total * data.fps / codec.block, **_errors(data.components(bits, codec))}


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
    lengths = [sum(len(clip) for clips in part.values() for clip in clips) for part in (data.train, data.test)]
    rows["facts"] = {
        "columns": int(data.moves.sum()), "of": data.space.dim, "fps": data.fps,
        "train": lengths[0] / data.fps, "test": lengths[1] / data.fps, "units": len(data.test),
    }  # fmt: skip

    def keep(name: str, make: Any) -> None:
        if name not in rows:
            rows[name] = make()
            print(data.title, name, {k: round(v, 3) for k, v in rows[name].items()}, flush=True)
            cache.write_text(json.dumps(rows, indent=1), "utf-8")
            document()

    keep("truth", partial(measured, data, data.test))
    for block in (1, 8):
        codec = data.components_of(block)
        for rate in RATES:
            if rate * block / data.fps >= 1:
                title = f"PCA of {block} frame{'s' * (block > 1)}, {rate:g} bits/s"
                keep(title, partial(components, data, codec, rate))
    for bins in BINS:
        keep(f"{bins} bins per column", partial(binned, data, bins, options))
    for name, (preset, changes) in CURVES.items():
        keep(name, partial(trained, data, preset, changes, options))
    if data.space.columns == ARKIT.columns:
        for name, what in ABLATIONS.items():
            same = partial(rows.__getitem__, what) if isinstance(what, str) else None
            keep(f"ablation: {name}", same or partial(trained, data, "conv-small", tuple(what), options))


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
    units = rows["facts"]["units"]
    held = f"{units} conversations" if units > 1 else "one recording, which says little of others"
    line = (
        f"- {rows['title']}: {better} of {len(curves)} VQ-VAEs have less error than components with the same bits, in "
        f"what is held out ({held})."
    )
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
        "training would end: [the codes of MARS](mars-codes.md) do better than principal components.", "",
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
        f"squared error of means over {WINDOW} frames. Diversity is the mean distance of all pairs of frames; variance",
        "is over time. Both are best where they equal the truth's.", "",
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
