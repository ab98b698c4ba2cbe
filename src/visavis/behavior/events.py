"""Nonverbal behaviour as events: what a person does, when, how strongly and to what end.

A plan is between what is known of a conversation (who speaks, how, and what) and motion: the behaviour plan between
intent and realisation of SAIBA (Kopp et al. 2006, "Towards a common framework for multimodal generation").
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from visavis.behavior.limits import beyond, possible
from visavis.conversation import Interval
from visavis.errors import InputError

KINDS: Mapping[str, tuple[str, ...]] = MappingProxyType({
    "blink": ("",),
    "look": ("partner", "away"),
    "nod": ("concord", "emphasis", "turn"),
    "shake": ("discord", "emphasis"),
    "tilt": ("deixis", "turn"),
    "brow": ("raise", "lower"),
    "smile": ("",),
    "laugh": ("",),
    "mood": ("", "happy", "sad", "angry", "surprised", "afraid", "disgusted", "curious", "neutral"),
    "posture": ("shift", "lean"),
    "gesture": ("beat", "me", "you", "there", "count", "shrug", "palm"),
})  # fmt: skip
"""Kinds of events, and the labels that each can have: functions of head signals as AMI annotates them (concord,
discord, emphasis, turn, deixis), targets of looks, shapes of gestures."""
HANDS = ("left", "right", "both")
STRONGEST = 5.0
"""Greatest strength of a kind that has no limit of its own (`visavis.behavior.limits`); 1 is usual."""


@dataclass(frozen=True)
class Event:
    """Something that one person does, within what people can do (`visavis.behavior.limits.LIMITS`).

    Attributes:
        kind: Of `KINDS`.
        start: Seconds from the conversation's start.
        end: Seconds; a gesture's preparation begins at `start`, and its hands are back at `end`.
        label: Of the kind's labels.
        strength: How large, 1 as usual; of a blink, brow, smile and mood 0 to 1, how far.
        x: To the person's left: yaw of a look away from the line to the partner or of a gesture's direction from
            straight ahead (rad), roll of a tilt (rad, to the left), sideways part of a shift (m), valence of a mood.
        y: Down: pitch of the same (rad); forward part of a shift or lean (m); arousal of a mood.
        cycles: How often a nod goes down and up, or a shake from side to side; beats of a gesture.
        apex: Times (s) of the gesture's strokes.
        hand: Which hand makes the gesture.
    """

    kind: str
    start: float
    end: float
    label: str = ""
    strength: float = 1.0
    x: float = 0.0
    y: float = 0.0
    cycles: int = 1
    apex: tuple[float, ...] = ()
    hand: str = ""

    def __post_init__(self) -> None:
        """Validates."""
        where = f"a {self.kind} at {self.start:g} s" if isinstance(self.start, float | int) else f"a {self.kind}"
        if self.kind not in KINDS:
            raise InputError(f"there is no event {self.kind!r}; there are {', '.join(KINDS)}")
        if self.label not in KINDS[self.kind]:
            raise InputError(f"{where} cannot be {self.label!r}; it is one of {', '.join(KINDS[self.kind])}")
        numbers = (self.start, self.end, self.strength, self.x, self.y, *self.apex)
        if not all(math.isfinite(number) for number in numbers):
            raise InputError(f"{where} has a number that is not finite")
        if not 0 <= self.start <= self.end:
            raise InputError(f"{where} runs from {self.start:g} to {self.end:g} s; 0 <= start <= end is needed")
        if not 0 <= self.strength <= STRONGEST:
            raise InputError(f"{where} has a strength of {self.strength:g}; 0 to {STRONGEST:g} is possible")
        if not 1 <= self.cycles <= 20:
            raise InputError(f"{where} has {told(self.cycles)} cycles; 1 to 20 are possible")
        if self.hand not in (("",) if self.kind != "gesture" else (*HANDS, "")):
            raise InputError(f"{where} is made with the hand {self.hand!r}; it is one of {', '.join(HANDS)}")
        if not all(self.start <= time <= self.end for time in self.apex):
            raise InputError(f"{where} has a stroke at {', '.join(f'{t:g}' for t in self.apex)} s, outside its time")
        for name, value, limit in beyond(self.kind, self.label, self.hand, vars(self)):
            raise InputError(f"{where} has {name} {told(value)}; {limit} is possible")

    @property
    def details(self) -> dict[str, Any]:
        """Whatever of strength, direction, cycles, strokes and hand is not as usual, as plain values."""
        given = {name: getattr(self, name) for name in _USUAL}
        given["apex"] = list(self.apex)
        return {name: value for name, value in given.items() if value != _USUAL[name]}

    @property
    def length(self) -> float:
        """Seconds."""
        return self.end - self.start

    def until(self, end: float) -> Event:
        """The same, over by then: what goes to and fro does so fewer times, not faster."""
        if end >= self.end:
            return self
        share = max(0.0, end - self.start) / max(self.length, 1e-9)
        cycles = self.cycles if self.apex else max(1, int(self.cycles * share))
        return replace(self, end=max(self.start, end), cycles=cycles)


_USUAL: Mapping[str, Any] = MappingProxyType({"strength": 1.0, "x": 0.0, "y": 0.0, "cycles": 1, "apex": [], "hand": ""})


def told(value: float) -> str:
    """A number of any size as a message can say it."""
    try:
        return f"{value:g}"
    except OverflowError:
        return "a number of hundreds of digits"


def event_of(kind: str, interval: Interval) -> Event:
    """An interval as an event; labels that the kind does not have become its first, details of other names are left.

    Sizes that nobody could do, as in corpora of others, are brought to the limit.

    Raises:
        InputError: A detail is impossible.
    """
    labels = KINDS[kind]
    details = {name: value for name, value in interval.details.items() if name in _USUAL}
    try:
        details["apex"] = tuple(float(time) for time in details.get("apex", ()))
        label = interval.label if interval.label in labels else labels[0]
        details = possible(kind, label, details, str(details.get("hand", "")))
        return Event(kind, interval.start, interval.end, label, **details)
    except (TypeError, ValueError):
        raise InputError(f"the details of a {kind} at {interval.start:g} s are no numbers") from None
