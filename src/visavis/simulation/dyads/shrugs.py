"""Shrugs."""

from __future__ import annotations

import numpy as np

from visavis.behavior.curves import FPS, Array, add_bump
from visavis.conversation import Interval
from visavis.simulation.dyads.person import SimulatedPerson

UNSURE = frozenset("guess suppose maybe perhaps probably whatever somehow dunno".split())  # noqa: SIM905
CHANCE = 0.6
"""Of a shrug at such a word. Nothing that we have was annotated for shrugs; the number is ours."""


def draw_shrugs(
    rng: np.random.Generator, me: SimulatedPerson, _partner: SimulatedPerson
) -> tuple[dict[str, Array], list[Interval]]:
    """Both shoulders rise and fall where the person speaks of what they are not sure of.

    The upper arms turn back by as much as the clavicles lift, so that the arms go on hanging.
    """
    lift = np.zeros(me.frames)
    seconds = me.frames / FPS
    shrugs: list[Interval] = []
    for word in me.said(UNSURE):
        start = max(0.0, word.start - rng.uniform(0.1, 0.3))
        end = start + rng.uniform(0.6, 1.2)
        if rng.random() < CHANCE and end <= seconds and (not shrugs or start > shrugs[-1].end + 1.0):
            height = np.radians(rng.uniform(8, 18)) * min(1.5, me.traits.expressiveness)
            add_bump(lift, height, start, end, 0.25, 0.35)
            shrugs.append(Interval("shrug", start, end))
    return {
        "leftClavicle.z": lift, "rightClavicle.z": -lift, "leftUpperArm.z": -lift, "rightUpperArm.z": lift,
    }, shrugs  # fmt: skip
