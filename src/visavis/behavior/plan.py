"""What both people of a conversation do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from visavis.behavior.events import KINDS, Event
from visavis.conversation import Interval
from visavis.errors import InputError


@dataclass(frozen=True)
class Plan:
    """The events of A and B, each in order of start.

    Attributes:
        duration: Seconds of the conversation.
        people: Of A and of B.
        about: How it was made (plain JSON values).
    """

    duration: float
    people: tuple[tuple[Event, ...], tuple[Event, ...]]
    about: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Orders and validates."""
        ordered = tuple(tuple(sorted(events, key=lambda e: (e.start, e.kind))) for events in self.people)
        object.__setattr__(self, "people", ordered)
        for letter, events in zip("AB", ordered, strict=True):
            for event in events:
                if event.start > self.duration:
                    raise InputError(
                        f"plan: a {event.kind} of {letter} at {event.start:g} s lies after the end, {self.duration:g} s"
                    )

    def of(self, person: int, *kinds: str) -> Iterator[Event]:
        """The events of some kinds, in order of start; all kinds unless given."""
        return (event for event in self.people[person] if not kinds or event.kind in kinds)

    def with_events(self, person: int, events: tuple[Event, ...]) -> Plan:
        """A copy in which one person does something else."""
        people = (events, self.people[1]) if person == 0 else (self.people[0], events)
        return replace(self, people=people)

    def intervals(self, person: int) -> dict[str, tuple[Interval, ...]]:
        """A person's events as a conversation keeps them: by kind, gestures by shape."""
        found: dict[str, list[Interval]] = {kind: [] for kind in KINDS if kind not in ("mood", "gesture")}
        for event in self.people[person]:
            name = event.label if event.kind == "gesture" else event.kind
            if event.kind != "mood":
                found.setdefault(name, []).append(Interval(event.label or name, event.start, event.end))
        return {name: tuple(intervals) for name, intervals in found.items()}
