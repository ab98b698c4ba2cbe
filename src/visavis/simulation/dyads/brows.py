"""Brows, and mood in the resting face."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter1d

from visavis.behavior.curves import FPS, Array, add_bump, wander
from visavis.behavior.prosody import accents_of
from visavis.simulation.dyads.person import SimulatedPerson


def draw_brows(rng: np.random.Generator, me: SimulatedPerson) -> dict[str, Array]:
    """Brow and mood shapes: column name -> (T,).

    Brows rise at some accents (Ekman 1979, "About brows": batons), through questions and at acknowledgements, and
    draw together with effort; arousal widens the eyes; low valence lowers the mouth's corners.
    """
    frames, lively = me.frames, me.traits.expressiveness
    inner, outer, down = np.zeros(frames), np.zeros(frames), np.zeros(frames)
    for when, strength in accents_of(me.energy, me.pitch):
        if rng.random() < 0.22:
            height = lively * (0.15 + 0.5 * strength) * rng.uniform(0.6, 1.2)
            length = rng.uniform(0.35, 0.9)
            add_bump(inner, 0.9 * height, when - 0.12, when + length, 0.16, 0.3, largest=True)
            add_bump(outer, height, when - 0.12, when + length, 0.16, 0.3, largest=True)
        elif rng.random() < 0.06:
            add_bump(
                down,
                lively * rng.uniform(0.15, 0.4),
                when - 0.15,
                when + rng.uniform(0.4, 1.2),
                0.2,
                0.35,
                largest=True,
            )
    for spurt in me.spurts:
        if spurt.asks or (spurt.kind == "backchannel" and rng.random() < 0.25):
            height = lively * rng.uniform(0.25, 0.6)
            start = max(spurt.start, spurt.end - 1.0)
            for curve in (inner, outer):
                add_bump(curve, height, start, spurt.end + rng.uniform(0.2, 0.7), 0.2, 0.35, largest=True)
    for frame in np.flatnonzero(~me.speaking & (rng.random(frames) < 1.2 / 60 / FPS)):  # following with effort
        add_bump(
            down, lively * rng.uniform(0.1, 0.35), frame / FPS, frame / FPS + rng.uniform(1, 4), 0.4, 0.7, largest=True
        )
    valence, arousal = me.mood.T
    unrest = 0.02 * wander(rng, frames, 2.5, 4).T
    sad, tense = np.clip(-valence - 0.05, 0, 1), np.clip(arousal, 0, 1) * np.clip(0.2 - valence, 0, 1)
    inner = inner + 0.25 * sad + unrest[0] + 0.02
    down = down + 0.45 * tense + unrest[1] + 0.02
    outer = outer + unrest[2] + 0.01
    wide = 0.35 * np.clip(arousal - 0.2, 0, 1) + 0.25 * gaussian_filter1d(outer, 2)
    skew = me.traits.asymmetry
    return {
        "browInnerUp": inner,
        "browOuterUpLeft": outer * (1 + skew),
        "browOuterUpRight": outer * (1 - skew),
        "browDownLeft": down * (1 + skew),
        "browDownRight": down * (1 - skew),
        "eyeWideLeft": wide,
        "eyeWideRight": wide,
        "mouthFrownLeft": 0.25 * sad * (1 + skew),
        "mouthFrownRight": 0.25 * sad * (1 - skew),
        "mouthPressLeft": 0.3 * tense * ~me.speaking,
        "mouthPressRight": 0.3 * tense * ~me.speaking,
        "noseSneerLeft": 0.15 * tense,
        "noseSneerRight": 0.15 * tense,
    }
