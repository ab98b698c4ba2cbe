"""Individual differences between people."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Habits:
    """One person's habits; most are factors around 1.

    Attributes:
        talkativeness: On the length of turns.
        expressiveness: On the size of brow, smile and emotion movements.
        smile_rate: On the rate of smiles.
        nod_rate: On the rate of nods.
        mirror: On how readily the partner's smile is returned.
        aversion: On the rate of looking away.
        head_size: On the size of head movements that go with speech.
        head_follows: Share of a large gaze shift that the head takes over.
        blink_rate: Blinks per minute while listening.
        sway: On the size of the torso's sway.
        asymmetry: How much stronger the left half of the face moves, about 0.
        eye_shift: Factor on the speed of gaze shifts.
    """

    talkativeness: float
    expressiveness: float
    smile_rate: float
    nod_rate: float
    mirror: float
    aversion: float
    head_size: float
    head_follows: float
    blink_rate: float
    sway: float
    asymmetry: float
    eye_shift: float


def draw_habits(rng: np.random.Generator) -> Habits:
    """A person: factors are log-normal, spread as people differ in the recordings that behaviour is fitted to."""

    def factor(spread: float, centre: float = 1.0) -> float:
        return float(centre * np.exp(spread * np.clip(rng.standard_normal(), -2.2, 2.2)))

    return Habits(
        talkativeness=factor(0.35),
        expressiveness=factor(0.30),
        smile_rate=factor(0.60),
        nod_rate=factor(0.50),
        mirror=factor(0.30),
        aversion=factor(0.30),
        head_size=factor(0.35),
        head_follows=float(np.clip(rng.normal(0.60, 0.12), 0.3, 0.9)),
        blink_rate=factor(0.40, 15.0),
        sway=factor(0.40),
        asymmetry=float(rng.normal(0.0, 0.06)),
        eye_shift=factor(0.10),
    )


USUAL = Habits(1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.6, 15.0, 1.0, 0.0, 1.0)
"""Nobody in particular: every factor is 1."""
