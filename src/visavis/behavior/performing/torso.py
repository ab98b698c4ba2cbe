"""The trunk: leaning, turning, breathing, and shaking with laughter.

A motion's `translation` says where the head is. The spine bends so that the trunk below follows: all of it in somebody
who sits, as hips stay on the seat, half of it in somebody who stands, who shifts the weight as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from visavis.behavior.performing.build import Build
from visavis.behavior.performing.courses import wander
from visavis.behavior.performing.strokes import Happening
from visavis.motion.easing import ease

Array = NDArray[np.float64]
Rng = np.random.Generator

SEATED, STANDING = 1.0, 0.5
"""Share of the head's way that the spine makes."""

MOST = np.radians(30.0)
"""By how much the spine bends or turns at most."""

BREATHS = (0.2, 0.3)
"""Breaths a second at rest, of adults."""
CHEST, SHOULDERS = np.radians([0.35, 0.9])
"""By how much a breath stretches the spine and lifts the shoulders."""

SHAKES = (4.3, 5.2)
"""Shakes a second of laughter: the rhythm of its syllables (Bachorowski et al., JASA 110, 2001: 4.4 a second)."""
LAUGH_LIFT, LAUGH_SPINE, LAUGH_BOW = np.radians([2.2, 0.9, 2.5])

SETTLING = 1.6
"""Seconds that people take to lean or turn at most."""


@dataclass(frozen=True)
class Torso:
    """The trunk over time.

    Attributes:
        spine: Rotation vectors (T, 3).
        lift: (T,) radians by which both shoulders are drawn up.
    """

    spine: Array
    lift: Array


def lean_of(events: Sequence[Happening], frames: int, fps: float, build: Build) -> Array:
    """How far leaning moves the head, metres about the torso's axes (T, 3): what to add to `translation`.

    Args:
        events: Those of kind ``posture`` and label ``lean``: `x` to the left and `y` ahead, radians of the trunk.
        frames: How many.
        fps: Frames per second.
        build: Whose head.
    """
    aside, ahead = (np.clip(_held(events, "lean", axis, frames, fps), -MOST, MOST) for axis in ("x", "y"))
    length = _length(build)
    down = length * (np.cos(np.hypot(aside, ahead)) - 1) * 0.7
    return np.stack([length * np.sin(aside), down, length * np.sin(ahead)], axis=1)


def torso_of(
    events: Sequence[Happening], frames: int, fps: float, away: Array, seated: bool, build: Build, rng: Rng
) -> Torso:
    """The trunk of somebody whose head is so far from its place.

    Args:
        events: Turns (kind ``posture``, label ``turn``, `x` to the left) and laughs count here.
        frames: How many.
        fps: Frames per second.
        away: (T, 3) metres about the torso's axes.
        seated: Whether the person sits.
        build: Whose trunk.
        rng: Draws breaths and shakes.
    """
    share = (SEATED if seated else STANDING) / _length(build)
    turn = _held(events, "turn", "x", frames, fps)
    spine = np.stack([share * away[:, 2], turn, -share * away[:, 0]], axis=1)
    breath = _breathing(frames, fps, rng)
    shake, bow = _laughing(events, frames, fps, rng)
    spine[:, 0] += LAUGH_BOW * bow - CHEST * breath - LAUGH_SPINE * shake
    lift = SHOULDERS * breath + LAUGH_LIFT * shake + np.radians(0.5) * wander(rng, frames, fps, 1)[:, 0]
    return Torso(np.clip(spine, -MOST, MOST), lift)


def _length(build: Build) -> float:
    """Metres that the head moves per radian of the spine, which bends in four places alike."""
    return float(-build.spine[:, 1].mean())


def _held(events: Sequence[Happening], label: str, axis: str, frames: int, fps: float) -> Array:
    """An angle that is taken up and given back by every event of this label, (T,)."""
    times = np.arange(frames) / fps
    total = np.zeros(frames)
    for event in events:
        if event.kind == "posture" and event.label == label:
            settling = max(min(SETTLING, 0.4 * (event.end - event.start)), 1e-3)
            there, back = (ease((times - at) / settling) for at in (event.start, event.end - settling))
            total += getattr(event, axis) * (there - back)
    return total


def _breathing(frames: int, fps: float, rng: Rng) -> Array:
    """From -0.5 (out) to 0.5 (in); breathing in is quicker than out, (T,)."""
    rate = rng.uniform(*BREATHS) * np.exp(0.08 * wander(rng, frames, fps, 1)[:, 0])
    phase = rng.uniform() + np.cumsum(rate) / fps
    angle = 2 * np.pi * phase
    breath: Array = 0.5 * np.sin(angle + 0.35 * np.sin(angle)) * (1 + 0.12 * wander(rng, frames, fps, 1)[:, 0])
    return breath


def _laughing(events: Sequence[Happening], frames: int, fps: float, rng: Rng) -> tuple[Array, Array]:
    """Shakes (about -1 to 1, fading) and how far the trunk is bowed by laughter (0 to 1), (T,) each."""
    times = np.arange(frames) / fps
    shake, bow = np.zeros(frames), np.zeros(frames)
    for event in events:
        if event.kind != "laugh" or event.end <= event.start:
            continue
        length = event.end - event.start
        inside = ease((times - event.start) / min(0.2, 0.4 * length)) - ease((times - event.end + 0.3) / 0.3)
        inside = np.clip(inside, 0, 1) * min(event.strength, 2.0)
        fading = np.exp(-0.8 * np.clip(times - event.start, 0, None) / length)
        shake += inside * fading * np.sin(2 * np.pi * (rng.uniform(*SHAKES) * (times - event.start) + rng.uniform()))
        bow += inside * ease((times - event.start) / min(0.8, length))
    return shake, bow
