"""The brows and what mood does to the resting face."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from visavis.behavior.curves import Array, wander
from visavis.behavior.people import Habits


def brow_shapes(
    rng: np.random.Generator, raised: Array, lowered: Array, mood: Array, speaking: NDArray[np.bool_], habits: Habits
) -> dict[str, Array]:
    """Brow and mood shapes: column name -> (T,).

    Arousal widens the eyes; low valence lifts the inner brows and lowers the mouth's corners, tension presses the lips.

    Args:
        rng: Where chance comes from.
        raised: How far events raise the brows (T,).
        lowered: How far events lower them (T,).
        mood: Valence and arousal (T, 2).
        speaking: Whether the person speaks (T,).
        habits: The person's.
    """
    valence, arousal = mood.T
    unrest = 0.02 * wander(rng, len(raised), 2.5, 4).T
    sad, tense = np.clip(-valence - 0.05, 0, 1), np.clip(arousal, 0, 1) * np.clip(0.2 - valence, 0, 1)
    inner = 0.9 * raised + 0.25 * sad + unrest[0] + 0.02
    down = lowered + 0.45 * tense + unrest[1] + 0.02
    outer = raised + unrest[2] + 0.01
    wide = 0.35 * np.clip(arousal - 0.2, 0, 1) + 0.25 * gaussian_filter1d(outer, 2)
    skew = habits.asymmetry
    return {
        "browInnerUp": inner,
        "browOuterUpLeft": outer * (1 + skew),
        "browOuterUpRight": outer * (1 - skew),
        "browDownLeft": down * (1 + skew),
        "browDownRight": down * (1 - skew),
        "eyeWideLeft": wide,
        "eyeWideRight": wide,
        "mouthFrownLeft": 0.25 * sad * (1 + skew),
        "mouthFrownRight": 0.25 * sad * (1 - skew),
        "mouthPressLeft": 0.3 * tense * ~speaking,
        "mouthPressRight": 0.3 * tense * ~speaking,
        "noseSneerLeft": 0.15 * tense,
        "noseSneerRight": 0.15 * tense,
    }
