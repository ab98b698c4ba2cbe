"""The mood of the conversation: slow valence and arousal, partly shared, that modulate everything else."""

from __future__ import annotations

import numpy as np

from visavis.behavior.curves import FPS, Array, wander
from visavis.behavior.events import Event
from visavis.behavior.performing.moods import FEELINGS, RISES

STEP = 5.0
"""Seconds between the events that a mood is made of."""
FEELINGS_PER_MINUTE = 1.2
"""Of both people together; the number is ours: enough to learn their faces from."""
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


def mood_events(mood: Array) -> list[Event]:
    """Valence and arousal (T, 2) as events that fade into each other every `STEP` seconds."""
    seconds = len(mood) / FPS
    events = []
    for start in np.arange(0.0, seconds, STEP):
        level = mood[round(start * FPS) : max(round(start * FPS) + 1, round((start + STEP) * FPS))].mean(0)
        first, last = max(0.0, start - RISES), min(seconds, start + STEP)
        events.append(Event("mood", float(first), float(last), x=float(level[0]), y=float(level[1])))
    return events


def draw_feelings(rng: np.random.Generator, seconds: float) -> tuple[list[Event], list[Event]]:
    """Strong feelings that come over one of the two now and then, of which the other shows something, too.

    About a third of what is felt is shown by whoever sees it (Hess & Fischer 2013, "Emotional mimicry as social
    regulation").
    """
    found: tuple[list[Event], list[Event]] = ([], [])
    for start in np.cumsum(rng.exponential(60 / FEELINGS_PER_MINUTE, 1 + int(seconds / 4))):
        if start > seconds - 2:
            break
        person, label = int(rng.integers(2)), str(rng.choice(FEELINGS))
        end, strength = min(seconds, start + rng.uniform(3.0, 12.0)), float(rng.uniform(0.3, 1.0))
        found[person].append(Event("mood", float(start), float(end), label, strength))
        if rng.random() < 0.5:
            later = min(end - 1.0, start + rng.uniform(0.5, 1.5))
            found[1 - person].append(Event("mood", float(later), float(end), label, strength * rng.uniform(0.2, 0.7)))
    return found
