"""What people can do: the least and the greatest value of each number of each kind of event.

They lie well beyond what is drawn and within what bodies allow, so that an event is still seen as one of its kind. What
a kind has no entry for does not count in it. The numbers are ours.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any


@dataclass(frozen=True)
class Limit:
    """From where to where a number goes, and in which unit (none for factors, shares and counts)."""

    least: float
    most: float
    unit: str = ""

    def nearest(self, value: float) -> float:
        """The value, or the end of the range that is nearest to it."""
        return min(max(value, self.least), self.most)

    def __str__(self) -> str:
        """As messages say it."""
        return f"{self.least:g} to {self.most:g}{self.unit and ' ' + self.unit}"


_SHARE, _SIZE, _SIGNED = Limit(0, 1), Limit(0, 3), Limit(-1, 1)
_CYCLES = Limit(1, 20)
_AWAY = Limit(-0.2, 0.2, "m")
_HAND = Limit(0, 2)

LIMITS: Mapping[str, Mapping[str, Limit]] = MappingProxyType({
    "blink": {"strength": _SHARE},
    "look": {},
    "look.away": {"x": Limit(-1.2, 1.2, "rad"), "y": Limit(-0.6, 0.7, "rad")},
    "nod": {"strength": _SIZE, "cycles": _CYCLES},
    "shake": {"strength": _SIZE, "x": _SIGNED, "cycles": _CYCLES},
    "tilt": {"strength": _SIZE, "x": Limit(-0.4, 0.4, "rad"), "y": Limit(-0.3, 0.3, "rad")},
    "brow": {"strength": _SHARE},
    "smile": {"strength": _SHARE},
    "laugh": {"strength": Limit(0, 2)},
    "mood": {"strength": _SHARE, "x": _SIGNED, "y": _SIGNED},
    "posture": {"strength": _SIZE, "x": _AWAY, "y": _AWAY},
    "gesture": {"strength": _HAND},
    "gesture.beat": {"strength": _HAND, "cycles": _CYCLES},
    "gesture.count": {"strength": _HAND, "cycles": Limit(1, 5)},
    "gesture.there": {"strength": _HAND, "x": Limit(-1.6, 1.6, "rad"), "y": Limit(-0.6, 0.7, "rad")},
})  # fmt: skip
"""By kind, or by kind and label where that makes a difference. A hand that points across the body goes no farther than
`ACROSS`."""
ACROSS = 0.7
"""Radians by which a hand points to the other side at most."""
NUMBERS = ("strength", "x", "y", "cycles")

FASTEST = MappingProxyType({"nod": 5.0, "shake": 5.0, "gesture.beat": 2.5})
"""Cycles a second at most; nods have 1.8 to 3.6 as a rule (Hadar et al. 1985, "Head movement during listening turns").
Strokes take a third of a beat's time."""


def limits_of(kind: str, label: str = "", hand: str = "") -> Mapping[str, Limit]:
    """By field, the limits of whatever counts in an event."""
    limits = LIMITS.get(f"{kind}.{label}", LIMITS[kind])
    if "x" in limits and hand in ("left", "right"):
        whole = limits["x"]
        own = (-ACROSS, whole.most) if hand == "left" else (whole.least, ACROSS)
        return {**limits, "x": Limit(*own, whole.unit)}
    return limits


def most_cycles(kind: str, label: str, seconds: float) -> int:
    """How many cycles there is time for."""
    rate = FASTEST.get(f"{kind}.{label}", FASTEST.get(kind))
    return max(1, int(rate * seconds + 1e-6)) if rate else 20


def beyond(kind: str, label: str, hand: str, values: Mapping[str, Any]) -> Iterator[tuple[str, float, Limit]]:
    """Name, value and limit of the numbers that nobody could do."""
    for name, limit in limits_of(kind, label, hand).items():
        if name in values and values[name] != limit.nearest(values[name]):
            yield name, values[name], limit


def possible(kind: str, label: str, values: Mapping[str, Any], hand: str = "") -> dict[str, Any]:
    """The same values, those that nobody could do brought to the limit."""
    return {**values, **{name: limit.nearest(value) for name, value, limit in beyond(kind, label, hand, values)}}
