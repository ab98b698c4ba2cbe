"""Smiles, the partner's smile in return, and laughter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from visavis.behavior.curves import FPS, Array, add_bump, bump, frame_times, wander
from visavis.conversation import Interval
from visavis.motion.runs import runs
from visavis.simulation.dyads.face_statistics import AU12_OF_SMILE, RISE, SHORTEST
from visavis.simulation.dyads.parameters import draw, parameters
from visavis.simulation.dyads.person import SimulatedPerson


@dataclass
class Smiling:
    """Smiles and laughter of one person.

    Attributes:
        smile: (T,) 0 to 1.
        laughter: (T,) 0 to 1.
        smiles: When the smile is well above the person's resting face, as `face_statistics` counts it.
        laughs: When.
    """

    smile: Array
    laughter: Array
    smiles: list[Interval]
    laughs: list[Interval]


@dataclass(frozen=True)
class _Smile:
    start: float
    length: float
    height: float


def draw_smiles(rng: np.random.Generator, people: tuple[SimulatedPerson, SimulatedPerson]) -> tuple[Smiling, Smiling]:
    """Smiles of both people.

    Each smiles of their own accord at a rate that rises with valence, more often at the end of their own turn and at
    the beginning of an answer; the partner may return a smile after a lag. Laughter comes with a smile and is often
    shared.
    """
    fitted = parameters()["smiles"]
    frames = people[0].frames
    seconds = frames / FPS
    drawn: list[list[_Smile]] = [[], []]
    laughs: list[list[tuple[float, float]]] = [[], []]
    for i, me in enumerate(people):
        rate = fitted["own_per_minute"] * me.traits.smile_rate
        for start in _times(rng, rate, seconds, me):
            drawn[i].append(_draw(rng, fitted, start, me))
        rate = fitted["laughs_per_minute"] * me.traits.smile_rate
        for start in _times(rng, rate, seconds, me):
            length = draw(rng, fitted["laugh_length"])
            laughs[i].append((start, length))
            if rng.random() < fitted["laugh_shared"]:
                laughs[1 - i].append((start + rng.gamma(2.0, 0.18), length * rng.uniform(0.5, 1.0)))
    for i in (0, 1):  # laughter lifts the face a moment before and lets go late
        for start, length in laughs[i]:
            drawn[i].append(_Smile(max(0.0, start - 0.4), length + 1.6, float(rng.uniform(0.65, 0.95))))
    own = [list(d) for d in drawn]
    for i in (0, 1):
        partner = people[1 - i]
        for smile in own[i]:
            if rng.random() < min(0.95, fitted["mirror_chance"] * partner.traits.mirror):
                lag = rng.gamma(fitted["mirror_lag_shape"], fitted["mirror_lag_scale"])
                height = smile.height * rng.uniform(0.5, 1.0)
                drawn[1 - i].append(_Smile(smile.start + lag, smile.length * rng.uniform(0.6, 1.1), float(height)))
    result = []
    for i, me in enumerate(people):
        curve = np.zeros(frames)
        for smile in drawn[i]:
            attack, release = rng.uniform(0.35, 0.8), rng.uniform(0.6, 1.4)
            add_bump(curve, smile.height, smile.start, smile.start + smile.length, attack, release, largest=True)
        valence = np.clip(me.mood[:, 0], -0.3, 1.0)
        base = fitted["baseline"] * me.traits.expressiveness * np.clip(0.5 + valence, 0.0, 1.4)
        flutter = 0.11 * np.clip(wander(rng, frames, 1.2)[:, 0], -2, 2) * (0.08 + curve)
        curve = np.clip(1 - (1 - curve) * (1 - np.clip(base, 0, 0.5)) + flutter, 0.0, 1.0)
        raised = curve - np.percentile(curve, 10) > RISE / AU12_OF_SMILE
        smiles = [Interval("smile", a, b) for a, b in (runs(raised) / FPS).tolist() if b - a >= SHORTEST]
        laughter = np.zeros(frames)
        heard = [_Smile(s, length, 1.0) for s, length in laughs[i]]
        for laugh in heard:
            add_bump(laughter, 1.0, laugh.start, laugh.start + laugh.length, 0.15, 0.6, largest=True)
        # People do not laugh silently while they talk; a laugh within one's own words stays a smile.
        laughter *= ~me.speaking
        result.append(Smiling(curve, laughter, smiles, _events(heard, seconds, "laugh")))
    return result[0], result[1]


def _times(rng: np.random.Generator, per_minute: float, seconds: float, me: SimulatedPerson) -> list[float]:
    """Times of a Poisson process, thinned by valence and by where in the turn one is."""
    times = frame_times(me.frames)
    valence = np.exp(0.9 * (me.mood[:, 0] - 0.25))
    place = np.full(me.frames, 0.75)
    for turn in me.turns:
        place += 1.2 * bump(times, turn.end - 1.2, turn.end + 1.2, 0.6, 0.6)
        place += 0.5 * bump(times, turn.start - 0.5, turn.start + 1.0, 0.4, 0.6)
    hazard = per_minute / 60 / FPS * valence * place
    return [float(t) for t in times[rng.random(me.frames) < hazard]]


def _draw(rng: np.random.Generator, fitted: dict[str, Any], start: float, me: SimulatedPerson) -> _Smile:
    length = draw(rng, fitted["length"])
    height = draw(rng, fitted["height"]) * me.traits.expressiveness
    return _Smile(start, length, float(np.clip(height, 0.15, 1.0)))


def _events(smiles: list[_Smile], seconds: float, label: str) -> list[Interval]:
    """Joined where they overlap, cut at the conversation's end."""
    spans = sorted((s.start, min(seconds, s.start + s.length)) for s in smiles if s.start < seconds - 0.2)
    joined: list[tuple[float, float]] = []
    for start, end in spans:
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return [Interval(label, a, b) for a, b in joined]
