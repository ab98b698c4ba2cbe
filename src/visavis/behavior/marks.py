"""How long and how large an event is once it happens."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from visavis.behavior.events import Event
from visavis.behavior.limits import possible
from visavis.behavior.people import Habits
from visavis.behavior.rates import learnt

LEVELS = (0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)
"""Quantile levels by which the file describes a distribution."""

NODS_AT_MOST, SHAKES_AT_MOST = 3.6, 2.4
"""Cycles a second (Hadar et al. 1983, "Kinematics of head movements accompanying speech during conversation")."""
FAINTEST = 0.5
"""Least strength of a nod or shake that somebody would call one; the number is ours."""

Marks = tuple[float, dict[str, Any]]
"""How long an event takes (s), and what else is drawn of it."""
Mark = Callable[[np.random.Generator, str, Habits, bool], Marks]
"""From the label, the person's habits and whether the person speaks."""


def draw_mark(
    rng: np.random.Generator, kind: str, start: float, habits: Habits, speaks: bool, size: float, stop: float
) -> Event:
    """An event of a kind of `visavis.behavior.rates.KINDS`, not beyond `stop`.

    Args:
        rng: Source of randomness.
        kind: As ``kind.label``.
        start: Seconds.
        habits: Whose.
        speaks: Whether the person speaks.
        size: Factor on the size.
        stop: Seconds at which the conversation ends.
    """
    name, _, label = kind.partition(".")
    length, marks = _MARKS[name](rng, label, habits, speaks)
    if name != "look":
        marks["strength"] = marks["strength"] * size
    return Event(name, start, start + length, label, **possible(name, label, marks)).until(stop)


def drawn_length(rng: np.random.Generator, of: str) -> float:
    """Seconds, from the quantiles at `LEVELS` (straight lines between them)."""
    return float(np.interp(rng.uniform(LEVELS[0], LEVELS[-1]), LEVELS, learnt()["lengths"][of]))


def _nod(rng: np.random.Generator, label: str, habits: Habits, speaks: bool) -> Marks:
    """One to several cycles of 1.8 to 3.6 Hz (Hadar et al. 1985, "Head movement during listening turns").

    Annotators mark the middle of a quick nod; what they mark is too short for a head to go down and come back.
    """
    hertz = rng.uniform(1.8, NODS_AT_MOST)
    length = drawn_length(rng, f"nod.{label}")
    cycles = int(np.clip(round(length * hertz), 1, 20))
    strength = rng.gamma(6.0, 1 / 6) * (1.0 if label == "concord" else 0.75) * habits.nod_rate**0.3
    strength = float(np.clip(strength, FAINTEST, 2.5))
    return max(length, cycles / NODS_AT_MOST), {"strength": strength, "cycles": cycles}


def _shake(rng: np.random.Generator, label: str, habits: Habits, speaks: bool) -> Marks:
    hertz = rng.uniform(1.4, SHAKES_AT_MOST)
    length = drawn_length(rng, "shake.discord")
    cycles = int(np.clip(round(length * hertz), 1, 20))
    strength = float(np.clip(rng.gamma(6.0, 1 / 6), FAINTEST, 2.5))
    return max(length, (cycles + 0.5) / SHAKES_AT_MOST), {"strength": strength, "cycles": cycles}


def _tilt(rng: np.random.Generator, label: str, habits: Habits, speaks: bool) -> Marks:
    """To a side by some 7 degrees, for longer than the head's way there."""
    length = max(drawn_length(rng, f"tilt.{label}"), 0.4) + rng.gamma(2.0, 0.4)
    roll = rng.choice([-1.0, 1.0]) * np.radians(np.clip(rng.gamma(5.0, 1.4), 3, 16))
    return length, {"strength": 1.0, "x": float(roll)}


def _brow(rng: np.random.Generator, label: str, habits: Habits, speaks: bool) -> Marks:
    """About 0.9 s while speaking; flashes while listening (Flecha-Garcia 2010, "Eyebrow raises in dialogue")."""
    length = np.clip(np.exp(rng.normal(np.log(0.85), 0.45)), 0.3, 3.0)
    strength = float(np.clip(rng.gamma(5.0, 0.2) * habits.expressiveness, 0.25, 2.0))
    return float(length), {"strength": strength}


def _smile(rng: np.random.Generator, label: str, habits: Habits, speaks: bool) -> Marks:
    length, height = drawn_length(rng, "smile"), drawn_length(rng, "smile_height")
    return length, {"strength": float(np.clip(height * habits.expressiveness, 0.15, 1.0))}


def _laugh(rng: np.random.Generator, label: str, habits: Habits, speaks: bool) -> Marks:
    length = drawn_length(rng, "laugh")
    return length, {"strength": float(np.clip(rng.gamma(6.0, 1 / 6), 0.4, 2.0))}


def _posture(rng: np.random.Generator, label: str, habits: Habits, speaks: bool) -> Marks:
    """Some centimetres in one to three seconds."""
    side, forward = rng.normal(0.0, (0.02, 0.025)) * habits.sway**0.5
    return float(rng.uniform(0.9, 2.6)), {"strength": 1.0, "x": float(side), "y": float(forward)}


def _look(rng: np.random.Generator, label: str, habits: Habits, speaks: bool) -> Marks:
    """Away by 10 to 34 degrees to a side; thinking speakers now and then up, listeners mostly down or aside."""
    if label == "partner":
        return 0.0, {}
    yaw = rng.choice([-1.0, 1.0]) * np.clip(rng.gamma(4.0, 4.3), 10, 34)
    up = rng.random() < (0.3 if speaks else 0.08)
    pitch = -rng.uniform(3, 14) if up else rng.uniform(-2, 20)
    return 0.0, {"x": float(np.radians(yaw)), "y": float(np.radians(pitch))}


_MARKS: dict[str, Mark] = {
    "nod": _nod, "shake": _shake, "tilt": _tilt, "brow": _brow, "smile": _smile, "laugh": _laugh, "posture": _posture,
    "look": _look,
}  # fmt: skip
