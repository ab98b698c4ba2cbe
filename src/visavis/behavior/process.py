"""Draws what both people do, event by event: an autoregressive stochastic model in which each sees the other.

Marked point processes, stepped together for both people (Truccolo et al. 2005; Hawkes 1971 for events that make others
likelier). At each frame the rate of each kind is what speech makes of it (`visavis.behavior.rates`), times what both
have just done: nothing again so soon, a smile for a smile, a look that has lasted. A rate holds for one frame, in
which the event happens with probability ``1 - exp(-rate / FPS)``.

Drawing is by thinning (Lewis & Shedler 1979): frames in which not even the greatest possible rate would bring an event
are never looked at. Random numbers are consumed in the order of time, so that nothing depends on what comes later.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from visavis.behavior.context import Person
from visavis.behavior.controls import Controls
from visavis.behavior.cues import LOOKAHEAD
from visavis.behavior.curves import FPS, Array
from visavis.behavior.events import Event
from visavis.behavior.gaze_share import solve_shares
from visavis.behavior.marks import draw_mark
from visavis.behavior.people import USUAL, Habits
from visavis.behavior.rates import (
    HEAD,
    KINDS,
    LONG_LOOK,
    MUTUAL,
    OWN_EDGES,
    PARTNER_EDGES,
    Rate,
    learnt_rates,
    rates_over_time,
)

SMILES_BEFORE_LAUGH = 0.3
"""Seconds by which a smile begins before one's laugh is heard; within `LOOKAHEAD`."""
SMILE_AFTER_LAUGH = 1.2
"""Seconds for which it stays."""
SHORTEST_LOOK = 0.2
"""Seconds that a look lasts at least, about the shortest fixation that sees anything (Rayner 1998, "Eye movements in
reading and information processing", Psychol. Bull. 124)."""
BLINDLY = 0.6
"""Probability of looking at the partner when the conversation begins."""
SHORTEST_SMILE = 0.6
"""Seconds in which a smile can come and go."""
LAUGHING = 0.6
"""Least strength of such a smile."""
VALENCE, SADNESS = 0.9, 5.0
"""On the logarithm of the rates of smiles and laughter, per unit of valence above and below 0; whoever is displeased
smiles seldom (Ekman & Friesen 1982, "Felt, false, and miserable smiles"). The numbers are ours."""
SPARED = 0.1
"""Displeasure of the other that does not matter; what is beyond keeps people from smiling as their own does."""
SOURED = 0.25
"""Displeasure, one's own or the other's, at which a smile ends unless one laughs."""
SOBERS = 4.0
"""Seconds in which displeasure falls to a third once the words are said, as far as smiles go; the number is ours."""
DENIES = 1.5
"""On the logarithm of the rate of shakes, per unit of valence below 0; the number is ours."""
COMPLAINS = 3.0
"""On the logarithm of the rate of nods of agreement while speaking, per unit of valence below 0, taken away; whoever
listens to sad news nods as usual. The number is ours."""

_LONG_AGO = -1e3
_AWAY, _PARTNER = KINDS.index("look.away"), KINDS.index("look.partner")
_SMILE, _LAUGH = KINDS.index("smile"), KINDS.index("laugh")
_CONCORD, _SHAKE = KINDS.index("nod.concord"), KINDS.index("shake.discord")
_HEADS = frozenset(KINDS.index(kind) for kind in HEAD)


