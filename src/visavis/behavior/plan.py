"""What both people of a conversation do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from visavis.behavior.events import KINDS, Event, event_of
from visavis.conversation import Conversation, Interval
from visavis.errors import InputError, about

TRACK = "performed"
"""Name of the track that a participant keeps a plan's curves in (`visavis.behavior.performing.performer`)."""


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

    def intervals(self, person: int) -> dict[str, tuple[Interval, ...]]:
        """A person's events as a conversation keeps them, by kind."""
        found: dict[str, list[Interval]] = {kind: [] for kind in KINDS}
        for event in self.people[person]:
            found[event.kind].append(Interval(event.label, event.start, event.end, event.details))
        return {kind: tuple(intervals) for kind, intervals in found.items()}


def plan_of(conversation: Conversation) -> Plan:
    """The events of both people that a conversation knows; those of other kinds are left out.

    Raises:
        InputError: One of them is impossible.
    """
    people = []
    for letter, person in zip("AB", conversation.participants, strict=True):
        with about(f"conversation {conversation.id!r}, participant {letter}"):
            known = ((kind, interval) for kind in KINDS for interval in person.events.get(kind, ()))
            people.append(tuple(event_of(kind, interval) for kind, interval in known))
    return Plan(conversation.duration, (people[0], people[1]))


def is_planned(conversation: Conversation) -> bool:
    """Whether anybody in a conversation does what was planned."""
    return any(TRACK in person.tracks for person in conversation)
