"""When brows rise and are drawn together."""

from __future__ import annotations

import numpy as np

from visavis.behavior.context import Person
from visavis.behavior.curves import FPS
from visavis.behavior.events import Event

AT_ACCENT, LOWERED_AT_ACCENT = 0.22, 0.05
"""Chance of a raise and of a frown at a stressed syllable. Brows mark emphasis and questions (Ekman 1979, "About
brows": batons, underliners); about a fifth of the accents carry one (Cavé et al. 1996; Flecha-García 2010)."""
AT_ACKNOWLEDGEMENT = 0.25
FOLLOWING = 1.2
"""Frowns a minute of somebody who follows with effort; the number is ours."""


def draw_brows(rng: np.random.Generator, me: Person, expressiveness: float) -> list[Event]:
    """Raises at accents, through questions and at acknowledgements; frowns at accents and while listening.

    Args:
        rng: Where chance comes from.
        me: The person.
        expressiveness: Factor on how far.
    """
    seconds = me.frames / FPS
    found: list[Event] = []

    def add(label: str, start: float, end: float, height: float) -> None:
        if start < seconds - 0.1:
            height = float(np.clip(height, 0.05, 1.0))
            found.append(Event("brow", max(0.0, start), min(seconds, end), label, height))

    for when, strength in me.accents:
        if rng.random() < AT_ACCENT:
            height = expressiveness * (0.2 + 0.5 * strength) * rng.uniform(0.6, 1.3)
            add("raise", when - 0.12, when + rng.uniform(0.35, 0.9), height)
        elif rng.random() < LOWERED_AT_ACCENT:
            add("lower", when - 0.15, when + rng.uniform(0.4, 1.2), expressiveness * rng.uniform(0.15, 0.4))
    for phrase in me.phrases:
        if phrase.asks or (phrase.backchannel and rng.random() < AT_ACKNOWLEDGEMENT):
            start, end = max(phrase.start, phrase.end - 1.0), phrase.end + rng.uniform(0.2, 0.7)
            add("raise", start, end, expressiveness * rng.uniform(0.25, 0.7))
    for frame in np.flatnonzero(~me.speaking & (rng.random(me.frames) < FOLLOWING / 60 / FPS)):
        start = frame / FPS
        add("lower", start, start + rng.uniform(1, 4), expressiveness * rng.uniform(0.1, 0.35))
    return sorted(found, key=lambda e: e.start)
