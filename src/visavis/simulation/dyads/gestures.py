"""Gestures of the body, by name: what the simulator adds to motion in a space that has a body.

A gesture is one file with a function that draws it, and one line in `GESTURES`; its name is that of its events. Each
has chance of its own, so that a further one changes nothing else in a conversation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from visavis.behavior.curves import Array
from visavis.conversation import Interval
from visavis.motion import Motion
from visavis.simulation.dyads.person import SimulatedPerson
from visavis.simulation.dyads.shrugs import draw_shrugs

Draw = Callable[[np.random.Generator, SimulatedPerson, SimulatedPerson], tuple[Mapping[str, Array], list[Interval]]]
"""From chance, the person and the partner: what is added to which columns of `arkit-body`, (T,) each, and when."""

GESTURES: Mapping[str, Draw] = {"shrug": draw_shrugs}


def add_gestures(
    motion: Motion, chance: Callable[[str], np.random.Generator], me: SimulatedPerson, partner: SimulatedPerson
) -> tuple[Motion, dict[str, tuple[Interval, ...]]]:
    """Motion with all gestures, and their events; as it is and without events where the space has no body."""
    if not motion.space.has("body"):
        return motion, {}
    values, events = motion.values.copy(), {}
    for name, draw in GESTURES.items():
        moves, intervals = draw(chance(f"{name} {me.person}"), me, partner)
        for column, curve in moves.items():
            values[:, motion.space.index(column)] += curve
        events[name] = tuple(intervals)
    return Motion(values, motion.fps, motion.space), events
