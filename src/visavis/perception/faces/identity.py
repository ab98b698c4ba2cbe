"""Identity over time: tracklets become people."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from visavis.perception.faces import boxes
from visavis.perception.faces.following import QUALITY, Tracklet

SAME = 0.3
"""Cosine from which two faces may be one person's; OpenCV's threshold for single pictures is 0.36, and the means that
are compared here are steadier."""
MERGE = 0.45
_NEARBY = 0.3
"""What a tracklet gains that appears where a person was last seen, within a second and the same shot."""
_FPS = 25


def identify(tracklets: Sequence[Tracklet], rounds: int = 4) -> NDArray[np.intp]:
    """Gives every tracklet to a person.

    As in VENUS, a new face belongs to whom it resembles most by cosine; here it is compared with all that was seen of
    each person rather than with the last picture alone, faces that appear together are shared out jointly (the
    assignment with the greatest sum), nobody is in two places at once, and whoever resembles no one is new. After a
    first pass in order of time, every tracklet is given away anew, knowing all others, until nothing changes; people
    who turn out alike and are never seen together become one.

    Source: Kim et al., VENUS (2025), Algorithm 1; Kuhn 1955 for the assignment.

    Args:
        tracklets: In any order.
        rounds: Passes after the first one, at most.

    Returns:
        (N,) numbers of people from 0, in order of how long they are seen.
    """
    if not tracklets:
        return np.zeros(0, np.intp)
    state = _Sharing(tracklets)
    labels = np.full(len(tracklets), -1, np.intp)
    for _ in range(1 + rounds):
        before = labels.copy()
        for batch in state.batches:
            labels[batch] = -1
            labels[batch] = state.assign(batch, labels)
        labels = state.merge(labels)
        if np.array_equal(before, labels):
            break
    seconds = np.bincount(labels, [len(t.frames) for t in tracklets])
    rank = np.argsort(np.argsort(-seconds, kind="stable"))
    return rank[labels]


class _Sharing:
    """Everything that does not change while tracklets are shared out."""

    def __init__(self, tracklets: Sequence[Tracklet]) -> None:
        self.tracklets = tracklets
        self.sums = np.stack([t.weights @ t.embeddings for t in tracklets]).astype(np.float64)
        self.first = np.array([t.frames[0] for t in tracklets])
        self.last = np.array([t.frames[-1] for t in tracklets])
        self.shots = np.array([t.shot for t in tracklets])
        order = np.lexsort((self.last, self.first))
        starts = np.flatnonzero(np.diff(self.first[order], prepend=-1))
        self.batches = [batch for batch in np.split(order, starts) if len(batch)]

    def assign(self, batch: NDArray[np.intp], labels: NDArray[np.intp]) -> NDArray[np.intp]:
        """The people of tracklets that begin together, given who the others are."""
        from scipy.optimize import linear_sum_assignment

        people = np.unique(labels[labels >= 0])
        gain = np.full((len(batch), len(people) + len(batch)), -10.0)
        for i, tracklet in enumerate(batch):
            gain[i, len(people) + i] = SAME
            mine = _unit(self.sums[tracklet])
            for j, person in enumerate(people):
                others = np.flatnonzero(labels == person)
                if not self._together(tracklet, others):
                    gain[i, j] = mine @ _unit(self.sums[others].sum(0)) + self._nearby(tracklet, others)
        rows, columns = linear_sum_assignment(gain, maximize=True)
        free = int(labels.max(initial=-1)) + 1
        result = np.zeros(len(batch), np.intp)
        for row, column in zip(rows, columns, strict=True):
            if column < len(people):
                result[row] = people[column]
            else:
                result[row], free = free, free + 1
        return result

    def merge(self, labels: NDArray[np.intp]) -> NDArray[np.intp]:
        """Joins people who are alike and never seen together, the most alike first; numbers without gaps."""
        while True:
            people = np.unique(labels)
            means = np.stack([_unit(self.sums[labels == person].sum(0)) for person in people])
            alike = np.triu(means @ means.T, 1)
            for flat in np.argsort(-alike, axis=None):
                i, j = np.unravel_index(flat, alike.shape)
                if alike[i, j] < MERGE:
                    return np.searchsorted(people, labels)
                one, other = np.flatnonzero(labels == people[i]), np.flatnonzero(labels == people[j])
                if not any(self._together(int(tracklet), one) for tracklet in other):
                    labels = np.where(labels == people[j], people[i], labels)
                    break
            else:
                return np.searchsorted(people, labels)

    def _together(self, tracklet: int, others: NDArray[np.intp]) -> bool:
        """Whether a tracklet is seen at the same time as any of the others."""
        return bool(((self.first[others] <= self.last[tracklet]) & (self.last[others] >= self.first[tracklet])).any())

    def _nearby(self, tracklet: int, others: NDArray[np.intp]) -> float:
        """What speaks for somebody who was just there."""
        gap = self.first[tracklet] - self.last[others]
        just = others[(gap > 0) & (gap <= _FPS) & (self.shots[others] == self.shots[tracklet])]
        if not len(just):
            return 0.0
        before = self.tracklets[just[np.argmax(self.last[just])]].values[-1, QUALITY][:4].astype(np.float64)
        now = self.tracklets[tracklet].values[0, QUALITY][:4].astype(np.float64)
        return _NEARBY * boxes.overlap(before, now)


def _unit(vector: NDArray[np.float64]) -> NDArray[np.float64]:
    return vector / max(float(np.linalg.norm(vector)), 1e-9)