def draw(
    people: tuple[Person, Person],
    rng: np.random.Generator,
    habits: tuple[Habits, Habits] = (USUAL, USUAL),
    controls: tuple[Controls, Controls] = (Controls(), Controls()),
    moods: tuple[Array, Array] | None = None,
    rates: Mapping[str, Rate] | None = None,
    given: tuple[Sequence[Event] | None, Sequence[Event] | None] = (None, None),
) -> tuple[list[Event], list[Event]]:
    """Head signals, looks, smiles, laughs, raised brows and shifts of posture of both people, in order of time.

    Looks cover the whole conversation. Where the sound is known, people laugh when they are heard to and at no other
    time; where it is not, laughs are drawn, too.

    Args:
        people: What is known of both.
        rng: Source of randomness.
        habits: Of both.
        controls: What is asked of both. A share of gaze is brought about over the whole conversation.
        moods: Valence of both (T,), -1 to 1, besides the emotions that controls ask for; 0 unless given.
        rates: Of `KINDS`; those learnt unless given.
        given: What A and B do where that is known: it comes back as it is, and the other answers it.
    """
    rates = learnt_rates() if rates is None else rates
    marks, chances = rng.spawn(2)
    hazards = [
        rates_over_time(people[i], people[1 - i], rates) * _factors(habits[i], controls[i], people) for i in (0, 1)
    ]
    valence = np.zeros((2, people[0].frames)) if moods is None else np.stack(moods)
    displeased = _lingering(np.maximum(np.maximum(-valence, -valence[::-1] - SPARED), 0.0))
    for person, hazard, own, either in zip(people, hazards, valence, displeased, strict=True):
        hazard[:, [_SMILE, _LAUGH]] *= np.exp(VALENCE * np.maximum(own, 0.0) - SADNESS * either)[:, None]
        hazard[:, _SHAKE] *= np.exp(DENIES * np.maximum(-own, 0.0))
        hazard[:, _CONCORD] *= np.exp(-COMPLAINS * np.maximum(-own, 0.0) * person.speaking)
    wanted = tuple(control.gaze for control in controls)
    if any(share is not None for share in wanted):
        looks = np.stack([hazard[:, [_AWAY, _PARTNER]] for hazard in hazards], 1)
        shifts = solve_shares(looks, (rates["look.away"], rates["look.partner"]), wanted)  # type: ignore[arg-type]
        for hazard, shift in zip(hazards, shifts, strict=True):
            hazard[:, _AWAY] *= np.exp(-shift / 2)
            hazard[:, _PARTNER] *= np.exp(shift / 2)
    loop = _Loop(people, habits, controls, rates, marks, given, displeased > SOURED)
    begin = [chances.random() < (BLINDLY if share is None else share) for share in wanted]
    return loop.run(np.stack(hazards, 1), chances, begin)


@dataclass(frozen=True)
class _Term:
    """What a drawn event does to a rate: the logarithm of a factor by the time since it."""

    whose: int  # 0 own, 1 the partner's
    kind: int
    edges: tuple[float, ...]
    weights: tuple[float, ...]


@dataclass
class _Past:
    """What one person has done so far."""

    began: list[float]
    ended: list[float]
    at_partner: bool


