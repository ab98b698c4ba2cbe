"""Plans as files that people read and edit: JSON, and CSV for spreadsheets."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any

from visavis.behavior.events import Event
from visavis.behavior.plan import Plan, plan_of
from visavis.conversation import Conversation
from visavis.errors import InputError
from visavis.files import atomic_write
from visavis.reading import read_json
from visavis.reporter import Update
from visavis.tables import csv_text, decimal, read_table

COLUMNS = ("person", *(field.name for field in fields(Event)))
MOST = 200_000
"""Events of a plan file."""
ALONE = frozenset({"blink", "nod", "shake", "look", "gesture"})
"""Kinds of which a person does one at a time: where two overlap, the first is cut short or the second left out."""


def write_plan(plan: Plan, path: Path) -> None:
    """Writes a plan, as CSV where the file's name says so, otherwise as JSON."""
    rows = [_row("AB"[i], event) for i, events in enumerate(plan.people) for event in events]
    if path.suffix.lower() == ".csv":
        cells = (
            [" ".join(map(str, v)) if isinstance(v := row.get(c, ""), list) else v for c in COLUMNS] for row in rows
        )
        text = csv_text(COLUMNS, cells)
    else:
        lines = ",\n".join(f"  {json.dumps(row)}" for row in rows)
        head = f'{{"duration": {plan.duration:g}, "about": {json.dumps(dict(plan.about))}, "events": ['
        text = f"{head}\n{lines}\n]}}\n"
    with atomic_write(path) as part:
        part.write_text(text, encoding="utf-8")


def write_plan_of(conversation: Conversation, paths: Sequence[Path], _update: Update) -> list[str]:
    """Writes the events of a conversation; see `visavis.formats.registry.Format.write`."""
    write_plan(plan_of(conversation), paths[0])
    return []


def read_plan(path: Path, duration: float) -> tuple[Plan, list[str]]:
    """Reads a plan that may have been edited, and mends what cannot be done.

    Args:
        path: JSON or CSV as `write_plan` writes it; of each event only ``person``, ``kind``, ``start`` and ``end`` are
            needed.
        duration: Seconds of the conversation it shall be performed in; what lies after is left out.

    Returns:
        The plan, and a line for each kind of repair.

    Raises:
        InputError: As of `read_events`.
    """
    notes: list[str] = []
    a, b = (_mended("AB"[i], events, duration, notes) for i, events in enumerate(read_events(path)))
    return Plan(duration, (a, b), {"file": path.name}), notes


def read_events(path: Path) -> tuple[list[Event], list[Event]]:
    """A plan file's events of A and of B as they stand; needs no recording, so that a bad file is told at once.

    Raises:
        InputError: The file is no plan; the message names the event.
    """
    if path.suffix.lower() == ".csv":
        table = read_table(path)
        rows: Any = [dict(zip(table.header, cells, strict=False)) for _, cells in table.rows]
    else:
        whole = read_json(path)
        rows = whole.get("events") if isinstance(whole, Mapping) else whole
    if not isinstance(rows, list) or len(rows) > MOST:
        raise InputError(f"{path}: not a plan; a list of up to {MOST:,} events under 'events' is needed")
    people: tuple[list[Event], list[Event]] = ([], [])
    for number, row in enumerate(rows, 1):
        try:
            person, event = _event(row)
        except (InputError, OverflowError) as error:
            raise InputError(f"{path}: event {number}: {error}") from None
        people[person].append(event)
    return people


def _row(person: str, event: Event) -> dict[str, Any]:
    """An event's values that are not as usual, rounded to what can be seen."""
    plain = Event(event.kind, event.start, event.end, event.label)
    row: dict[str, Any] = {"person": person, "kind": event.kind}
    for name, value in asdict(event).items():
        if name in ("start", "end", "label") or value != getattr(plain, name):
            row[name] = round(value, 4) if isinstance(value, float) else value
    row["start"], row["end"] = round(event.start, 3), round(event.end, 3)
    if event.apex:
        row["apex"] = [round(t, 3) for t in event.apex]
        row["start"], row["end"] = min(row["start"], *row["apex"]), max(row["end"], *row["apex"])
    return row


def _cell(value: Any) -> Any:
    return " ".join(map(str, value)) if isinstance(value, list) else value


def _event(row: Any) -> tuple[int, Event]:
    if not isinstance(row, Mapping):
        raise InputError("not a set of names and values")
    given = {str(k).strip(): v for k, v in row.items() if v not in (None, "")}
    unknown = set(given) - set(COLUMNS)
    if unknown:
        raise InputError(f"there is no {', '.join(sorted(unknown))}; there are {', '.join(COLUMNS)}")
    if missing := [name for name in ("person", "kind", "start", "end") if name not in given]:
        raise InputError(f"{', '.join(missing)} is missing")
    person = str(given.pop("person")).strip().upper()
    if person not in ("A", "B"):
        raise InputError(f"person {person!r} is neither A nor B")
    apex = given.pop("apex", ())
    times = apex.split() if isinstance(apex, str) else apex if isinstance(apex, list | tuple) else [apex]
    values: dict[str, Any] = {"apex": tuple(_number("apex", time) for time in times)}
    for name, value in given.items():
        if name in ("start", "end", "strength", "x", "y"):
            values[name] = _number(name, value)
        elif name == "cycles":
            values[name] = round(_number(name, value))
        elif isinstance(value, str):
            values[name] = value.strip()
        else:
            raise InputError(f"{name} is {value!r}; text is needed")
    return "AB".index(person), Event(**values)


def _number(name: str, value: Any) -> float:
    number = decimal(value) if isinstance(value, str) else value
    if isinstance(number, bool) or not isinstance(number, int | float) or not math.isfinite(number):
        raise InputError(f"{name} is {value!r}; a number is needed")
    return float(number)


def _mended(letter: str, events: Iterable[Event], duration: float, notes: list[str]) -> tuple[Event, ...]:
    """What can be done: within the conversation, one at a time of those kinds of which one does only one."""
    kept: list[Event] = []
    last: dict[str, int] = {}
    late = cut = dropped = 0
    for event in sorted(events, key=lambda e: e.start):
        if event.start >= duration or any(t > duration for t in event.apex):
            late += 1
            continue
        if event.end > duration:
            event = replace(event, end=duration)
            cut += 1
        if event.kind in ALONE and event.kind in last:
            before = kept[last[event.kind]]
            if event.start < before.end:
                reach = max(before.apex, default=before.start)
                if event.start <= max(reach, before.start + 0.04):
                    dropped += 1
                    continue
                kept[last[event.kind]] = replace(before, end=event.start)
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
