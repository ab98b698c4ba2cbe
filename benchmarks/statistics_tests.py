"""How often a comparison of two methods finds what is there, and what is not, over all its rows together."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace

import numpy as np
from numpy.typing import NDArray

from benchmarks.statistics_worlds import POOL, WORLDS, changed, pooled, states_of
from visavis.evaluation.coupling import Correlation, ResidualCorrelation
from visavis.evaluation.errors import L2Distance, MeanSquaredError
from visavis.evaluation.frechet import FrechetDistance, PairedFrechetDistance
from visavis.evaluation.intervals import pseudo_values
from visavis.evaluation.metric import Metric
from visavis.evaluation.parts import parts_of
from visavis.evaluation.significance import LEVEL, Significance, sign_flips
from visavis.evaluation.spread import Diversity, Variance, Variation
from visavis.motion import ARKIT

Array = NDArray[np.float64]

WORLD = "listeners"
UNITS = (5, 6, 8, 10, 20)
TIMES = {"null": 600, "power": 60}
KINDS = (MeanSquaredError, L2Distance, Variance, Variation, Diversity, Correlation, ResidualCorrelation)
DISTANCES = {FrechetDistance: ("lip", "translation", "global"), PairedFrechetDistance: ("lip",)}
"""Those that take long, of fewer columns."""
SHIFTS = (0.02, 0.05, 0.2, 3.0)
"""By how much a method is off everywhere; the last is absurd."""
METHODS = 16
"""Rows of a table that a method of reference is compared with, in the check of whole tables."""


def rows() -> dict[str, Metric]:
    """The rows of a report: measures by part."""
    found: dict[str, Metric] = {}
    for kind in KINDS:
        found |= {f"{kind.name} {part}": kind(part) for part in parts_of(ARKIT)}
    for distance, parts in DISTANCES.items():
        found |= {f"{distance.name} {part}": distance(part) for part in parts}
    return found


def compared(
    metrics: Sequence[Metric], first: Sequence[Array], second: Sequence[Array], chosen: NDArray[np.intp]
) -> Significance:
    """Two methods over some conversations, under all measures."""
    said = []
    for metric, a, b in zip(metrics, first, second, strict=True):
        pairs = np.stack([a[chosen], b[chosen]], 1)
        said.append(pseudo_values(pairs, lambda t, m=metric: m.values_of(t[:, 0]) - m.values_of(t[:, 1])))  # type: ignore[misc]
    return sign_flips(np.stack(said, 1))


def report(_work: Path, _data: Path) -> list[str]:
    """The section."""
    clips = list(WORLDS[WORLD](POOL[WORLD]))
    seen: dict[str, list[Array]] = {}
    names = list(rows())
    metrics: list[Metric] = []
    for name, moved in {
        "first": [a for a, _ in clips], "second": [b for _, b in clips],
        **{f"{by:g}": [changed(b, by) for _, b in clips] for by in SHIFTS},
    }.items():  # fmt: skip
        measured = rows()
        pooled(moved, measured)
        metrics = metrics or list(measured.values())
        seen[name] = [states_of(metric) for metric in measured.values()]
    rng = np.random.default_rng(0)
    lines = [
        f"Two methods are compared as `visavis evaluate --against` does, under {len(names)} rows (measures by part) at "
        "once, in the conversations of the section before. *Alike*: both give what other listeners did, so that "
        "whatever is found is an accident. *Any*: samples in which at least one row of all has p, all rows together, "
        f"below {LEVEL:g}; *one row*: how often a row's own p is below it. *Off*: one method is so much too high in "
        "all columns, which move by some hundredths; mean share of the rows of MSE and L2 that are found. "
        f"{TIMES['null']} samples of each, {TIMES['power']} of the last.", "",
        f"| conversations | alike: any | alike: one row | {' | '.join(f'off by {by:g}' for by in SHIFTS)} |",
        f"| ---: | ---: | ---: |{' ---: |' * len(SHIFTS)}",
    ]  # fmt: skip
    errors = [i for i, name in enumerate(names) if name.startswith(("MSE", "L2 "))]
    for n in UNITS:
        accidents, alone = 0, 0.0
        for _ in range(TIMES["null"]):
            found = compared(metrics, seen["first"], seen["second"], rng.choice(len(clips), n, replace=False))
            accidents += bool((found.together < LEVEL).any())
            alone += float((found.alone < LEVEL).mean())
        cells = [f"{accidents / TIMES['null']:.3f}", f"{alone / TIMES['null']:.3f}"]
        for by in SHIFTS:
            shares = []
            for _ in range(TIMES["power"]):
                chosen = rng.choice(len(clips), n, replace=False)
                found = compared(metrics, seen["first"], seen[f"{by:g}"], chosen)
                shares.append(float((found.together[errors] < LEVEL).mean()))
            cells.append(f"{np.mean(shares):.2f}")
        lines.append(f"| {n} | {' | '.join(cells)} |")
    return [*lines, "", *tables(rng)]


def tables(rng: np.random.Generator) -> list[str]:
    """Whole tables: several methods against one, of errors that are skewed and share the conversation's difficulty."""
    lines = [
        f"A table compares {METHODS} methods with one of reference under 12 measures, {METHODS * 12} tests. Errors are "
        "log-normal, and half of their spread is the conversation's. Samples in which any method that is like the one "
        "of reference gets a star:", "",
        f"| conversations | {' | '.join(str(n) for n in UNITS)} |", f"| --- |{' ---: |' * len(UNITS)}",
    ]  # fmt: skip
    for what, real in (("all alike", 0), ("half of them really worse", METHODS // 2)):
        cells = []
        for n in UNITS:
            accidents = 0
            for _ in range(TIMES["null"]):
                hard = rng.normal(size=(n, 1, 12))
                errors = np.exp(0.5 * hard + 0.5 * rng.normal(size=(n, METHODS + 1, 12)))
                errors[:, 1 : 1 + real] += 3.0
                differences = errors[:, :1] - errors[:, 1:]
                together = sign_flips(differences.reshape(n, -1)).together.reshape(METHODS, 12)
                accidents += bool((together[real:] < LEVEL).any())
            cells.append(f"{accidents / TIMES['null']:.3f}")
        lines.append(f"| {what} | {' | '.join(cells)} |")
    return lines


TESTS = SimpleNamespace(TITLE="Tests between methods", report=report)
