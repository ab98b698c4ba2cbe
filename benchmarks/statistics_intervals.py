"""How often intervals that say 95% hold the true value: of every kind, from few units and from many."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import numpy as np
from numpy.typing import NDArray

from benchmarks.statistics_worlds import POOL, WORLDS, pooled, states_of
from visavis.evaluation.clip import Clip
from visavis.evaluation.clusters import ShannonIndex
from visavis.evaluation.coupling import Correlation, LaggedCorrelation, ResidualCorrelation
from visavis.evaluation.errors import L2Distance, MeanSquaredError
from visavis.evaluation.frechet import ClipFrechetDistance, FrechetDistance, PairedFrechetDistance
from visavis.evaluation.intervals import Interval, mean_interval, median_interval, share_interval
from visavis.evaluation.metric import Metric
from visavis.evaluation.spread import Diversity, Variance, Variation

Array = NDArray[np.float64]
Draw = Callable[[np.random.Generator, int], Array]
Report = Callable[[Path, Path], list[str]]

UNITS = (2, 3, 5, 10, 20, 50)
TIMES = 2000
"""Samples of each number of units; of measures, `MEASURED`, as each asks for as many values as there are units."""
MEASURED = 300

DRAWN: dict[str, tuple[Draw, float]] = {
    "normal": (lambda rng, n: rng.normal(1, 1, n), 1.0),
    "uniform": (lambda rng, n: rng.random(n), 0.5),
    "skewed (log-normal, spread 0.5)": (lambda rng, n: rng.lognormal(0, 0.5, n), float(np.exp(0.125))),
    "very skewed (exponential)": (lambda rng, n: rng.exponential(1, n), 1.0),
    "extremely skewed (log-normal, spread 1)": (lambda rng, n: rng.lognormal(0, 1, n), float(np.exp(0.5))),
}
SHARES = (0.02, 0.1, 0.5)


def measures() -> dict[str, Metric]:
    """One of every kind of measure."""
    return {
        "MSE, mean over frames": MeanSquaredError(), "L2": L2Distance(), "Var, mean over clips": Variance(),
        "Variation, pooled": Variation(), "Diversity": Diversity(), "SID, given its clusters": ShannonIndex(),
        "PCC": Correlation(), "rPCC": ResidualCorrelation(), "TLCC": LaggedCorrelation(),
        "FD, all columns": FrechetDistance(), "FD, of the first column": FrechetDistance(FIRST),
        "P-FD, all columns": PairedFrechetDistance(), "FD clip by clip": ClipFrechetDistance(),
    }  # fmt: skip


FEW = 0.05
"""Of the samples; a share of fewer intervals would be an accident."""
FIRST = "first"
"""Stands for the name of a space's first column."""


def distances() -> dict[str, Metric]:
    """Those that few conversations bias most."""
    return {name: metric for name, metric in measures().items() if name.startswith(("FD, all", "P-FD"))}


def held(interval: Interval, truth: float) -> float:
    """1 where an interval holds the truth, 0 where not, nan where there is none."""
    _, low, high = interval
    return float("nan") if np.isnan(low) else float(low <= truth <= high)


def share_of(found: list[float]) -> str:
    """How many intervals held, and how many there were if not all."""
    values = np.array(found)
    given = np.isfinite(values)
    if given.mean() < FEW:
        return f"- ({given.mean():.0%})" if given.any() else "-"
    return f"{values[given].mean():.2f}" + ("" if given.all() else f" ({given.mean():.0%})")


def of_numbers(rng: np.random.Generator) -> Iterator[str]:
    """Rows of means, shares and medians."""
    for name, (draw, truth) in DRAWN.items():
        cells = [share_of([held(mean_interval(draw(rng, n)), truth) for _ in range(TIMES)]) for n in UNITS]
        yield f"| mean, {name} | {' | '.join(cells)} |"
    for truth in SHARES:
        cells = [share_of([held(share_interval(rng.random(n) < truth), truth) for _ in range(TIMES)]) for n in UNITS]
        yield f"| share of {truth:.0%} | {' | '.join(cells)} |"
    cells = [
        share_of([held(median_interval(rng.exponential(1, n)), float(np.log(2))) for _ in range(TIMES)]) for n in UNITS
    ]
    yield f"| median, very skewed | {' | '.join(cells)} |"


def of_measures(world: str, metrics: dict[str, Metric], rng: np.random.Generator) -> Iterator[str]:
    """Rows of a world's measures."""
    pooled(_first_named(world, metrics), metrics)
    for name, metric in metrics.items():
        states = states_of(metric)
        truth = float(metric.values_of(states.sum(0)))
        cells = []
        for n in UNITS:
            found = []
            for _ in range(MEASURED):
                some = states[rng.choice(len(states), n, replace=False)]
                nan = float("nan")
                found.append(held((nan, *((nan, nan) if metric.doubt(some) else metric.interval(some))), truth))
            cells.append(share_of(found))
        yield f"| {name} | {truth:.3g} | {' | '.join(cells)} |"


def _first_named(world: str, metrics: dict[str, Metric]) -> Iterator[Clip]:
    for clip, _ in WORLDS[world](POOL[world]):
        for metric in metrics.values():
            if metric.part == FIRST:
                metric.part = clip.true.space.names[0]
        yield clip


HEAD = f"{' | '.join(str(n) for n in UNITS)} |"
RULE = " ---: |" * len(UNITS)


def numbers(_work: Path, _data: Path) -> list[str]:
    """The section of means, shares and medians."""
    rng = np.random.default_rng(0)
    return [
        f"Of {TIMES:,} samples of so many units, the share of 95% intervals that hold the true value: Student's t of a "
        "mean, Wilson's of a share, order statistics of a median (none of fewer than six). A mean of very skewed "
        "numbers needs more units than there mostly are; errors of motion are skewed, their differences between two "
        "methods are not.", "",
        f"| units | {HEAD}", f"| --- |{RULE}", *of_numbers(rng),
    ]  # fmt: skip


def in_world(world: str, about: str, which: Callable[[], dict[str, Metric]] = measures) -> Report:
    """The section of a world's measures."""

    def report(_work: Path, _data: Path) -> list[str]:
        rng = np.random.default_rng(0)
        return [
            f"{about} The value of {POOL[world]:,} conversations stands for that of endlessly many; of {MEASURED} "
            "samples of so many conversations, the share of intervals that hold it. In brackets, in how many samples "
            "an interval is given, if not in all; of fewer than a twentieth no share is told.", "",
            f"| conversations | true value | {HEAD}", f"| --- | ---: |{RULE}", *of_measures(world, which(), rng),
        ]  # fmt: skip

    return report


NUMBERS = SimpleNamespace(TITLE="Intervals of means, shares and medians", report=numbers)
GAUSSIAN = SimpleNamespace(
    TITLE="Intervals of measures: smooth noise",
    report=in_world(
        "gaussian",
        "Twenty columns of Gaussian noise, smooth over time, in conversations of 250 frames that differ in where they "
        "rest.",
    ),
)
FLAT = SimpleNamespace(
    TITLE="Distances in many directions",
    report=in_world(
        "flat",
        "The same with forty columns that all move as much, in which a distance between few conversations is mostly "
        "chance. Then no interval is given, as it would not hold.",
        distances,
    ),
)
LISTENERS = SimpleNamespace(
    TITLE="Intervals of measures: simulated listeners",
    report=in_world(
        "listeners",
        "Listeners of `visavis simulate --reactions`, all 67 columns, 384 frames; what is measured are other "
        "listeners, a tenth weaker.",
    ),
)
