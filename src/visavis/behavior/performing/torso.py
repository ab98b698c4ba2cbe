"""The trunk: leaning, breathing, and shaking with laughter.

A motion's `translation` says where the head is. The spine bends so that the trunk below follows: all of it in somebody
who sits, as hips stay on the seat, half of it in somebody who stands, who shifts the weight as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from visavis.behavior.curves import FPS, frame_times, wander
from visavis.behavior.events import Event
from visavis.behavior.performing.build import Build
from visavis.behavior.performing.smiling import laugh_calls
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

LAUGH_LIFT, LAUGH_SPINE, LAUGH_BOW = np.radians([2.2, 0.9, 2.5])

UNREST = np.radians(0.5)
"""By how much shoulders go up and down besides."""


@dataclass(frozen=True)
class Torso:
    """The trunk over time.

    Attributes:
        spine: Rotation vectors (T, 3).
        lift: (T,) radians by which both shoulders are drawn up.
    """

    spine: Array
    lift: Array


def torso_of(events: Sequence[Event], away: Array, seated: bool, build: Build, rng: Rng) -> Torso:
    """The trunk of somebody whose head is so far from its place.

    Args:
        events: Laughs count.
        away: (T, 3) metres about the torso's axes.
        seated: Whether the person sits.
        build: Whose trunk.
        rng: Draws breaths.
    """
    frames = len(away)
    share = (SEATED if seated else STANDING) / _length(build)
    spine = np.stack([share * away[:, 2], np.zeros(frames), -share * away[:, 0]], axis=1)
    breath, (shake, bow) = _breathing(frames, rng), _laughing(events, frames)
    spine[:, 0] += LAUGH_BOW * bow - CHEST * breath - LAUGH_SPINE * shake
    lift = SHOULDERS * breath + LAUGH_LIFT * shake + UNREST * wander(rng, frames, 2.0)[:, 0]
    return Torso(np.clip(spine, -MOST, MOST), lift)


def _length(build: Build) -> float:
    """Metres that the head moves per radian of the spine, which bends in four places alike."""
    return float(-build.spine[:, 1].mean())


def _breathing(frames: int, rng: Rng) -> Array:
    """From -0.5 (out) to 0.5 (in); breathing in is quicker than out, (T,)."""
    rate = rng.uniform(*BREATHS) * np.exp(0.08 * wander(rng, frames, 4.0)[:, 0])
    phase = rng.uniform() + np.cumsum(rate) / FPS
    angle = 2 * np.pi * phase
    breath: Array = 0.5 * np.sin(angle + 0.35 * np.sin(angle)) * (1 + 0.12 * wander(rng, frames, 4.0)[:, 0])
    return breath


def _laughing(events: Sequence[Event], frames: int) -> tuple[Array, Array]:
    """Shakes (about -1 to 1, fading) and how far the trunk is bowed by laughter (0 to 1), (T,) each."""
    times, calls = frame_times(frames), laugh_calls(events, frames)
    shake, bow = np.zeros(frames), np.zeros(frames)
    for event in events:  # of laughs at the same time the strongest counts
        if event.kind != "laugh" or event.end <= event.start:
            continue
        length = event.end - event.start
        inside = ease((times - event.start) / min(0.2, 0.4 * length)) - ease((times - event.end + 0.3) / 0.3)
        inside = np.clip(inside, 0, 1) * min(event.strength, 2.0)
        fading = np.exp(-0.8 * np.clip(times - event.start, 0, None) / length)
        shake = np.maximum(shake, inside * fading)
        bow = np.maximum(bow, inside * ease((times - event.start) / min(0.8, length)))
    return shake * calls, bow
