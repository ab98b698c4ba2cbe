"""Merges two copies of a conversation, each of which has gained parts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any, TypeVar

from visavis.conversation.conversation import Conversation, Participant

T = TypeVar("T", Conversation, Participant)


def merged(before: Conversation, one: Conversation, other: Conversation) -> Conversation:
    """What `one` and `other`, both made from `before`, have between them.

    A part that is as it was in `before` gives way to one that is not; where both changed the same part, it is as in
    `other`. Tracks, events and provenance are merged by name; notes are kept once each, those of `one` first.

    Raises:
        InputError: The parts do not fit one clock.
    """
    people = zip(before, one, other, strict=True)
    a, b = (_merged(*person) for person in people)
    joined = replace(_merged(before, one, other), participants=(a, b))
    notes = [note for each in (one, other) for note in each.provenance.get("notes", [])]
    if not notes:
        return joined
    return replace(joined, provenance={**joined.provenance, "notes": list(dict.fromkeys(notes))})


def _merged(before: T, one: T, other: T) -> T:
    changed: dict[str, Any] = {}
    for name in (field.name for field in fields(before)):
        was, first, second = (getattr(each, name) for each in (before, one, other))
        if isinstance(was, Mapping):
            changed[name] = {**first, **{key: value for key, value in second.items() if value is not was.get(key)}}
        else:
            changed[name] = first if second is was else second
    return replace(before, **changed)
