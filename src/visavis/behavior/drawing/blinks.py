"""When people blink."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from visavis.behavior.context import Person
from visavis.behavior.curves import FPS
from visavis.behavior.events import Event

SPEAKING = 1.35
"""Factor on the rate while speaking: 17 blinks a minute at rest, 26 in conversation (Bentivoglio et al. 1997)."""
REFRACTORY = 0.35
"""Seconds after a blink's start in which no other begins."""
DRY = 9.0
"""Seconds after which eyes want to blink: the film of tears breaks up after some ten (Norn 1969, "Desiccation of the
precorneal film")."""
LENGTH = (0.18, 0.33)
"""Seconds: closing takes under 100 ms, opening about twice as long."""


def draw_blinks(rng: np.random.Generator, me: Person, looks: Sequence[Event], per_minute: float) -> list[Event]:
    """Blinks: irregular, more of them while speaking, with large gaze shifts and at the starts of turns.

    Shifts of the gaze carry blinks along, the larger the more (Evinger et al. 1994, "Not looking while leaping").

    Args:
        rng: Where chance comes from.
        me: The person.
        looks: The person's events ``look``.
        per_minute: Blinks while listening that no shift and no turn brings about.
    """
    seconds = me.frames / FPS
    wished: list[float] = []
    for before, after in pairwise(looks):
        size = np.degrees(np.hypot(before.x - after.x, before.y - after.y))
        if rng.random() < np.clip((size - 8) / 45, 0.0, 0.65):
            wished.append(after.start + rng.normal(0.0, 0.03))
    wished += [start + rng.normal(0.1, 0.2) for start, _ in me.turns if rng.random() < 0.3]
    clock = float(rng.exponential(2.0))
    while clock < seconds:
        wished.append(clock)
        speaks = me.speaking[min(me.frames - 1, int(clock * FPS))]
        rate = per_minute * (SPEAKING if speaks else 1.0)
        clock += REFRACTORY + min(DRY, float(rng.gamma(1.3, max(0.2, 60 / rate - REFRACTORY) / 1.3)))
    found: list[Event] = []
    for start in sorted(wished):
        end = start + rng.uniform(*LENGTH)
        if start < 0 or end > seconds or (found and start < found[-1].start + REFRACTORY):
            continue
        depth = rng.uniform(0.88, 1.0) if rng.random() < 0.9 else rng.uniform(0.5, 0.8)
        found.append(Event("blink", float(start), float(end), strength=float(depth)))
    return found
