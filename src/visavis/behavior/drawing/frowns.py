"""When brows are drawn together."""

from __future__ import annotations

import numpy as np

from visavis.behavior.context import Person
from visavis.behavior.curves import FPS
from visavis.behavior.events import Event

AT_ACCENT = 0.05
"""Chance of a frown at a stressed syllable (Ekman 1979, "About brows": batons); the number is ours."""
AT_WORDS = {"no": 0.3, "doubt": 0.35, "question": 0.15}
"""Chance of a frown where words deny, doubt or ask (Ekman 1979: lowered brows of disagreement, perplexity and
questions); the numbers are ours."""
FOLLOWING = 1.2
"""Frowns a minute of somebody who follows with effort; the number is ours."""


def draw_frowns(rng: np.random.Generator, me: Person, expressiveness: float) -> list[Event]:
    """Frowns at accents, at words that deny or doubt, and while listening with effort, in order of start.

    Args:
        rng: Where chance comes from.
        me: The person.
        expressiveness: Factor on how far.
    """
    seconds = me.frames / FPS
    spans = [(when - 0.15, rng.uniform(0.55, 1.35)) for when, _ in me.accents if rng.random() < AT_ACCENT]
    spans += [(cue.start - 0.1, rng.uniform(0.7, 1.6)) for cue in me.cues if rng.random() < AT_WORDS.get(cue.kind, 0.0)]
    listening = np.flatnonzero(~me.speaking & (rng.random(me.frames) < FOLLOWING / 60 / FPS))
    spans += [(frame / FPS, rng.uniform(1, 4)) for frame in listening]
    heights = np.clip(expressiveness * rng.uniform(0.1, 0.4, len(spans)), 0.05, 1.0)
    return [
        Event("brow", max(0.0, start), min(seconds, start + length), "lower", float(height))
        for (start, length), height in sorted(zip(spans, heights, strict=True))
    ]
