"""When people gesture while they speak, and with which hand.

None of the recordings shows hands together with words and sound, so rates and shapes follow the literature: strokes
fall on or just before the stressed syllable they go with (McNeill 1992, "Hand and Mind", the phonological synchrony
rule; Loehr 2012: apexes within 0.27 s of a pitch accent, on average 17 ms before), most speakers gesture in every other
clause, mostly with the right hand.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from visavis.behavior.context import Person
from visavis.behavior.curves import FPS
from visavis.behavior.events import Event
from visavis.behavior.words import Cue, plain
from visavis.conversation import Word

SHAPES = {
    "me": ("me", 0.30), "you": ("you", 0.30), "we": ("palm", 0.20), "here": ("there", 0.30), "there": ("there", 0.45),
    "count": ("count", 0.50), "doubt": ("shrug", 0.60), "question": ("palm", 0.50), "emphasis": ("palm", 0.35),
    "no": ("palm", 0.35),
}  # fmt: skip
"""The shape of a gesture that goes with each cue of the words, and the chance that a gesture near it takes it: open
palms ask, deny and stress (Kendon 2004, "Gesture: visible action as utterance")."""
NUMBERS = {"one": 1, "first": 1, "two": 2, "second": 2, "three": 3, "third": 3, "four": 4, "five": 5}
PER_MINUTE = 20.0
"""Gestures a minute of one's own speech, of a person as lively as most; one in eight would run into another and is left
out."""
STROKE_AT = (-0.02, 0.05)
"""Mean and spread (s) of the time from the stressed syllable's peak to the stroke's."""
PREPARES, HOLDS, RETRACTS = (0.35, 0.7), (0.05, 0.6), (0.45, 0.9)
"""Seconds of a gesture's phases (Kita 1993; Kendon 2004): preparation, hold after the last stroke, retraction."""
MOST_BEATS = 4
NEAR = 0.6
"""Seconds between a stressed syllable and words that its gesture goes with."""


def draw_gestures(rng: np.random.Generator, me: Person, liveliness: float) -> list[Event]:
    """Gestures of one person, in order of start.

    Args:
        rng: Where chance comes from.
        me: The person.
        liveliness: Factor on the rate and, less so, on the size.
    """
    accents = [when for when, _ in me.accents]
    seconds = me.frames / FPS
    found: list[Event] = []
    free = 0.0
    left_handed = rng.random() < 0.1
    for phrase in me.phrases:
        if phrase.backchannel or phrase.end - phrase.start < 0.5:
            continue
        inside = accents[bisect_left(accents, phrase.start) : bisect_left(accents, phrase.end)]
        count = rng.poisson(PER_MINUTE / 60 * liveliness * (phrase.end - phrase.start))
        for start in sorted(rng.choice(len(inside), min(count, len(inside)), replace=False)) if inside else ():
            shape, word = _shape(rng, me.cues, inside[start])
            first = word if word is not None else inside[start]
            nearest = min(inside, key=lambda a: abs(a - first))
            first = nearest if abs(nearest - first) < 0.4 else first
            beats = [a for a in inside if a >= first][: 1 + rng.integers(MOST_BEATS)] if shape == "beat" else [first]
            beats = [b for i, b in enumerate(beats) if i == 0 or b - beats[i - 1] < 0.9] or [first]
            apex = tuple(float(b + rng.normal(*STROKE_AT)) for b in beats)
            if apex[0] <= free or not _ordered(apex):
                continue
            gesture = _gesture(rng, shape, apex, left_handed, liveliness, phrase.words)
            if gesture.end < seconds:
                found.append(gesture)
                free = apex[-1] + 0.5
    return found


def _shape(rng: np.random.Generator, cues: Sequence[Cue], accent: float) -> tuple[str, float | None]:
    """What a gesture near an accent looks like, and the time of the words that it goes with."""
    for cue in sorted(cues, key=lambda c: abs(_middle(c) - accent)):
        shape, chance = SHAPES.get(cue.kind, ("", 0.0))
        if abs(_middle(cue) - accent) < NEAR and rng.random() < chance:
            return shape, _middle(cue)
    return ("palm" if rng.random() < 0.3 else "beat"), None


def _middle(cue: Cue) -> float:
    return (cue.start + min(cue.end, cue.start + 1.0)) / 2


def _gesture(
    rng: np.random.Generator,
    shape: str,
    apex: tuple[float, ...],
    left_handed: bool,
    liveliness: float,
    words: tuple[Word, ...],
) -> Event:  # fmt: skip
    both = shape == "shrug" or rng.random() < {"beat": 0.3, "palm": 0.5}.get(shape, 0.0)
    main, other = ("left", "right") if left_handed else ("right", "left")
    hand = "both" if both else main if rng.random() < 0.8 else other
    start = max(0.0, apex[0] - rng.uniform(*PREPARES))
    end = apex[-1] + rng.uniform(*HOLDS) + rng.uniform(*RETRACTS)
    numbers = [NUMBERS[plain(w.text)] for w in words if plain(w.text) in NUMBERS and abs(w.start - apex[0]) < 1.0]
    cycles = numbers[0] if shape == "count" and numbers else len(apex)
    x = float(rng.normal(0.5, 0.2)) * (1 if hand == "left" else -1) if shape == "there" else 0.0
    strength = float(np.clip(liveliness**0.5 * rng.gamma(12.0, 1 / 12.0), 0.4, 1.8))
    return Event("gesture", start, end, shape, strength, x=x, y=0.1 if shape == "there" else 0.0, cycles=cycles,
                 apex=apex, hand=hand)  # fmt: skip


def _ordered(times: tuple[float, ...]) -> bool:
    return all(a < b for a, b in pairwise(times))
