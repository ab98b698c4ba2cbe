"""Nods and shakes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from visavis.behavior.curves import FPS, Array, bump
from visavis.conversation import Interval
from visavis.simulation.dyads.parameters import parameters
from visavis.simulation.dyads.person import SimulatedPerson

NEGATIONS = frozenset(
    "no not never nothing nobody none don't doesn't didn't can't won't isn't wasn't aren't haven't wouldn't "  # noqa: SIM905
    "couldn't".split()
)


@dataclass
class HeadGestures:
    """Rotation (T, 3) of the head relative to where it would be, radians, and when it happens."""

    rotation: Array
    nods: list[Interval]
    shakes: list[Interval]


def draw_head_gestures(rng: np.random.Generator, me: SimulatedPerson, partner: SimulatedPerson) -> HeadGestures:
    """Nods and shakes of one person.

    Nods come with the person's own acknowledgements, while listening at the ends of the speaker's phrases, and now
    and then at a stressed word of one's own; shakes come at negations.

    A nod is 1 to 3 cycles of 2 to 4 Hz that die away (Hadar et al. 1985, "Head movement during listening turns").
    """
    fitted = parameters()["head"]
    seconds = me.frames / FPS
    gestures = HeadGestures(np.zeros((me.frames, 3)), [], [])
    wished: list[tuple[float, float]] = []  # start, size
    for spurt in me.backchannels:
        if rng.random() < fitted["nod_with_backchannel"]:
            wished.append((spurt.start + rng.normal(-0.08, 0.1), 1.0))
    listening = min(1.0, fitted["nod_at_phrase"] * me.traits.nod_rate)
    for spurt in partner.spurts:
        if spurt.kind == "turn" and rng.random() < listening:
            when = spurt.end + rng.normal(0.1, 0.3)
            if not _at(me.speaking, when):
                wished.append((when, 0.8))
    per_frame = fitted["nods_while_speaking_per_minute"] * me.traits.nod_rate / 60 / FPS
    loud = me.energy > 0.6
    share = max(0.02, float(loud[me.speaking].mean())) if me.speaking.any() else 1.0
    hits = np.flatnonzero(loud & me.speaking & (rng.random(me.frames) < per_frame / share))
    wished += [(frame / FPS, 0.6) for frame in hits]
    busy = -1.0
    for start, size in sorted(wished):
        start = max(0.0, start)
        if start < busy + 0.2 or start > seconds - 0.4:
            continue
        busy = _nod(rng, gestures, start, size * me.traits.nod_rate**0.3, seconds)
    busy = -1.0
    for word in me.said(NEGATIONS):
        if rng.random() < fitted["shake_at_negation"] and word.start > busy + 0.5 and word.start < seconds - 0.5:
            busy = _shake(rng, gestures, max(0.0, word.start - 0.15), seconds)
    return gestures


def _nod(rng: np.random.Generator, gestures: HeadGestures, start: float, size: float, seconds: float) -> float:
    """Adds a nod of one to three bursts of one to three cycles; each first down. Returns when it ends."""
    clock = start
    height = size * np.radians(np.clip(rng.gamma(6.0, 1.6), 3.5, 20.0))
    for burst in range(int(rng.choice([1, 2, 3], p=[0.4, 0.35, 0.25]))):
        if clock > seconds - 0.4:
            break
        cycles = int(rng.choice([1, 2, 3], p=[0.35, 0.35, 0.30]))
        frequency = rng.uniform(2.0, 3.6) if cycles > 1 else rng.uniform(1.6, 2.6)
        end = min(seconds, clock + cycles / frequency)
        a, b = int(clock * FPS), min(len(gestures.rotation), int(np.ceil(end * FPS)) + 1)
        phase = np.clip((np.arange(a, b) / FPS - clock) * frequency, 0, cycles)
        # Each cycle goes down and comes back; the head stays below where it began rather than swinging about it.
        dip = 0.5 * (1 - np.cos(2 * np.pi * phase)) * rng.uniform(0.55, 0.85) ** phase
        gestures.rotation[a:b, 0] += height * 0.75**burst * dip
        clock = end + rng.uniform(0.1, 0.5)
    gestures.nods.append(Interval("nod", start, end))
    return end


def _shake(rng: np.random.Generator, gestures: HeadGestures, start: float, seconds: float) -> float:
    """Adds a shake; returns when it ends."""
    cycles = float(rng.choice([1.0, 1.5, 2.0, 3.0], p=[0.3, 0.3, 0.25, 0.15]))
    frequency = rng.uniform(1.4, 2.4)
    end = min(seconds, start + cycles / frequency)
    a, b = int(start * FPS), min(len(gestures.rotation), int(np.ceil(end * FPS)) + 1)
    times = np.arange(a, b) / FPS
    swing = np.sin(2 * np.pi * frequency * (times - start)) * bump(times, start, end, 0.2, 0.25)
    gestures.rotation[a:b, 1] += rng.choice([-1.0, 1.0]) * np.radians(np.clip(rng.gamma(6.0, 1.2), 3, 15)) * swing
    gestures.shakes.append(Interval("shake", start, end))
    return end


def _at(mask: np.ndarray, when: float) -> bool:
    return bool(mask[int(np.clip(when * FPS, 0, len(mask) - 1))])
