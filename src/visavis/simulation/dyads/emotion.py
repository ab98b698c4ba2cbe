"""The mood of the conversation: slow valence and arousal, partly shared, that modulate everything else."""

from __future__ import annotations

import numpy as np

from visavis.behavior.curves import Array, wander

SHARED = 0.6
"""Correlation of the two people's moods; feelings converge in conversation (Hatfield et al. 1993)."""


def draw_moods(rng: np.random.Generator, frames: int) -> tuple[Array, Array]:
    """Valence and arousal of both people, each (T, 2), about -1 to 1.

    Moods change over about 20 s around a level that belongs to the conversation (a pleasant chat, an argument).
    """
    topic = np.array([rng.normal(0.25, 0.35), rng.normal(0.0, 0.3)])
    common = wander(rng, frames, 20.0, 2)
    moods = []
    for _ in range(2):
        own = wander(rng, frames, 12.0, 2)
        mixed = np.sqrt(SHARED) * common + np.sqrt(1 - SHARED) * own
        moods.append(np.tanh(topic + rng.normal(0.0, 0.12, 2) + 0.35 * mixed))
    return moods[0], moods[1]
