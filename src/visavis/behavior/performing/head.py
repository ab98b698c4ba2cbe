"""Nods, shakes and tilts of the head."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from scipy.ndimage import gaussian_filter1d

from visavis.behavior.curves import FPS, Array, bump, wander
from visavis.behavior.events import Event
from visavis.behavior.limits import most_cycles

NOD, SHAKE, TILT = np.radians(9.0), np.radians(7.0), np.radians(6.0)
"""Size of a gesture of strength 1: first dip, first swing, roll."""
UNREST = np.radians([2.6, 2.8, 2.1])
FADES = 0.7
"""Factor on the size from each cycle to the next."""


def head_gestures(events: Iterable[Event], frames: int) -> Array:
    """Rotation vectors (T, 3) of the head relative to where it would be, radians.

    Args:
        events: A person's; ``nod``, ``shake`` and ``tilt`` count.
        frames: T.
    """
    moves = np.zeros((frames, 3))
    for event in events:
        if event.kind in ("nod", "shake", "tilt"):
            a, b = max(0, int(event.start * FPS)), min(frames, int(np.ceil(event.end * FPS)) + 1)
            if a < b and event.length > 0:
                times = (np.arange(a, b) + 0.5) / FPS
                {"nod": _nod, "shake": _shake, "tilt": _tilt}[event.kind](moves[a:b], times, event)
    return moves


def unrest(rng: np.random.Generator, frames: int) -> Array:
    """Rotation vectors (T, 3) of a head that is never quite still, in bouts of a few seconds, radians.

    As strong from 0.5 to 2 Hz as heads of tracked faces (docs/results/life.md). In bouts, because real heads have as
    much power at half the speed of a steady wander.
    """
    moves = wander(rng, frames, 0.55, 3)
    moves -= gaussian_filter1d(moves, 0.8 * FPS, axis=0)
    bouts = np.exp(0.8 * np.clip(wander(rng, frames, 4.0), -2.2, 1.6) - 0.64)
    restless: Array = bouts * UNREST * moves
    return restless


def _nod(moves: Array, times: Array, nod: Event) -> None:
    """Each cycle goes down and comes back; the head stays below where it began rather than swinging about it.

    Later cycles are smaller (Hadar et al. 1985, "Head movement during listening turns in conversation").
    """
    cycles = _cycles(nod)
    phase = np.clip((times - nod.start) / nod.length, 0, 1) * cycles
    dip = 0.5 * (1 - np.cos(2 * np.pi * phase)) * FADES ** np.floor(np.clip(phase, 0, cycles - 1e-6))
    moves[:, 0] += nod.strength * NOD * dip


def _cycles(event: Event) -> int:
    """As many as there is time for."""
    return min(event.cycles, most_cycles(event.kind, event.label, event.length))


def _shake(moves: Array, times: Array, shake: Event) -> None:
    swing = np.sin(2 * np.pi * _cycles(shake) * (times - shake.start) / shake.length)
    side = -1.0 if shake.x < 0 else 1.0
    moves[:, 1] += side * shake.strength * SHAKE * swing * bump(times, shake.start, shake.end, 0.15, 0.25)


def _tilt(moves: Array, times: Array, tilt: Event) -> None:
    """The head rolls to a side, stays and comes back."""
    roll = (tilt.x or TILT) * tilt.strength
    # A roll to the person's left lowers the left ear: a negative turn about +Z, which points forward.
    moves[:, 2] -= roll * bump(times, tilt.start, tilt.end, 0.35, 0.5)
    moves[:, 0] += tilt.y * tilt.strength * bump(times, tilt.start, tilt.end, 0.35, 0.5)
