"""Individual differences between people."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np


@dataclass(frozen=True)
class Habits:
    """How one person behaves; most are factors around 1.

    Attributes:
        talkativeness: On the length of turns.
        expressiveness: On the size of brow, smile and emotion movements.
        smile_rate: On the rate of smiles.
        nod_rate: On the rate of nods.
        mirror: On how readily the partner's smile is returned.
        aversion: On the rate of looking away.
        gesture_rate: On the rate of gestures of the hands.
        head_size: On the size of head movements that go with speech.
        head_follows: Share of a large gaze shift that the head takes over.
        blink_rate: Blinks per minute while listening that nothing brings about.
        sway: On the size of the torso's sway.
        asymmetry: How much stronger the left half of the face moves, about 0.
        eye_shift: Factor on the speed of gaze shifts.
        resting_smile: How far the lips' corners are raised at rest, 0 to 1.
    """

    talkativeness: float = 1.0
    expressiveness: float = 1.0
    smile_rate: float = 1.0
    nod_rate: float = 1.0
    mirror: float = 1.0
    aversion: float = 1.0
    gesture_rate: float = 1.0
    head_size: float = 1.0
    head_follows: float = 0.54
    blink_rate: float = 14.0
    sway: float = 1.0
    asymmetry: float = 0.0
    eye_shift: float = 1.0
    resting_smile: float = 0.06


def draw_habits(rng: np.random.Generator) -> Habits:
    """A person: factors are log-normal with a mean of 1, spread as people differ in the recordings that were fitted."""

    def factor(spread: float, centre: float = 1.0) -> float:
        return float(centre * np.exp(spread * np.clip(rng.standard_normal(), -2.2, 2.2) - spread**2 / 2))

    drawn = Habits(
        talkativeness=factor(0.35),
        expressiveness=factor(0.30),
        smile_rate=factor(0.60),
        nod_rate=factor(0.50),
        mirror=factor(0.30),
        aversion=factor(0.30),
        head_size=factor(0.35),
        head_follows=float(np.clip(rng.normal(0.54, 0.12), 0.3, 0.9)),
        blink_rate=factor(0.40, 13.0),
        sway=factor(0.40),
        asymmetry=float(rng.normal(0.0, 0.06)),
        eye_shift=factor(0.10),
        gesture_rate=factor(0.45),
    )
    return replace(drawn, resting_smile=0.061 * drawn.expressiveness)


USUAL = Habits()
"""Nobody in particular: every factor is 1."""
