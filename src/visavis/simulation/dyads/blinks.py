"""Blinks."""

from __future__ import annotations

import numpy as np

from visavis.behavior.curves import FPS, Array
from visavis.conversation import Interval
from visavis.simulation.dyads.person import SimulatedPerson


def draw_blinks(
    rng: np.random.Generator, me: SimulatedPerson, shifts: list[tuple[float, float]]
) -> tuple[Array, list[Interval]]:
    """How far the lids are closed (T,), 0 to 1, and when.

    People blink 15-20 times a minute and more while they speak (Bentivoglio et al. 1997: 17 at rest, 26 in
    conversation), at turn starts and with large gaze shifts (Evinger et al. 1994). Closing takes under 100 ms,
    opening about twice as long.

    Args:
        rng: Where chance comes from.
        me: The person.
        shifts: Time (s) and size (rad) of the gaze shifts.
    """
    seconds = me.frames / FPS
    wished: list[float] = []
    for when, size in shifts:
        if rng.random() < np.clip((np.degrees(size) - 8) / 45, 0.0, 0.65):
            wished.append(when + rng.normal(0.0, 0.03))
    wished += [t.start + rng.normal(0.1, 0.2) for t in me.turns if rng.random() < 0.3]
    clock = float(rng.exponential(2.0))
    while clock < seconds:  # intervals are irregular with a refractory time
        wished.append(clock)
        speaks = me.speaking[min(me.frames - 1, int(clock * FPS))]
        rate = me.traits.blink_rate * (1.35 if speaks else 1.0) * 0.8
        clock += 0.35 + float(rng.gamma(1.3, max(0.2, 60 / rate - 0.35) / 1.3))
    closed = np.zeros(me.frames)
    events: list[Interval] = []
    for start in sorted(wished):
        if start < 0 or start > seconds - 0.35 or (events and start < events[-1].end + 0.15):
            continue
        depth = rng.uniform(0.88, 1.0) if rng.random() < 0.9 else rng.uniform(0.5, 0.8)
        end = _blink(closed, start, depth, rng.uniform(0.06, 0.09), rng.uniform(0.0, 0.04), rng.uniform(0.12, 0.2))
        events.append(Interval("blink", start, end))
    return closed, events


def _blink(closed: Array, start: float, depth: float, down: float, hold: float, up: float) -> float:
    """Adds one blink: each frame holds the mean closure over its own time, so that short ones are not missed."""
    end = start + down + hold + up
    a, b = int(start * FPS), min(len(closed), int(np.ceil(end * FPS)) + 1)
    fine = (np.arange(a * 8, b * 8) + 0.5) / (8 * FPS) - start
    falling = np.sin(np.clip(fine / down, 0, 1) * np.pi / 2) ** 2
    rising = np.cos(np.clip((fine - down - hold) / up, 0, 1) * np.pi / 2) ** 2
    shape = (falling * rising * (fine > 0)).reshape(-1, 8)
    # The frame shows its most closed moment almost fully, as a camera's short exposure would.
    closed[a:b] = np.maximum(closed[a:b], depth * (0.5 * shape.max(1) + 0.5 * shape.mean(1)))
    return end
