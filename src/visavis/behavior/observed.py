"""What real people did, beside what they said: events on frames, as the model of events sees them.

The same conditions hold as when events are drawn: a head signal shorter than `SHORTEST` is none, nothing happens while
the same thing is going on, and only what was annotated counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from visavis.behavior.context import Person, people_of
from visavis.behavior.curves import FPS
from visavis.behavior.rates import HEAD, KINDS
from visavis.conversation import Conversation, Interval, Participant
from visavis.motion.runs import runs

SHORTEST = 0.2
"""Seconds that a head signal lasts at least; shorter ones are no whole movement at the 5 Hz that a head can make."""
GLIMPSE = 2
"""Frames up to which looking elsewhere lies between looks at two people rather than away."""

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Done:
    """What one person did.

    Attributes:
        spans: First frame and frame after the last (N, 2) of the events, by kind of `visavis.behavior.rates.KINDS`;
            of looks, when they begin.
        seen: When each kind was annotated (T,), by kind; a kind that is not there was not annotated.
        free: When, besides, it could have begun.
        at_partner: Whether the person looks at the partner (T,); False where not annotated.
    """

    spans: Mapping[str, NDArray[np.int_]]
    seen: Mapping[str, Mask]
    free: Mapping[str, Mask]
    at_partner: Mask


@dataclass(frozen=True)
class Observed:
    """One person with a partner, both of whom were annotated.

    Attributes:
        session: What belongs together.
        name: Of the person, unique.
        me: What the person said.
        other: What the partner said.
        mine: What the person did.
        theirs: What the partner did.
    """

    session: str
    name: str
    me: Person
    other: Person
    mine: Done
    theirs: Done


def observe(conversation: Conversation) -> Observed:
    """What A did and B did. Laughter is what A and B did, not what is known of their speech."""
    me, other = (replace(person, laughs=()) for person in people_of(conversation))
    mine, theirs = (_done(participant, me.frames) for participant in conversation.participants)
    return Observed(str(conversation.provenance["session"]), conversation.id, me, other, mine, theirs)


def observe_both(conversation: Conversation) -> tuple[Observed, Observed]:
    """Both people's points of view."""
    first, second = observe(conversation), observe(conversation.swapped())
    return replace(first, name=f"{first.name}-A"), replace(second, name=f"{second.name}-B")


def _done(who: Participant, frames: int) -> Done:
    spans = {kind: _spans(_labelled(who, kind), frames) for kind in KINDS}
    spans["posture.shift"] = _spans(_shifts(who.events.get("posture", ())), frames)
    seen: dict[str, Mask] = {}
    for name, kinds in (("head_seen", HEAD), ("posture_seen", ("posture.shift",))):
        mask = _inside(_spans(who.events.get(name, ()), frames), frames)
        seen |= dict.fromkeys(kinds, mask) if mask.any() else {}
    for kind, name in (("laugh", "heard_laugh"), ("smile", "smile")):
        seen |= {kind: np.ones(frames, bool)} if name in who.events else {}
    heads = _inside(np.concatenate([spans[kind] for kind in HEAD]), frames)
    free = {kind: mask & ~(heads if kind in HEAD else _inside(spans[kind], frames)) for kind, mask in seen.items()}
    at_partner, looks = _looks(who, frames)
    return Done(spans | looks.spans, seen | looks.seen, free | looks.free, at_partner)


def _labelled(who: Participant, kind: str) -> list[Interval]:
    name, _, label = kind.partition(".")
    found = [i for i in who.events.get("heard_laugh" if name == "laugh" else name, ()) if not label or i.label == label]
    # Laughs without a length were not aligned: AMI has them at the end of the word before.
    least = SHORTEST - 1e-3 if kind in HEAD else 1e-3 if kind == "laugh" else 0.0
    return [i for i in found if i.end - i.start >= least]


def _shifts(postures: tuple[Interval, ...]) -> list[Interval]:
    """Where a person leaves one posture for another, on camera."""
    changes = [b for a, b in pairwise(postures) if b.start - a.end < 0.05 and a.label != b.label]
    return [Interval("shift", posture.start, posture.start + 1.0) for posture in changes]


@dataclass(frozen=True)
class _Looks:
    spans: dict[str, NDArray[np.int_]]
    seen: dict[str, Mask]
    free: dict[str, Mask]


def _looks(who: Participant, frames: int) -> tuple[Mask, _Looks]:
    """Whether a person looks at the partner, when that changes, and when it could."""
    at, known = np.zeros(frames, bool), np.zeros(frames, bool)
    track = who.tracks.get("gaze_target")
    if track is None:
        return at, _Looks({}, {}, {})
    index = np.round(np.arange(frames) / FPS * track.fps).astype(int)
    inside = index < len(track.values)
    at[inside] = track.values[index[inside], 0] > 0.5
    known[inside] = True if track.valid is None else track.valid[index[inside]]
    at &= known
    before = np.r_[False, known[:-1]] & known
    was_at = np.r_[False, at[:-1]] & before
    left, back = was_at & ~at, before & at & ~np.r_[False, at[:-1]]
    free_to_return = before & ~was_at
    for a, b in runs(known & ~at):
        if b - a <= GLIMPSE:
            back[b : b + 1] = False
            free_to_return[a + 1 : b + 1] = False
    when = {"look.away": left, "look.partner": back}
    spans = {kind: np.repeat(np.flatnonzero(mask)[:, None], 2, 1) for kind, mask in when.items()}
    free = {"look.away": was_at, "look.partner": free_to_return}
    return at, _Looks(spans, dict.fromkeys(free, known), free)


def _spans(intervals: list[Interval] | tuple[Interval, ...], frames: int) -> NDArray[np.int_]:
    """First frame, and frame after the last but at least one later, (N, 2)."""
    edges = np.array([(i.start, i.end) for i in intervals], float).reshape(-1, 2)
    rows = np.ceil(edges * FPS - 1e-6).astype(int)
    rows[:, 1] = np.maximum(rows[:, 1], rows[:, 0] + 1)
    return rows[rows[:, 0] < frames]


def _inside(spans: NDArray[np.int_], frames: int) -> Mask:
    """Frames within any of the spans but for their first, in which the event began."""
    inside = np.zeros(frames, bool)
    for first, stop in spans:
        inside[first + 1 : stop] = True
    return inside
