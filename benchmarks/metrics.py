"""Speed and memory of the measures that must stand large corpora, printed as a table.

    python -m benchmarks.metrics

FD of a million frames of 56 columns is meant to take at most 3 s on two cores, in memory that does not grow with the
number of frames; SID is meant to grow in proportion to it.
"""

from __future__ import annotations

import resource
import time

import numpy as np

from visavis.evaluation.clusters import ShannonIndex
from visavis.evaluation.frechet import FrechetDistance, PairedFrechetDistance
from visavis.evaluation.metric import Metric
from visavis.motion import EMOCA56, Motion

CLIP = 10_000
"""Frames per clip; each is made, measured and forgotten."""


def measure(metric: Metric, frames: int) -> tuple[float, float]:
    """Seconds of update and compute alone, and the value."""
    rng = np.random.default_rng(0)
    seconds = 0.0
    for start in range(0, frames, CLIP):
        count = min(CLIP, frames - start)
        true, predicted, partner = (
            Motion(rng.standard_normal((count, EMOCA56.dim), np.float32), 25, EMOCA56) for _ in range(3)
        )
        began = time.perf_counter()
        metric.update(predicted, true, partner=partner, conversation="one")
        seconds += time.perf_counter() - began
    began = time.perf_counter()
    value = metric.compute(intervals=False).value
    return seconds + time.perf_counter() - began, value


def peak() -> float:
    """MiB that the process has held at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    measure(FrechetDistance(), 1000)  # imports
    print("| measure | frames x columns | seconds | peak memory, MiB |")
    print("| --- | ---: | ---: | ---: |")
    rows: list[tuple[str, Metric, int]] = [
        ("FD", FrechetDistance(), 100_000), ("FD", FrechetDistance(), 1_000_000),
        ("P-FD", PairedFrechetDistance(), 1_000_000), ("SID", ShannonIndex(), 250_000),
        ("SID", ShannonIndex(), 500_000), ("SID", ShannonIndex(), 1_000_000),
    ]  # fmt: skip
    for name, metric, frames in rows:
        seconds, _value = measure(metric, frames)
        print(f"| {name} | {frames:,} x {EMOCA56.dim} | {seconds:.2f} | {peak():.0f} |", flush=True)


if __name__ == "__main__":
    main()
