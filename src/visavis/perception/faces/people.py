"""Selects the two people of a video among all visible faces."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from visavis.perception.faces.following import CHANGES, QUALITY, WIDTH, Tracklet
from visavis.perception.faces.identity import identify
from visavis.perception.faces.stillness import moving

_ANOTHER = 0.05
"""Share of the frames with faces from which a third person is worth a note."""
_STILL = 0.1
"""What a frame in which somebody is a still picture counts for when the two are chosen; one with a living face is 1."""


@dataclass(frozen=True)
class Person:
    """One person's face over a whole video.

    Attributes:
        seen: (T,) whether the living face was seen.
        shots: (T,) number of the shot in which it or a picture of it was; -1 elsewhere.
        values: float32 (T, 71), columns as in `Tracklet.values`; zeros where there was neither.
        still: (T,) whether a still picture of the face was seen (see `visavis.perception.faces.stillness`).
    """

    seen: NDArray[np.bool_]
    shots: NDArray[np.intp]
    values: NDArray[np.float32]
    still: NDArray[np.bool_]

    @property
    def shown(self) -> NDArray[np.bool_]:
        """(T,) whether the face was seen, living or not."""
        return self.seen | self.still


def two_people(tracklets: Sequence[Tracklet], frames: int) -> tuple[list[Person], list[str]]:
    """Up to two people, those who are seen most, and what the user should know.

    A living face comes before a poster behind it. The first is who is on the left of the picture where both are first
    seen; where they never are, who is seen first.
    """
    labels = identify(tracklets)
    everybody = [
        sorted(
            (t for t, label in zip(tracklets, labels, strict=True) if label == number), key=lambda t: int(t.frames[0])
        )
        for number in range(int(labels.max(initial=-1)) + 1)
    ]
    lives = [moving(np.concatenate([t.values[:, CHANGES] for t in each])) for each in everybody]
    weights = np.array([live.sum() + _STILL * (~live).sum() for live in lives])
    chosen = np.argsort(-weights, kind="stable")[:2]
    people = [_person(everybody[number], lives[number], frames) for number in chosen]
    notes = []
    if not people:
        notes.append("no face is visible; there is no motion")
    elif len(people) == 1:
        notes.append("only one person's face is visible; the other has no motion")
    seconds = np.array([len(live) for live in lives])
    others = int((np.delete(seconds, chosen) > _ANOTHER * seconds.sum()).sum())
    if others:
        notes.append(f"{2 + others} people's faces are visible; the two who move for longest are used")
    if len(people) == 2:
        both = np.flatnonzero(people[0].shown & people[1].shown)
        if len(both):
            middle = [p.values[both[:25], QUALITY][:, [0, 2]].mean() for p in people]
            swap = middle[1] < middle[0]
        else:
            swap = int(np.argmax(people[1].shown)) < int(np.argmax(people[0].shown))
        if swap:
            people.reverse()
    return people, notes


def _person(tracklets: Sequence[Tracklet], lives: NDArray[np.bool_], frames: int) -> Person:
    """One person from all tracklets in order of time, and whether the face lives in each of their pictures."""
    where = np.concatenate([t.frames for t in tracklets])
    inside = where < frames
    where = where[inside]
    shots = np.full(frames, -1, np.intp)
    shots[where] = np.concatenate([np.full(len(t.frames), t.shot) for t in tracklets])[inside]
    values = np.zeros((frames, WIDTH), np.float32)
    values[where] = np.concatenate([t.values for t in tracklets])[inside]
    seen, still = np.zeros((2, frames), bool)
    seen[where], still[where] = lives[inside], ~lives[inside]
    return Person(seen, shots, values, still)
