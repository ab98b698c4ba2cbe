"""Mouths of people who are silent stay nearly closed, whatever a network makes of a sound that is not theirs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d, maximum_filter1d

from visavis.behavior.curves import FPS, Array
from visavis.behavior.performing.performer import Performed
from visavis.motion import Motion

OPENING = (
    "jawOpen", "mouthFunnel", "mouthPucker", "mouthUpperUpLeft", "mouthUpperUpRight", "mouthLowerDownLeft",
    "mouthLowerDownRight",
)  # fmt: skip
"""Columns that open or round the mouth; smiles and pressed lips are no speech."""
AROUND = 0.4
"""Seconds before speech is heard in which a mouth gets ready, and after it in which it closes."""
FREELY = 0.12
"""Seconds of those in which it may be as wide as in speech; further away it may be the less open."""
UNHEARD, HEARD = 0.05, 0.25
"""Probabilities of speaking below which a mouth rests, and above which it moves freely."""
PARTED = 0.12
"""How far a resting mouth may be open."""
GASPS = 0.3
"""How much further somebody may who is as surprised or afraid as can be."""


def rested(motion: Motion, speaking: Array, performed: Performed) -> Motion:
    """The motion with the mouth nearly closed where the person neither speaks nor laughs.

    Args:
        motion: In a space with ARKit's mouth, at `visavis.behavior.curves.FPS`.
        speaking: Probability that the person speaks (T,).
        performed: What the person does: laughter and gasps open mouths, too.
    """
    names = [name for name in OPENING if name in motion.space.names]
    if not names:
        return motion
    heard = np.clip((np.nan_to_num(speaking) - UNHEARD) / (HEARD - UNHEARD), 0, 1)
    laughing = maximum_filter1d((performed["laughter"] > 0).astype(float), 2 * round(AROUND * FPS) + 1)
    free = gaussian_filter1d(np.maximum(_around(heard), laughing), 1.5)
    gasping = GASPS * np.maximum(performed["surprised"], performed["afraid"])
    most = np.maximum(free, np.clip(PARTED + gasping, 0, 1))[:, None]
    values: NDArray[np.float32] = np.minimum(motion[names], most.astype(np.float32))
    return motion.with_columns(names, values)


def _around(heard: Array) -> Array:
    """How freely a mouth moves (T,) around what is heard: less and less with the distance in time."""
    steps = np.arange(round(AROUND * FPS) + 1)
    shares = np.clip((AROUND - steps / FPS) / (AROUND - FREELY), 0, 1)
    near = [share * maximum_filter1d(heard, 2 * step + 1) for step, share in zip(steps, shares, strict=True)]
    found: Array = np.max(near, axis=0)
    return found
