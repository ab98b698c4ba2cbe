"""The detector of laughter against transcripts of real talk, and against simulated talk.

Run ``python -m benchmarks.laughter [FOLDER]``; it prints Markdown. FOLDER holds ``phone-call/``, ``meeting-clips/`` and
``ami/`` (default ``../shared/data``). The clips are the first half minutes of meetings, whose laughs AMI's words tell;
many of those have no length there and are taken for 0.3 s.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import soundfile
import soxr
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from visavis.media.audio import SAMPLE_RATE
from visavis.perception.laughter.detector import laugh_probability, laughs
from visavis.perception.laughter.features import FPS
from visavis.simulation.voices.builtin import VARIANTS, BuiltinVoice
from visavis.simulation.voices.laughter import laughter

MEETINGS = {"dev00": "ES2003a", "tst00": "EN2002a", "trn03": "EN2001a", "trn05": "EN2004a"}
"""Which meeting each clip is of."""
NEAR = 0.3
"""Seconds by which a laugh that is found may miss one that is told."""
Spans = Sequence[tuple[float, float]]
Sounds = dict[str, tuple[NDArray[np.float32], Spans]]


def call(folder: Path) -> Sounds:
    """Sound and laughs of the telephone call: each side, and both in one track."""
    with (folder / "word.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["org_word"] == "[laughter]"]
    with (folder / "norm.csv").open(encoding="utf-8") as file:  # utterances that are laughter alone have no words
        rows += [row for row in csv.DictReader(file) if row["norm_text"] == "[laughter]"]
    sides, told = {}, {}
    for side in "AB":
        samples, rate = soundfile.read(folder / f"speaker_{side.lower()}.wav")
        sides[side] = soxr.resample(samples, rate, SAMPLE_RATE).astype(np.float32)
        told[side] = [(float(r["start"]), float(r["end"])) for r in rows if r["speaker"] == side]
    return {
        "call, one side": (sides["A"], told["A"]),
        "call, other side": (sides["B"], told["B"]),
        "call, one track": (sides["A"] + sides["B"], told["A"] + told["B"]),
    }


def meetings(folder: Path) -> Sounds:
    """Sound and laughs of the clips of meetings."""
    table = pq.read_table(folder / "ami" / "words.parquet", columns=["meeting", "kind", "text", "start", "end"])
    found: Sounds = {}
    for clip, meeting in MEETINGS.items():
        samples, _ = soundfile.read(folder / "meeting-clips" / f"{clip}.wav", dtype="float32")
        rows = table.filter([m == meeting for m in table["meeting"].to_pylist()]).to_pylist()
        told = [r for r in rows if r["kind"] == "vocalsound" and r["text"] == "laugh" and r["start"] < 30]
        found[f"meeting {meeting}"] = samples, joined([(r["start"], max(r["end"], r["start"] + 0.3)) for r in told])
    return found


def joined(spans: Spans) -> list[tuple[float, float]]:
    """Spans that touch, as one."""
    result: list[tuple[float, float]] = []
    for start, end in sorted(spans):
        if result and start <= result[-1][1] + NEAR:
            result[-1] = (result[-1][0], max(result[-1][1], end))
        else:
            result.append((start, end))
    return result


def simulated(count: int = 40) -> tuple[NDArray[np.float32], Spans]:
    """Each built-in voice says a sentence and laughs, in turn."""
    parts: list[NDArray[np.floating]] = []
    told, at = [], 0.0
    for i in range(count):
        name = list(VARIANTS)[i % len(VARIANTS)]
        spoken = BuiltinVoice(name).say("We sold the old truck last summer, and nobody misses it at all.", i).audio
        laugh = laughter(np.random.default_rng([9, i]), VARIANTS[name], 1.5)
        rest = np.zeros(SAMPLE_RATE)
        parts += [spoken.samples, rest, laugh.samples, rest]
        start = at + spoken.duration + 1.0
        told.append((start, start + 1.5))
        at = start + 2.5
    sound = np.concatenate(parts)
    return (sound + np.random.default_rng(0).normal(0, 0.001, len(sound))).astype(np.float32), told


def row(name: str, samples: NDArray[np.float32], told: Spans) -> str:
    """One line of the table."""
    probability = laugh_probability(samples)
    inside = np.zeros(len(probability), bool)
    for start, end in told:
        inside[int(start * FPS) : int(end * FPS) + 1] = True
    found = laughs(probability)
    hits = sum(any(b > start - NEAR and a < end + NEAR for a, b in found) for start, end in told)
    false = sum(not any(b > start - NEAR and a < end + NEAR for start, end in told) for a, b in found)
    area = f"{roc_auc_score(inside, probability):.2f}" if inside.any() else "-"
    minutes = len(samples) / SAMPLE_RATE / 60
    return f"| {name} | {minutes:.1f} | {area} | {hits} of {len(told)} | {false} |"


def main(data: Path) -> None:
    """Prints the table."""
    print("| sound | minutes | area under ROC | laughs found | found where there is none |")
    print("| --- | ---: | ---: | ---: | ---: |")
    for name, (samples, told) in {**call(data / "phone-call"), **meetings(data)}.items():
        print(row(name, samples, told), flush=True)
    print(row("built-in voices that speak and laugh", *simulated()))


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "../shared/data"))
