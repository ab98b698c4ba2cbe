"""Plans as files that people read and edit: JSON, and CSV for spreadsheets."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from visavis.behavior.events import KINDS, Event
from visavis.behavior.limits import NUMBERS
from visavis.behavior.plan import Plan, plan_of
from visavis.behavior.plan_mending import Change, brought_within, mended, told_changes
from visavis.conversation import Conversation
from visavis.errors import InputError
from visavis.files import atomic_write
from visavis.reading import read_json
from visavis.reporter import Update
from visavis.tables import csv_text, decimal, read_table

COLUMNS = ("person", *(field.name for field in fields(Event)))
MOST = 200_000
"""Events of a plan file."""
NEEDED = ("person", "kind", "start", "end")
"""What is needed of each event."""


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
        The plan, and a line for each kind of repair and each value that nobody could do.

    Raises:
        InputError: As of `read_events`.
    """
    people, changes = read_events(path)
    notes = told_changes(path.name, changes)
    a, b = (mended("AB"[i], events, duration, notes) for i, events in enumerate(people))
    if not any(people):
        notes.append(f"{path.name} has no events: nobody does anything but speak")
    elif not (a or b):
        notes.append(f"{path.name}: no event is left: nobody does anything but speak")
    return Plan(duration, (a, b), {"file": path.name}), notes


def read_events(path: Path) -> tuple[tuple[list[Event], list[Event]], list[Change]]:
    """A plan file's events of A and of B within limits, and what was brought to one.

    Needs no recording, so that a bad file is told at once.

    Raises:
        InputError: The file is no plan; the message names the event.
    """
    rows = _csv_rows(path) if path.suffix.lower() == ".csv" else _json_rows(path)
    people: tuple[list[Event], list[Event]] = ([], [])
    changes: list[Change] = []
    for number, row in enumerate(rows, 1):
        if number > MOST:
            raise InputError(f"{path}: not a plan; it has more than {MOST:,} events")
        try:
            person, event, changed = _event(f"event {number}", row)
        except InputError as error:
            raise InputError(f"{path}: event {number}: {error}") from None
        people[person].append(event)
        changes += changed
    return people, changes


def _json_rows(path: Path) -> Iterator[Any]:
    whole = read_json(path)
    rows = whole.get("events") if isinstance(whole, Mapping) else whole
    if not isinstance(rows, list):
        raise InputError(f"{path}: not a plan; a list of up to {MOST:,} events under 'events' is needed")
    return iter(rows)


def _csv_rows(path: Path) -> Iterator[dict[str, str]]:
    """Rows by name of column; a table that does not name its columns could mean anything."""
    table = read_table(path)
    header = [name.lower() for name in table.header]
    if not header:
        raise InputError(f"{path}: is empty; a plan begins with a line that names its columns: {','.join(COLUMNS)}")
    if missing := [name for name in NEEDED if name not in header]:
        raise InputError(
            f"{path}: the first line does not name the column{'s' * (len(missing) != 1)} {', '.join(missing)}; "
            f"a plan begins with a line such as {','.join(COLUMNS)}"
        )
    if twice := {name for name in header if name and header.count(name) > 1}:
        raise InputError(f"{path}: the first line names {', '.join(sorted(twice))} twice")
    for line, cells in table.rows:
        if any(cell.strip() for cell in cells[len(header) :]):
            raise InputError(
                f"{path}, line {line}: has {len(cells)} cells, but the first line names {len(header)} columns; quote "
                "cells that hold the delimiter"
            )
        yield dict(zip(header, cells, strict=False))


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


def _event(where: str, row: Any) -> tuple[int, Event, list[Change]]:
    """Who does what, and what had to be brought to the limit."""
    if not isinstance(row, Mapping):
        raise InputError("not a set of names and values")
    kept = [(str(name).strip().lower(), value) for name, value in row.items() if value not in (None, "")]
    given = dict(kept)
    if len(given) < len(kept):
        raise InputError("a name stands there twice")
    if unknown := sorted(set(given) - set(COLUMNS)):
        raise InputError(f"there is no {', '.join(map(_short, unknown))}; there are {', '.join(COLUMNS)}")
    if missing := [name for name in NEEDED if name not in given]:
        raise InputError(f"{', '.join(missing)} is missing")
    letter = str(given.pop("person")).strip().upper()
    if letter not in ("A", "B"):
        raise InputError(f"person {_short(letter)} is neither A nor B")
    values: dict[str, Any] = {"apex": _times(given.pop("apex", ()))}
    for name, value in given.items():
        if name in ("start", "end", *NUMBERS):
            values[name] = _number(name, value)
        elif isinstance(value, str):
            values[name] = value.strip().lower()
        else:
            raise InputError(f"{name} is {_short(value)}; text is needed")
    kind = values["kind"]
    if kind not in KINDS:
        raise InputError(f"there is no event {_short(kind)}; there are {', '.join(KINDS)}")
    values.setdefault("label", KINDS[kind][0])
    values, changes = brought_within(
        f"{where} ({kind} of {letter} at {values['start']:g} s)", kind, values["label"], values
    )
    return "AB".index(letter), Event(**values), changes


def _times(apex: Any) -> tuple[float, ...]:
    times = apex.split() if isinstance(apex, str) else apex if isinstance(apex, list | tuple) else [apex]
    return tuple(_number("apex", time) for time in times)


def _number(name: str, value: Any) -> float:
    number = decimal(value) if isinstance(value, str) else value
    try:
        if isinstance(number, int | float) and not isinstance(number, bool) and math.isfinite(number):
            return float(number)
    except OverflowError:  # a whole number of hundreds of digits
        pass
    raise InputError(f"{name} is {_short(value)}; a number is needed")


def _short(value: Any) -> str:
    """A value as the file says it, or its beginning."""
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:30]}..."
