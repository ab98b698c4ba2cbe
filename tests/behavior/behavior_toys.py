"""People for tests of behaviour, made of nothing but when they speak."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from visavis.behavior.context import Person, Phrase
from visavis.behavior.cues import STATES
from visavis.behavior.curves import FPS
from visavis.behavior.rates import KINDS, Rate, rate_of
from visavis.conversation import Interval


def speaker(
    seconds: float,
    spans: Sequence[tuple[float, float]] = (),
    backchannels: Sequence[tuple[float, float]] = (),
    laughs: Sequence[tuple[float, float]] = (),
    accents: Sequence[float] = (),
) -> Person:
    """Somebody who speaks, without words."""
    frames = round(seconds * FPS)
    phrases = [Phrase(*span) for span in spans] + [Phrase(*span, backchannel=True) for span in backchannels]
    ordered = tuple(sorted(phrases, key=lambda phrase: phrase.start))
    heard = tuple(Interval("laugh", *laugh) for laugh in laughs)
    silent = np.zeros(frames)
    return Person(frames, ordered, (), heard, silent, silent, tuple((time, 1.0) for time in accents))


def alternating(seconds: float, turn: float = 6.0) -> tuple[Person, Person]:
    """Two who take turns of phrases of two seconds with half a second between them."""
    starts = np.arange(0.5, seconds - turn, 2 * turn)
    mine = [(float(s + k), float(s + k + 2.0)) for s in starts for k in np.arange(0, turn - 2, 2.5)]
    theirs = [(a + turn, b + turn) for a, b in mine if b + turn < seconds]
    return speaker(seconds, mine), speaker(seconds, theirs)


def rates(**per_kind: Mapping[str, Any] | float) -> dict[str, Rate]:
    """Rates of some kinds, ``_`` for the dot in their names; all others never happen."""
    made = {}
    for kind in KINDS:
        given = per_kind.get(kind.replace(".", "_"), 0.0)
        entry = dict(given) if isinstance(given, Mapping) else {"per_minute": given}
        each = entry["per_minute"]
        entry["per_minute"] = each if isinstance(each, Mapping) else dict.fromkeys(STATES, each)
        made[kind] = rate_of(entry)
    return made
