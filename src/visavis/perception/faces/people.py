"""Selects the two people of a video among all visible faces."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from visavis.perception.faces.following import QUALITY, WIDTH, Tracklet
from visavis.perception.faces.identity import identify

_ANOTHER = 0.05
"""Share of the frames with faces from which a third person is worth a note."""


@dataclass(frozen=True)
class Person:
    """One person's face over a whole video.

    Attributes:
        seen: (T,) whether the face was seen.
        shots: (T,) number of the shot in which it was; -1 elsewhere.
        values: float32 (T, 67), columns as in `Tracklet.values`; zeros where it was not seen.
    """

    seen: NDArray[np.bool_]
    shots: NDArray[np.intp]
    values: NDArray[np.float32]


def two_people(tracklets: Sequence[Tracklet], frames: int) -> tuple[list[Person], list[str]]:
    """Up to two people, those who are seen most, and what the user should know.

    The first is who is on the left of the picture where both are first seen; where they never are, who is seen first.
    """
    labels = identify(tracklets)
    people = [
        _person([t for t, label in zip(tracklets, labels, strict=True) if label == number], frames)
        for number in range(min(2, int(labels.max(initial=-1)) + 1))
    ]
    notes = []
    seconds = np.bincount(labels, [len(t.frames) for t in tracklets])
    if not people:
        notes.append("no face is visible; there is no motion")
    elif len(people) == 1:
        notes.append("only one person's face is visible; the other has no motion")
    others = int((seconds[2:] > _ANOTHER * seconds.sum()).sum())
    if others:
        notes.append(f"{2 + others} people's faces are visible; the two visible longest are used")
    if len(people) == 2:
        both = np.flatnonzero(people[0].seen & people[1].seen)
        if len(both):
            middle = [p.values[both[:25], QUALITY][:, [0, 2]].mean() for p in people]
            swap = middle[1] < middle[0]
        else:
            swap = int(np.argmax(people[1].seen)) < int(np.argmax(people[0].seen))
        if swap:
            people.reverse()
    return people, notes


def _person(tracklets: Sequence[Tracklet], frames: int) -> Person:
    seen = np.zeros(frames, bool)
    shots = np.full(frames, -1, np.intp)
    values = np.zeros((frames, WIDTH), np.float32)
    for tracklet in tracklets:
        inside = tracklet.frames < frames
        where = tracklet.frames[inside]
        seen[where], shots[where], values[where] = True, tracklet.shot, tracklet.values[inside]
    return Person(seen, shots, values)
