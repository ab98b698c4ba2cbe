"""Cuts are told from movement."""

import numpy as np

from visavis.perception.faces.shots import ShotCuts


def scene(seed: int) -> np.ndarray:
    """A wide picture with blobs of colour."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 255, (6, 24, 3)).astype(np.uint8)
    return np.kron(coarse, np.ones((30, 30, 1), np.uint8))


def test_cuts_are_found_where_they_are_and_nowhere_else():
    rng = np.random.default_rng(0)
    cuts, told, at = {0, 30, 75, 80}, set(), -1
    detector = ShotCuts()
    for number in range(120):
        at += number in cuts
        pan = 2 * (number % 60)
        view = scene(at)[:, pan : pan + 320].astype(int) + rng.integers(-6, 7, (180, 320, 3))
        if detector(np.clip(view, 0, 255).astype(np.uint8)):
            told.add(number)
    assert told - {60} == cuts  # at 60 the pan jumps back, which is as good as a cut
