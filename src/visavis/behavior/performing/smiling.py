"""Smiles and laughter."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from visavis.behavior.curves import Array, add_bump, frame_times, wander
from visavis.behavior.events import Event
from visavis.behavior.performing.moments import Moments

LAUGH_RATE = (4.2, 5.2)
"""Calls a second in laughter: about 4.4 (Bachorowski et al. 2001, "The acoustic features of human laughter")."""
FAINT, COMMON = 2.0, 0.8
"""How large the faint smiles that come and go all the time are beside the resting one, and how much of their variance
two people share. Video calls: in nine of ten stretches of 10 s AU12 varies by more than 0.12 of 5."""
AHEAD, AFTER = 0.3, 1.2
"""Seconds by which the face is lifted before laughter is heard, and lets go after."""


@dataclass(frozen=True)
class Smiling:
    """Curves (T,), 0 to 1.

    Attributes:
        smile: How far the lips' corners are raised.
        laughter: How much the person laughs.
        calls: The swing of the laugh's calls, -1 to 1; 0 where nobody laughs.
    """

    smile: Array
    laughter: Array
    calls: Array


def cheer(rng: np.random.Generator, frames: int) -> Array:
    """What two people's faint smiles have in common (T,), of unit variance."""
    return wander(rng, frames, 1.2)[:, 0]


def smiling(
    rng: np.random.Generator, events: Sequence[Event], frames: int, resting: Array, shared: Array | None = None
) -> Smiling:
    """The curves of a person's smiles and laughs.

    Args:
        rng: Where chance comes from.
        events: ``smile`` and ``laugh`` count.
        frames: T.
        resting: The smile (T,) that the face has without any.
        shared: `cheer` of both people; none for somebody alone.
    """
    smile, laughter = np.zeros(frames), np.zeros(frames)
    chance = Moments(rng)
    for event in events:
        if event.kind not in ("smile", "laugh"):
            continue
        own = chance(event.start, part=event.kind == "laugh")
        attack, release = own.uniform(0.35, 0.8), own.uniform(0.6, 1.4)
        if event.kind == "smile":
            add_bump(smile, min(1.0, event.strength), event.start, event.end, attack, release, largest=True)
        else:
            add_bump(laughter, min(1.0, event.strength), event.start, event.end, 0.15, 0.6, largest=True)
            height = min(1.0, 0.8 * event.strength)
            add_bump(smile, height, event.start - AHEAD, event.end + AFTER, attack, release, largest=True)
    flutter = 0.11 * np.clip(wander(rng, frames, 1.2)[:, 0], -2, 2) * smile
    alone = wander(rng, frames, 1.2)[:, 0]
    faint = alone if shared is None else np.sqrt(1 - COMMON) * alone + np.sqrt(COMMON) * shared
    rest = np.clip(resting * (1 + FAINT * np.clip(faint, 0, 2.5)), 0, 0.5)
    smile = np.clip(1 - (1 - smile) * (1 - rest) + flutter, 0.0, 1.0)
    return Smiling(smile, laughter, laugh_calls(events, frames) * (laughter > 0))


def laugh_calls(events: Iterable[Event], frames: int) -> Array:
    """The swing of each laugh's calls (T,), -1 to 1: face, head and shoulders shake to the same ones.

    A laugh has its rhythm from when it begins, so that whoever performs a part of it needs nothing else.
    """
    times, calls = frame_times(frames), np.zeros(frames)
    for event in events:
        if event.kind == "laugh":
            rate = np.random.default_rng(round(1000 * event.start)).uniform(*LAUGH_RATE)
            inside = (times >= event.start) & (times < event.end + AFTER)
            calls[inside] = np.sin(2 * np.pi * rate * (times[inside] - event.start))
    return calls


def laughing_head(rng: np.random.Generator, smiling: Smiling) -> Array:
    """The head (T, 3) tips back and shakes with laughter, radians."""
    back = -np.radians(rng.uniform(2, 7)) * smiling.laughter + np.radians(0.7) * smiling.laughter * smiling.calls
    return np.stack([back, np.zeros(len(back)), np.radians(rng.normal(0, 2)) * smiling.laughter], 1)


def laughing_torso(smiling: Smiling) -> Array:
    """The torso (T, 3) shakes up and down with laughter and bends forward a little, metres."""
    times = frame_times(len(smiling.laughter))
    shaking = 0.002 * smiling.laughter * smiling.calls
    return np.stack([0 * times, shaking, 0.01 * smiling.laughter], 1)
