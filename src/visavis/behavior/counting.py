"""Counts of what people did, in the same way for real and for drawn events."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from visavis.behavior.context import Person
from visavis.behavior.cues import STATES, state_codes
from visavis.behavior.curves import FPS, Array
from visavis.behavior.events import Event
from visavis.behavior.observed import Mask, Observed
from visavis.behavior.rates import KINDS
from visavis.motion.runs import runs

RESPONSE = 2.0
"""Seconds after the talker's phrase in which a nod or an acknowledgement counts as an answer to it."""
PHRASE = 1.0
"""Seconds that such a phrase lasts at least."""
NEAR = 0.5
"""Seconds around one's acknowledgement in which a nod comes with it."""


@dataclass
class Counts:
    """Sums over people.

    Attributes:
        minutes: For which each kind was annotated in each of `STATES` (4,), by kind.
        events: How many began (4,), by kind.
        looked: Frames at the partner, and frames for which that is known, in each state (2, 4).
        looks: Lengths (s) of looks at the partner that began in each state.
        delays: Seconds from the ends of the talker's phrases to the first nod or acknowledgement.
        chances: Ends of phrases that could be answered.
        acknowledged: Own acknowledgements, and how many of them came with a nod.
    """

    minutes: dict[str, Array] = field(default_factory=lambda: {kind: np.zeros(4) for kind in KINDS})
    events: dict[str, Array] = field(default_factory=lambda: {kind: np.zeros(4) for kind in KINDS})
    looked: Array = field(default_factory=lambda: np.zeros((2, 4)))
    looks: list[list[float]] = field(default_factory=lambda: [[] for _ in STATES])
    delays: list[float] = field(default_factory=list)
    chances: int = 0
    acknowledged: list[int] = field(default_factory=lambda: [0, 0])

    def per_minute(self, *kinds: str) -> Array:
        """Rate in each state (4,)."""
        happened = np.sum([self.events[kind] for kind in kinds], 0)
        rate: Array = happened / np.maximum(1e-9, self.minutes[kinds[0]])
        return rate

    def overall(self, *kinds: str) -> float:
        """Rate over all states."""
        happened = sum(float(self.events[kind].sum()) for kind in kinds)
        return happened / max(1e-9, float(self.minutes[kinds[0]].sum()))

    @property
    def gaze_share(self) -> Array:
        """Share of the time at the partner in each state (4,)."""
        share: Array = self.looked[0] / np.maximum(1, self.looked[1])
        return share

    def median_look(self, *states: str) -> float:
        """Seconds at the partner, of looks that begin in some states; all unless given."""
        lengths = [x for state in states or STATES for x in self.looks[STATES.index(state)]]
        return float(np.median(lengths)) if lengths else float("nan")


def count_observed(people: Iterable[Observed]) -> Counts:
    """What real people did."""
    counts = Counts()
    for seen in people:
        codes = state_codes(seen.me, seen.other)
        for kind, mask in seen.mine.seen.items():
            _count(counts, kind, seen.mine.spans[kind][:, 0], mask, codes)
        if "look.away" in seen.mine.seen:
            _count_looks(counts, seen.mine.at_partner, seen.mine.seen["look.away"], codes)
        if "nod.concord" in seen.mine.seen:
            nods = np.sort(np.concatenate([seen.mine.spans[kind][:, 0] for kind in KINDS if kind.startswith("nod")]))
            _count_answers(counts, seen.me, seen.other, nods / FPS, seen.mine.seen["nod.concord"], codes)
    return counts


def count_drawn(drawn: Iterable[tuple[Person, Person, list[Event]]], seen: Iterable[Mapping[str, Mask]]) -> Counts:
    """What drawn people did, in frames in which real ones were seen.

    Args:
        drawn: What is known of each and of the partner, and the events.
        seen: When each kind counts, by kind; all kinds that are not there count everywhere.
    """
    counts = Counts()
    for (me, other, events), masks in zip(drawn, seen, strict=True):
        codes = state_codes(me, other)
        everywhere = np.ones(me.frames, bool)
        for kind in KINDS:
            starts = np.array([round(e.start * FPS) for e in events if f"{e.kind}.{e.label}".strip(".") == kind], int)
            _count(counts, kind, starts, masks.get(kind, everywhere), codes)
        at = np.zeros(me.frames, bool)
        for event in events:
            if event.label == "partner":
                at[round(event.start * FPS) : round(event.end * FPS)] = True
        _count_looks(counts, at, masks.get("look.away", everywhere), codes)
        nods = np.array([event.start for event in events if event.kind == "nod"])
        _count_answers(counts, me, other, nods, masks.get("nod.concord", everywhere), codes)
    return counts


def _count(counts: Counts, kind: str, starts: NDArray[np.int_], seen: Mask, codes: NDArray[np.int_]) -> None:
    starts = starts[(starts < len(seen))]
    starts = starts[seen[starts]]
    counts.minutes[kind] += np.bincount(codes[seen], minlength=len(STATES)) / FPS / 60
    counts.events[kind] += np.bincount(codes[starts], minlength=len(STATES))


def _count_looks(counts: Counts, at: Mask, known: Mask, codes: NDArray[np.int_]) -> None:
    counts.looked[0] += np.bincount(codes[at & known], minlength=len(STATES))
    counts.looked[1] += np.bincount(codes[known], minlength=len(STATES))
    for start, stop in runs(at & known):
        counts.looks[codes[start]].append((stop - start) / FPS)


def _count_answers(counts: Counts, me: Person, other: Person, nods: Array, seen: Mask, codes: NDArray[np.int_]) -> None:
    """First nods or acknowledgements after phrases to which the person listens, and nods with own acknowledgements."""
    said = np.array([phrase.start for phrase in me.phrases if phrase.backchannel])
    answers = np.sort(np.concatenate([nods, said]))
    listening = STATES.index("listening")
    for phrase in other.phrases:
        before = round(phrase.end * FPS) - 2
        if phrase.end - phrase.start < PHRASE or not 0 <= before < len(seen):
            continue
        if seen[before] and codes[before] == listening:
            counts.chances += 1
            first = answers[(answers >= phrase.end) & (answers < phrase.end + RESPONSE)]
            counts.delays += [float(first[0] - phrase.end)] if len(first) else []
    for phrase in me.phrases:
        at = round(phrase.start * FPS)
        if phrase.backchannel and at < len(seen) and seen[at]:
            near = (nods > phrase.start - NEAR) & (nods < phrase.end + NEAR)
            counts.acknowledged[0] += 1
            counts.acknowledged[1] += bool(near.any())