class _Loop:
    """The part that has to go on frame by frame."""

    def __init__(
        self,
        people: tuple[Person, Person],
        habits: tuple[Habits, Habits],
        controls: tuple[Controls, Controls],
        rates: Mapping[str, Rate],
        rng: np.random.Generator,
        given: tuple[Sequence[Event] | None, Sequence[Event] | None],
        soured: NDArray[np.bool_],
    ) -> None:
        self.soured = [np.flatnonzero(frames) / FPS for frames in soured]
        self.given = [None if events is None else _by_frame(events) for events in given]
        self.people, self.habits, self.controls, self.rng = people, habits, controls, rng
        self.rates = [rates[kind] for kind in KINDS]
        self.terms = [[_terms(rate, habit.mirror) for rate in self.rates] for habit in habits]
        self.past = [_Past([_LONG_AGO] * len(KINDS), [_LONG_AGO] * len(KINDS), True) for _ in people]
        self.events: tuple[list[Event], list[Event]] = ([], [])
        self.stop = people[0].frames / FPS

    def run(
        self, hazards: Array, chances: np.random.Generator, begin: Sequence[bool]
    ) -> tuple[list[Event], list[Event]]:
        """All events.

        Args:
            hazards: Events a second (T, 2, K).
            chances: Source of what decides.
            begin: Whether each looks at the partner in the beginning.
        """
        for i, looks in enumerate(begin):
            known = self.given[i]
            if known is not None:
                looks = (0, _AWAY) not in known
                hazards[:, i] = 0.0
            self.past[i].at_partner = looks
            if known is None:
                self._happens(0, i, _PARTNER if looks else _AWAY)
        # Of an exponential variate: an event happens where it is below rate / FPS.
        need = -np.log1p(-chances.random(hazards.shape)) * FPS
        most = np.array([[_largest(*one) for one in zip(self.rates, of, KINDS, strict=True)] for of in self.terms])
        forced = self._heard(len(hazards))
        if any(person.energy.any() or person.laughs for person in self.people):
            hazards[:, :, _LAUGH] = 0.0
        frames, who, kinds = np.nonzero(need < hazards * most)
        at_least = need[frames, who, kinds] / hazards[frames, who, kinds]  # what the factor must exceed
        candidates = dict.fromkeys(forced, 0.0)
        places = zip(frames.tolist(), who.tolist(), kinds.tolist(), strict=True)
        candidates |= dict(zip(places, at_least.tolist(), strict=True))
        at, happened = -1, list[tuple[int, int]]()
        for (t, i, k), least in sorted(candidates.items()):
            if t != at:  # neither person knows yet what the other does in this very frame
                for j, kind in happened:
                    self._happens(at, j, kind)
                at, happened = t, []
            if (t, i, k) in forced:
                happened.append((i, k))
            elif self._free(t / FPS, i, k) and least < self._factor(t / FPS, i, k):
                nods_already = k in _HEADS and any(j == i and other in _HEADS for j, other in happened)
                happened += [] if nods_already else [(i, k)]
        for j, kind in happened:
            self._happens(at, j, kind)
        drawn = [
            _closed(events, self.stop) if known is None else events
            for events, known in zip(self.events, self.given, strict=True)
        ]
        return drawn[0], drawn[1]

    def _heard(self, frames: int) -> set[tuple[int, int, int]]:
        """Laughs that are heard, with the smiles that come with them, and whatever else is known."""
        found = set()
        for i, person in enumerate(self.people):
            known = self.given[i]
            if known is not None:
                found |= {(frame, i, kind) for frame, kind in known if frame < frames}
                continue
            for laugh in person.laughs:
                begins = int(laugh.start * FPS)
                if begins < frames:
                    found.add((begins, i, _LAUGH))
                    found.add((max(0, begins - round(min(LOOKAHEAD, SMILES_BEFORE_LAUGH) * FPS)), i, _SMILE))
        return found

    def _free(self, now: float, i: int, kind: int) -> bool:
        """Whether a person can do something: a head does one thing at a time, and eyes look somewhere else."""
        past = self.past[i]
        if kind in (_AWAY, _PARTNER):
            since = past.began[_PARTNER if past.at_partner else _AWAY]
            return past.at_partner == (kind == _AWAY) and now - since >= SHORTEST_LOOK
        if kind in _HEADS:
            return all(past.ended[other] <= now for other in _HEADS)
        return past.ended[kind] <= now

    def _factor(self, now: float, i: int, kind: int) -> float:
        """What both have done so far makes of a rate."""
        own, partner, rate = self.past[i], self.past[1 - i], self.rates[kind]
        total = 0.0
        for term in self.terms[i][kind]:
            since = now - (partner.began if term.whose else own.ended)[term.kind]
            if 0 <= since < term.edges[-1]:
                total += term.weights[_bin(term.edges, since)]
        if (long := LONG_LOOK.get(KINDS[kind])) and now - own.began[_AWAY if kind == _PARTNER else _PARTNER] >= long[0]:
            total += long[1]
        if partner.at_partner:
            total += rate.looked_at
            if own.at_partner:
                both = now - max(own.began[_PARTNER], partner.began[_PARTNER])
                total += sum(weight for limit, weight in zip(MUTUAL, rate.mutual, strict=True) if both >= limit)
        return math.exp(total)

    def _happens(self, frame: int, i: int, kind: int) -> None:
        start, past = frame / FPS, self.past[i]
        if (known := self.given[i]) is not None:
            event = known[frame, kind]
            past.began[kind], past.ended[kind] = event.start, event.end
            if kind in (_AWAY, _PARTNER):
                past.at_partner = kind == _PARTNER
            self.events[i].append(event)
            return
        speaks = bool(self.people[i].speaking[frame])
        event = draw_mark(self.rng, KINDS[kind], start, self.habits[i], speaks, self.controls[i].size(), self.stop)
        if kind == _LAUGH and (said := [h for h in self.people[i].laughs if int(h.start * FPS) == frame]):
            event = _until(event, min(self.stop, max(said[0].end, start + 0.4)))
        elif kind == _SMILE and (until := self._laughs_until(start, i)) > start:
            event = _until(event, min(self.stop, until + SMILE_AFTER_LAUGH), strength=max(LAUGHING, event.strength))
        elif kind == _SMILE and len(sour := self.soured[i][self.soured[i] >= start]):
            event = replace(event, end=min(event.end, max(sour[0], start + SHORTEST_SMILE)))
        past.began[kind], past.ended[kind] = start, event.end
        if kind in (_AWAY, _PARTNER):
            past.at_partner = kind == _PARTNER
        self.events[i].append(event)
        if kind == _LAUGH and past.ended[_SMILE] < event.end:
            self._happens(frame, i, _SMILE)

    def _laughs_until(self, now: float, i: int) -> float:
        """When the laugh ends that a person is in, or that is about to be heard."""
        heard = [laugh.end for laugh in self.people[i].laughs if 0 <= laugh.start - now < LOOKAHEAD]
        return max([self.past[i].ended[_LAUGH], *heard])


