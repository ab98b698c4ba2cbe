"""Statistics of talking mouths, computed in the same way on real and simulated faces."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from visavis.behavior.curves import Array
from visavis.errors import InputError
from visavis.motion.spaces import ARKIT_SHAPES

OPEN = 0.2
"""``jawOpen`` above which a mouth counts as open."""
SHORTEST = 2.0
"""Seconds of speech without which nothing is counted."""

_SPREADS = {
    "pucker": ("mouthPucker",),
    "funnel": ("mouthFunnel",),
    "upper_lip": ("mouthUpperUpLeft", "mouthUpperUpRight"),
    "lower_lip": ("mouthLowerDownLeft", "mouthLowerDownRight"),
    "press": ("mouthPressLeft", "mouthPressRight"),
    "stretch": ("mouthStretchLeft", "mouthStretchRight"),
}
_JAW = ARKIT_SHAPES.index("jawOpen")


@dataclass(frozen=True)
class LipStatistics:
    """What was measured while somebody spoke.

    Trackers see resting mouths differently (MediaPipe's press and pucker of closed lips are not 0), so that everything
    here is a spread or a rate and nothing a mean.

    Attributes:
        jaw: 95th minus 5th percentile of ``jawOpen``.
        openings: Times per second that ``jawOpen`` rises above `OPEN`.
        pucker: Standard deviation of ``mouthPucker``, and so on; of both sides the mean.
        funnel: Of ``mouthFunnel``.
        upper_lip: Of ``mouthUpperUp``.
        lower_lip: Of ``mouthLowerDown``.
        press: Of ``mouthPress``.
        stretch: Of ``mouthStretch``.
    """

    jaw: float
    openings: float
    pucker: float
    funnel: float
    upper_lip: float
    lower_lip: float
    press: float
    stretch: float


def lip_statistics(shapes: Array, fps: float, speaking: NDArray[np.bool_]) -> LipStatistics:
    """Measures one person.

    Args:
        shapes: (T, 52) in the order of `ARKIT_SHAPES`.
        fps: Frames per second.
        speaking: (T,), whether the person speaks.

    Raises:
        InputError: The person speaks for less than `SHORTEST` seconds.
    """
    jaw, openings = jaw_statistics(shapes[:, _JAW], fps, speaking)
    spreads = {
        name: float(np.mean([shapes[speaking, ARKIT_SHAPES.index(shape)].std() for shape in shapes_of]))
        for name, shapes_of in _SPREADS.items()
    }
    return LipStatistics(jaw, openings, **spreads)


def jaw_statistics(jaw: Array, fps: float, speaking: NDArray[np.bool_]) -> tuple[float, float]:
    """`LipStatistics.jaw` and `LipStatistics.openings` of one curve (T,); see `lip_statistics`."""
    seconds = float(speaking.sum() / fps)
    if seconds < SHORTEST:
        raise InputError(f"{seconds:.1f} s of speech are too few to measure a mouth by; {SHORTEST:g} s are needed")
    rises = (jaw[1:] > OPEN) & (jaw[:-1] <= OPEN) & speaking[1:]
    low, high = np.percentile(jaw[speaking], (5, 95))
    return float(high - low), float(rises.sum() / seconds)


def mean_of(people: Sequence[LipStatistics]) -> LipStatistics:
    """The mean over people, each of whom counts alike however long they speak."""
    return LipStatistics(*np.mean([_numbers(p) for p in people], 0).tolist())


def median_of(people: Sequence[LipStatistics]) -> LipStatistics:
    """The median over people, which one of them with an unusual face does not move."""
    return LipStatistics(*np.median([_numbers(p) for p in people], 0).tolist())


def _numbers(person: LipStatistics) -> list[float]:
    return [getattr(person, f.name) for f in fields(LipStatistics)]
