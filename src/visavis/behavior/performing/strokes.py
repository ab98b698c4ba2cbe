"""What a gesture's strokes look like: from where and to where one hand goes.

Forms follow the literature: beats are short flicks down in the space before the body; open palms turn up and come
forward ("palm up open hand": Müller, "Forms and uses of the Palm Up Open Hand", 2004); deictics send the index or a
flat hand along a line, to oneself with the fingertips to the breastbone (Kendon, "Gesture", 2004, chapter 11); shrugs
lift both shoulders and turn palms out (Debras, "The shrug", Gesture 16, 2017); counts raise one finger more with every
stroke. Where exactly a hand goes is ours: gesture space around the chest (McNeill, "Hand and Mind", 1992, figure 3.2).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from visavis.behavior.events import Event
from visavis.behavior.limits import most_cycles
from visavis.behavior.performing.poses import Point, Pose, as_point, on_trunk, scaled
from visavis.behavior.performing.surroundings import PARTNER_RADIUS, Surroundings

Array = NDArray[np.float64]
Rng = np.random.Generator


@dataclass(frozen=True)
class Stroke:
    """One stroke of one hand.

    Attributes:
        event: Of which it is part.
        apex: Seconds at which the hand arrives.
        ready: The pose from which the hand sets out.
        pose: The pose at the apex.
        seconds: How long the stroke takes.
        recoil: How much of the way back the hand springs afterwards.
        patience: Share of the longest hold for which the hand stays, at most.
    """

    event: Event
    apex: float
    ready: Pose
    pose: Pose
    seconds: float
    recoil: float = 0.0
    patience: float = 1.0


MEDIAL: Point = (-1.0, -0.15, -0.1)
AHEAD: Point = (-0.25, 0.05, 0.95)
ABOVE_TABLE = 0.085
"""Metres that a wrist keeps above a table while it gestures."""
ACROSS, ASIDE = np.radians([40.0, 95.0])
"""How far a hand points to the other side and to its own."""
UP, DOWN = np.radians([35.0, 40.0])


def strokes_of(event: Event, side: int, around: Surroundings, rng: Rng) -> list[Stroke]:
    """The strokes of one hand, in order.

    Args:
        event: A gesture that this hand takes part in.
        side: 1 for the left hand, -1 for the right.
        around: What is around the person.
        rng: No two gestures are alike.
    """
    form = _FORMS[event.label]
    wide = rng.normal(0.0, 1.0, 3) * (0.016, 0.014, 0.014)  # one place for the whole gesture
    patience = rng.uniform(0.7, 1.0)
    strokes = []
    for number, apex in enumerate(apexes_of(event)):
        ready, pose, seconds, recoil = form(event, number, side, around, rng)
        ready, pose = (_free(_moved(one, wide), around) for one in (ready, pose))
        strokes.append(Stroke(event, apex, ready, pose, seconds, recoil, patience))
    return strokes


def apexes_of(event: Event) -> tuple[float, ...]:
    """When the strokes of a gesture arrive, seconds; where a plan does not say, evenly in the middle of its time."""
    if event.apex:
        return tuple(sorted(event.apex))
    count = min(event.cycles, most_cycles("gesture", "beat", event.length)) if event.label == "beat" else 1
    return tuple(event.start + event.length * (0.4 + 0.3 * (number + 0.5) / count) for number in range(count))


Form = tuple[Pose, Pose, float, float]


def _beat(event: Event, number: int, side: int, around: Surroundings, rng: Rng) -> Form:
    size = 0.075 * event.strength * rng.uniform(0.8, 1.2)
    build = around.build
    low = Pose(
        scaled(build, (0.185, -0.425, 0.265)), (-0.30, -0.12, 0.94), (-0.80, -0.10, -0.25), "relaxed", outward=0.35
    )
    x, y, z = low.wrist
    high = replace(low, wrist=(x - 0.2 * size, y + size, z - 0.15 * size), along=(-0.30, 0.25, 0.92))
    return high, low, rng.uniform(0.20, 0.28), 0.25


def _palm(event: Event, number: int, side: int, around: Surroundings, rng: Rng) -> Form:
    size, build = event.strength, around.build
    ready = Pose(scaled(build, (0.150, -0.400, 0.225)), AHEAD, (-0.85, -0.1, -0.4), "relaxed", outward=0.35)
    pose = Pose(
        scaled(build, (0.200 + 0.045 * size, -0.420, 0.255 + 0.05 * size)), (0.22, 0.10, 0.95), (-0.25, 0.92, -0.10),
        "open", outward=0.25,
    )  # fmt: skip
    return ready, pose, rng.uniform(0.32, 0.45), 0.0


def _me(event: Event, number: int, side: int, around: Surroundings, rng: Rng) -> Form:
    build = around.build
    pose = Pose(
        on_trunk(build, (0.140, -0.335, 0.160)), (-0.95, 0.22, -0.12), (-0.05, 0.10, -0.98), "resting", outward=0.80
    )
    x, y, z = pose.wrist
    ready = replace(pose, wrist=(x + 0.05, y - 0.05, z + 0.07), along=(-0.80, 0.10, 0.45), palm=(-0.5, -0.1, -0.8))
    return ready, pose, rng.uniform(0.28, 0.38), 0.1


def _you(event: Event, number: int, side: int, around: Surroundings, rng: Rng) -> Form:
    """An open hand towards the other, palm half up: politer than the index."""
    x, _, z = around.partner * (side, 1, 1)
    return _pointing(float(np.arctan2(x, z)), 0.0, event.strength, around, side, "open", (-0.55, 0.80, 0.0), 0.70)


def _there(event: Event, number: int, side: int, around: Surroundings, rng: Rng) -> Form:
    yaw = side * event.x
    return _pointing(yaw, event.y, event.strength, around, side, "point", (-0.75, -0.62, 0.0), 0.88)


def _pointing(
    yaw: float, pitch: float, strength: float, around: Surroundings, side: int, shape: str, palm: Point, share: float
) -> Form:
    """A hand along a line: `yaw` to its own side and `pitch` down, radians; so far as `share` of the arm's length."""
    yaw, pitch = float(np.clip(yaw, -ACROSS, ASIDE)), float(np.clip(pitch, -UP, DOWN))
    build = around.build
    line = np.array([np.sin(yaw) * np.cos(pitch), -np.sin(pitch), np.cos(yaw) * np.cos(pitch)])
    side_line = np.array([np.cos(yaw), 0.0, -np.sin(yaw)])
    share *= 0.86 + 0.14 * min(strength, 1.3)
    length = min(share, 0.97) * sum(build.lengths)
    start = build.shoulder - (0, 0.11, 0)  # hands point below the line of sight
    length = min(length, _free_way(around, side, start, line))
    facing = palm[0] * side_line + palm[1] * np.array([0.0, 1.0, 0.0])
    pose = Pose(as_point(start + length * line), as_point(line), as_point(facing), shape, outward=0.30)
    ready = Pose(
        as_point(start + 0.5 * length * line + np.array([0.0, 0.02, 0.0])), as_point(line + np.array(AHEAD)),
        as_point(np.array(MEDIAL)), "relaxed", outward=0.35,
    )  # fmt: skip
    return ready, pose, 0.34, 0.0


