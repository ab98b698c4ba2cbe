"""Endless conversations of which the true values of all measures are known, for checking intervals and tests.

A world draws as many conversations as are asked for. What a measure gives for all of a great pool of them is taken
for its true value; intervals are then asked for a few conversations of the pool.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

from visavis.evaluation.clip import Clip
from visavis.evaluation.metric import Metric
from visavis.motion import ARKIT, Column, Motion, MotionSpace

Array = NDArray[np.float64]
FRAMES, FPS = 250, 25.0
PERSISTENCE = 0.95
"""Correlation of a frame with the next one."""
OFFSET = 0.5
"""How far conversations differ, beside how far people move within them."""
POOL = {"gaussian": 2000, "flat": 2000, "listeners": 600}
"""Conversations that stand for endlessly many."""


def gaussian(count: int, seed: int = 0, columns: int = 20, falling: float = 6.0) -> Iterator[tuple[Clip, Clip]]:
    """Columns of falling spread that move on smoothly, each conversation about a place of its own.

    Both methods are alike: they answer the partner less than people do, and are a little off.

    Args:
        count: Of the conversations.
        seed: Of everything.
        columns: How many.
        falling: After so many directions of motion the spread is a third.
    """
    rng = np.random.default_rng(seed)
    names = [f"g{i:02d}" for i in range(columns)]
    space = MotionSpace("gaussian", tuple(Column(name, "coefficient", "expression") for name in names))
    mixing = np.linalg.qr(rng.normal(size=(columns, columns)))[0] * np.exp(-np.arange(columns) / falling)

    def moves() -> Array:
        noise = rng.normal(size=(FRAMES, columns))
        noise[0] /= np.sqrt(1 - PERSISTENCE**2)
        smooth = lfilter([1], [1, -PERSISTENCE], noise, axis=0) * np.sqrt(1 - PERSISTENCE**2)
        return np.asarray((smooth + OFFSET * rng.normal(size=columns)) @ mixing.T)

    for i in range(count):
        partner = moves()
        true = 0.5 * partner + moves()
        methods = (0.2 * partner + 0.9 * moves() + 0.05 for _ in range(2))
        yield _clips(f"{i}", true, partner, methods, space)


def listeners(count: int, seed: int = 0) -> Iterator[tuple[Clip, Clip]]:
    """Simulated listeners of what somebody says; both methods give, a little weaker, what other listeners did."""
    from visavis.simulation.reactions import simulate_reaction

    def motion(number: int, person: int) -> Array:
        moved = simulate_reaction(seed + number).participants[person].motion
        assert moved is not None
        return moved.values.astype(np.float64)

    for i in range(count):
        true, partner = motion(i, 1), motion(i, 0)
        methods = (0.9 * motion(100_000 * k + i, 1) for k in (1, 2))
        yield _clips(f"{i}", true, partner, methods, ARKIT)


def _clips(name: str, true: Array, partner: Array, methods: Iterable[Array], space: MotionSpace) -> tuple[Clip, Clip]:
    def motion(values: Array) -> Motion:
        return Motion(values.astype(np.float32), FPS, space)

    truth, other = motion(true), motion(partner)
    first, second = (Clip(name, (motion(values),), truth, other) for values in methods)
    return first, second


def changed(clip: Clip, by: float) -> Clip:
    """The same clip of a method that is off by so much everywhere."""
    return Clip(
        clip.name, tuple(Motion(m.values + np.float32(by), m.fps, m.space) for m in clip.predicted), clip.true,
        clip.partner,
    )  # fmt: skip


WORLDS: dict[str, Callable[[int], Iterator[tuple[Clip, Clip]]]] = {
    "gaussian": gaussian,
    "flat": lambda count: gaussian(count, columns=40, falling=np.inf),
    "listeners": listeners,
}


def pooled(clips: Iterable[Clip], metrics: dict[str, Metric]) -> None:
    """Shows measures all clips of a pool."""
    for clip in clips:
        for metric in metrics.values():
            metric.add(clip)


def states_of(metric: Metric) -> Array:
    """What each conversation of a pool contributes, (units, samples, K), in the order of the pool."""
    states = metric.states()
    return np.stack([states[name] for name in sorted(states, key=int)])
