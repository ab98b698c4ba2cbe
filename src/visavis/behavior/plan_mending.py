"""What is made of an edited plan that nobody could perform as it is, and what is said about it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from visavis.behavior.events import Event, told
from visavis.behavior.limits import NUMBERS, Limit, beyond, limits_of, most_cycles

ALONE = frozenset({"blink", "nod", "shake", "tilt", "look", "gesture"})
"""Kinds of which a person does one at a time: where two overlap, the first is cut short or the second left out. Of
smiles, laughs and brows at the same time the strongest counts, moods blend, and shifts of posture add up to where the
body gives way (`visavis.behavior.performing.giving_way`)."""
LINES = 3
"""Values of a kind that are told one by one; more are told in one line."""

_USUAL = MappingProxyType({"strength": 1, "x": 0, "y": 0, "cycles": 1})


@dataclass(frozen=True)
class Change:
    """A value that is performed as another one.

    Attributes:
        kind: Of the event, with its label where limits depend on it.
        where: Which event.
        what: Which value, what becomes of it and why.
    """

    kind: str
    where: str
    what: str


def brought_within(where: str, kind: str, label: str, values: Mapping[str, Any]) -> tuple[dict[str, Any], list[Change]]:
    """An event's values with those brought to the limit that nobody could do, and what was changed.

    Args:
        where: Which event, for the notes.
        kind: Of `visavis.behavior.events.KINDS`.
        label: Of the kind's.
        values: By field; numbers.
    """
    done, changes = dict(values), []
    hand = str(values.get("hand", ""))
    name = f"{kind} {label}".strip() if kind in ("look", "gesture") else kind

    def change(field: str, value: float, instead: float, why: str) -> None:
        done[field] = instead
        changes.append(Change(kind, where, f"{field} {told(value)} becomes {told(instead)} ({why})"))

    for field, value, limit in beyond(kind, label, hand, values):
        if field != "cycles":
            change(field, value, limit.nearest(value), f"{name}: {limit}")
    counting = limits_of(kind, label, hand)
    for field in NUMBERS:
        if field in values and field not in counting and values[field] != _USUAL[field]:
            change(field, values[field], _USUAL[field], f"it does not count in {_some(name)}")
    if "cycles" in counting and "cycles" in values:
        whole, why = _whole_cycles(name, kind, label, values, counting["cycles"])
        if whole != values["cycles"]:
            change("cycles", values["cycles"], whole, why)
    if "cycles" in done:
        done["cycles"] = int(done["cycles"])
    return done, changes


def _whole_cycles(name: str, kind: str, label: str, values: Mapping[str, Any], limit: Limit) -> tuple[int, str]:
    """How many cycles are made, and why no others."""
    near = limit.nearest(values["cycles"])
    cycles, why = round(near), "whole numbers only" if near == values["cycles"] else f"{name}: {limit}"
    seconds = values["end"] - values["start"]
    if not values.get("apex") and cycles > (most := most_cycles(kind, label, seconds)):
        return most, f"there is no time for more in {seconds:g} s"
    return cycles, why


def told_changes(file: str, changes: Sequence[Change]) -> list[str]:
    """A line for each change, or, where a kind has many, one for all of them."""
    by_kind: defaultdict[str, list[Change]] = defaultdict(list)
    for change in changes:
        by_kind[change.kind].append(change)
    lines = []
    for kind, those in by_kind.items():
        if len(those) <= LINES:
            lines += [f"{file}: {change.where}: {change.what}" for change in those]
        else:
            first = f"the first is {those[0].where}: {those[0].what}"
            lines.append(f"{file}: {len(those):,} values of {_some(kind)} are brought to what is possible; {first}")
    return lines


def mended(letter: str, events: Sequence[Event], duration: float, notes: list[str]) -> tuple[Event, ...]:
    """What can be done: within the conversation, one at a time of those kinds of which one does only one.

    Args:
        letter: Whose events they are.
        events: In any order.
        duration: Seconds of the conversation.
        notes: A line for each kind of repair is added.
    """
    kept: list[Event] = []
    last: dict[str, int] = {}
    late = cut = dropped = 0
    for event in sorted(events, key=lambda e: e.start):
        if event.start >= duration or any(t > duration for t in event.apex):
            late += 1
            continue
        if event.end > duration:
            event = event.until(duration)
            cut += 1
        if event.kind in ALONE and event.kind in last:
            before = kept[last[event.kind]]
            if event.start < before.end:
                reach = max(before.apex, default=before.start)
                if event.start <= max(reach, before.start + 0.04):
                    dropped += 1
                    continue
                kept[last[event.kind]] = before.until(event.start)
                cut += 1
        last[event.kind] = len(kept)
        kept.append(event)
    for count, what in (
        (late, f"after the end ({duration:.2f} s) and left out"),
        (cut, "cut where the next one of its kind or the end comes"),
        (dropped, "left out, since another of its kind had just begun"),
    ):
        if count:
            notes.append(f"plan: {count} event{'s' * (count != 1)} of {letter}: {what}")
    return tuple(kept)


def _some(kind: str) -> str:
    return {"look partner": "looks at the partner", "look away": "looks away", "brow": "brows"}.get(kind, f"{kind}s")
