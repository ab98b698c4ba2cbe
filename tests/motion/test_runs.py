"""Runs of a mask, with and without bridged gaps."""

import numpy as np
import pytest

from visavis.motion.runs import runs


def mask(text: str) -> np.ndarray:
    return np.array([letter == "x" for letter in text], bool)


@pytest.mark.parametrize(
    ("text", "bridge", "found"),
    [
        ("", 0, []),
        ("...", 5, []),
        ("xxx", 0, [[0, 3]]),
        ("xx..x.x", 0, [[0, 2], [4, 5], [6, 7]]),
        (".x.x..x...x.", 1, [[1, 4], [6, 7], [10, 11]]),
        (".x.x..x...x.", 2.9, [[1, 7], [10, 11]]),
        (".x.x..x...x.", 3, [[1, 11]]),
    ],
)
def test_runs(text, bridge, found):
    made = runs(mask(text), bridge=bridge)
    assert made.shape == (len(found), 2)
    assert made.tolist() == found


def test_runs_give_the_mask_back():
    flags = np.random.default_rng(0).random(500) < 0.4
    again = np.zeros(500, bool)
    for start, stop in runs(flags):
        assert not again[max(start - 1, 0) : stop].any()
        again[start:stop] = True
    assert (again == flags).all()