def _free_way(around: Surroundings, side: int, start: Array, line: Array) -> float:
    """Metres that a wrist can go before fingers come near the other person."""
    away = (around.partner * (side, 1, 1) - start)[[0, 2]]
    flat = line[[0, 2]] / max(float(np.linalg.norm(line[[0, 2]])), 1e-9)
    ahead, aside = float(away @ flat), float(abs(away[0] * flat[1] - away[1] * flat[0]))
    keep = PARTNER_RADIUS + 0.10
    if ahead < 0 or aside > keep:
        return np.inf
    return max(0.12, ahead - float(np.sqrt(keep**2 - aside**2)) - 0.19)


def _count(event: Event, number: int, side: int, around: Surroundings, rng: Rng) -> Form:
    """A hand raised beside the chest; every stroke unfolds one finger more, up to as many as are counted."""
    shown = max(1, event.cycles - len(event.apex) + 1 + number) if event.apex else event.cycles
    build = around.build
    x, y, z = scaled(build, (0.235, -0.330, 0.215))
    pose = Pose((x, y, z), (-0.15, 0.93, 0.25), (-0.35, -0.05, -0.9), f"count{min(shown, 5)}", outward=0.3)
    size = 0.035 * event.strength
    ready = replace(
        pose, wrist=(x, y + size, z - 0.4 * size), shape="fist" if number == 0 else f"count{min(shown - 1, 5)}"
    )
    return ready, pose, rng.uniform(0.22, 0.28), 0.15


def _shrug(event: Event, number: int, side: int, around: Surroundings, rng: Rng) -> Form:
    size, build = event.strength, around.build
    ready = Pose(scaled(build, (0.185, -0.435, 0.205)), (-0.05, 0.0, 1.0), (-0.9, 0.0, -0.3), "relaxed", outward=0.3)
    pose = Pose(
        scaled(build, (0.255 + 0.035 * size, -0.420, 0.185)), (0.50, 0.12, 0.85), (0.05, 0.97, -0.1), "open",
        outward=0.2, lift=float(np.radians(min(20.0, 13.0 * size))),
    )  # fmt: skip
    return ready, pose, rng.uniform(0.34, 0.44), 0.0


_FORMS: dict[str, Callable[[Event, int, int, Surroundings, Rng], Form]] = {
    "beat": _beat, "me": _me, "you": _you, "there": _there, "count": _count, "shrug": _shrug, "palm": _palm,
}  # fmt: skip


def _moved(pose: Pose, by: Array) -> Pose:
    return replace(pose, wrist=as_point(np.array(pose.wrist) + by))


def _free(pose: Pose, around: Surroundings) -> Pose:
    """The same above a table."""
    if around.top is None:
        return pose
    x, y, z = pose.wrist
    return replace(pose, wrist=(x, max(y, around.top + ABOVE_TABLE), z))