def _by_frame(events: Sequence[Event]) -> dict[tuple[int, int], Event]:
    """Events of `KINDS` by frame and kind; of two in one frame the first."""
    found: dict[tuple[int, int], Event] = {}
    for event in events:
        name = event.kind if event.kind in KINDS else f"{event.kind}.{event.label}"
        if name in KINDS:
            found.setdefault((int(event.start * FPS), KINDS.index(name)), event)
    return found


def _lingering(displeased: Array) -> Array:
    """Displeasure (2, T) that comes at once and goes slowly."""
    times = np.arange(displeased.shape[1]) / FPS / SOBERS
    slow: Array = np.exp(np.maximum.accumulate(np.log(np.maximum(displeased, 1e-9)) + times, axis=1) - times)
    return slow


def _factors(habits: Habits, controls: Controls, people: tuple[Person, Person]) -> Array:
    """On the rate of each kind (K,)."""
    of = {
        "nod": habits.nod_rate, "shake": habits.nod_rate**0.5, "tilt": habits.nod_rate**0.5,
        "brow": habits.expressiveness, "smile": habits.smile_rate, "laugh": habits.smile_rate,
        "posture": habits.sway**0.5, "look.away": habits.aversion**0.5, "look.partner": habits.aversion**-0.5,
    }  # fmt: skip
    return np.array([of.get(kind, of.get(kind.partition(".")[0], 1.0)) * controls.rate(kind) for kind in KINDS])


def _terms(rate: Rate, mirror: float) -> list[_Term]:
    terms = [_Term(0, KINDS.index(kind), OWN_EDGES, tuple(bins)) for kind, bins in rate.own.items()]
    for kind, bins in rate.partner.items():
        # Whoever mirrors more answers more of the partner's events: it is what comes on top that is multiplied.
        more = np.where(bins > 0, np.log1p(mirror * np.expm1(bins)), bins)
        terms.append(_Term(1, KINDS.index(kind), PARTNER_EDGES, tuple(more)))
    return terms


def _largest(rate: Rate, terms: list[_Term], kind: str) -> float:
    """The greatest factor that drawn events can make."""
    total = sum(max(0.0, *term.weights) for term in terms) + max(0.0, rate.looked_at)
    total += LONG_LOOK[kind][1] if kind in LONG_LOOK else 0.0
    return float(np.exp(total + np.maximum(rate.mutual, 0).sum()))


def _bin(edges: tuple[float, ...], since: float) -> int:
    i = 0
    while since >= edges[i + 1]:
        i += 1
    return i


def _until(event: Event, end: float, strength: float | None = None) -> Event:
    strength = event.strength if strength is None else strength
    return replace(event, end=max(event.start, end), strength=strength)


def _closed(events: list[Event], stop: float) -> list[Event]:
    """In order of time; each look lasts until the next."""
    looks = [event for event in events if event.kind == "look"]
    ends = [*(look.start for look in looks[1:]), stop]
    closed = [_until(look, end) for look, end in zip(looks, ends, strict=True)]
    others = [event for event in events if event.kind != "look"]
    return sorted([*others, *closed], key=lambda event: (event.start, event.kind))
