"""When people laugh: decided with the turns, since laughter is heard."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from visavis.behavior.curves import FPS, Array
from visavis.conversation import Interval
from visavis.simulation.dyads.parameters import draw, parameters
from visavis.simulation.dyads.turns import Planned

EVENT = "heard_laugh"
"""Name of the events."""
APART = 0.1
"""Seconds that laughter keeps from the same person's speech."""


def draw_laughs(
    rng: np.random.Generator, spurts: Sequence[Planned], moods: tuple[Array, Array], rates: tuple[float, float]
) -> tuple[tuple[Interval, ...], tuple[Interval, ...]]:
    """Laughs of both people, in the pauses of their own speech.

    People laugh mostly just after something was said, the speaker more than the listener, and together (Provine 1993,
    "Laughter punctuates speech"; Vettin & Todt 2004).

    Args:
        rng: Where chance comes from.
        spurts: What both say.
        moods: Valence and arousal (T, 2) of both.
        rates: Factors on how often each laughs.
    """
    fitted = parameters()["laughs"]
    seconds = len(moods[0]) / FPS
    wished: list[list[tuple[float, float]]] = [[], []]
    for spurt in spurts:
        for person in (spurt.person, 1 - spurt.person):
            valence = moods[person][min(len(moods[person]) - 1, int(spurt.end * FPS)), 0]
            chance = fitted["own_after_spurt" if person == spurt.person else "other_after_spurt"]
            if rng.random() < chance * rates[person] * np.exp(1.2 * (valence - 0.25)):
                start, length = spurt.end + rng.uniform(APART, 0.5), draw(rng, fitted["length"])
                wished[person].append((start, length))
                if rng.random() < fitted["shared"]:
                    wished[1 - person].append((start + rng.gamma(2.0, 0.18), length * rng.uniform(0.5, 1.0)))
    return _fitting(wished[0], spurts, 0, seconds), _fitting(wished[1], spurts, 1, seconds)


def _fitting(
    wished: list[tuple[float, float]], spurts: Sequence[Planned], person: int, seconds: float
) -> tuple[Interval, ...]:
    """Those that fit between the person's own spurts, shortened where they must be."""
    found: list[Interval] = []
    mine = [s for s in spurts if s.person == person]
    for start, length in sorted(wished):
        start = max(start, found[-1].end + 0.5 if found else 0.0)
        following = min((s.start for s in mine if s.end > start), default=seconds)
        end = min(start + length, following - APART, seconds)
        if end - start >= 0.4:
            found.append(Interval("laugh", float(start), float(end)))
    return tuple(found)
