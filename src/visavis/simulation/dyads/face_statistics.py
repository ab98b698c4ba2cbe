"""Statistics of smiles and their reciprocation, computed in the same way on real and simulated faces."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter1d

from visavis.behavior.curves import Array
from visavis.motion.runs import runs

AU12_OF_SMILE = 5.0
"""AU12 intensity (0 to 5) of a ``mouthSmile`` of 1."""

RISE = 1.0
"""How far AU12 must rise above a person's resting level (10th percentile) to count as a smile."""
SHORTEST = 0.5
"""Seconds that a smile lasts at least."""


@dataclass(frozen=True)
class SmileStatistics:
    """What was counted.

    Attributes:
        per_minute: Smiles of one person.
        lengths: Seconds.
        heights: AU12 at the apex above the resting level.
        rest: AU12 at rest: the 10th percentile, on average.
        mean: AU12 above the resting level, on average.
        correlation: Of the two people's AU12 at the same time, mean over pairs.
        repaired: The same when every A is paired with another conversation's B.
        lag: Seconds at which the correlation is highest, and how high it is there.
    """

    per_minute: float
    lengths: Array
    heights: Array
    rest: float
    mean: float
    correlation: float
    repaired: float
    lag: tuple[float, float]


def smile_statistics(pairs: Sequence[tuple[Array, Array]], fps: float) -> SmileStatistics:
    """Counts smiles.

    Args:
        pairs: AU12 intensity (T,), 0 to 5, of both people of each conversation; all of one length.
        fps: Frames per second.
    """
    lengths: list[float] = []
    heights: list[float] = []
    seconds, means, rests = 0.0, [], []
    for pair in pairs:
        for raw in pair:
            curve = gaussian_filter1d(np.asarray(raw, float), fps / 6)
            rests.append(np.percentile(curve, 10))
            curve -= rests[-1]
            means.append(curve.mean())
            seconds += len(curve) / fps
            for a, b in runs(curve > RISE):
                if b - a >= SHORTEST * fps:
                    lengths.append((b - a) / fps)
                    heights.append(float(curve[a:b].max()))
    shifts = np.arange(-round(3 * fps), round(3 * fps) + 1, max(1, round(fps / 12)))
    lagged = [np.mean([_correlation(a, b, int(k)) for a, b in pairs]) for k in shifts]
    # Which person is A is arbitrary, so a lag counts in both directions.
    both = (np.array(lagged) + np.array(lagged)[::-1]) / 2
    best = int(both.argmax())
    others = [
        _correlation(pairs[i][0], pairs[(i + k) % len(pairs)][1], 0) for i in range(len(pairs)) for k in (3, 7, 11)
    ]
    return SmileStatistics(
        per_minute=60 * len(lengths) / seconds,
        lengths=np.array(lengths),
        heights=np.array(heights),
        rest=float(np.mean(rests)),
        mean=float(np.mean(means)),
        correlation=float(np.mean([_correlation(a, b, 0) for a, b in pairs])),
        repaired=float(np.mean(others)),
        lag=(abs(float(shifts[best] / fps)), float(both[best])),
    )


def _correlation(a: Array, b: Array, shift: int) -> float:
    """Correlation of `a` with `b` `shift` frames later; 0 where one of them does not move."""
    a, b = a[max(0, -shift) : len(a) - max(0, shift)], b[max(0, shift) : len(b) - max(0, -shift)]
    spread = float(np.std(a) * np.std(b))
    return float(np.mean((a - a.mean()) * (b - b.mean())) / spread) if spread > 1e-9 else 0.0
