"""What a classifier tells apart, and what it cannot."""

import numpy as np
import pytest

from visavis.errors import InputError
from visavis.evaluation.two_sample import ranks, stretches, tell_apart


def people(count: int, shift: float, seed: int) -> list[list[np.ndarray]]:
    rng = np.random.default_rng(seed)
    return [[rng.normal(shift, 1.0, (20, 4))] for _ in range(count)]


def test_the_same_kind_cannot_be_told_apart():
    told = tell_apart(people(12, 0.0, 1), people(12, 0.0, 2))
    assert told.auc[0] == pytest.approx(0.5, abs=0.1)
    assert told.auc[1] < 0.5 < told.auc[2]
    assert told.stretches == (240, 240)


def test_another_kind_can():
    told = tell_apart(people(12, 0.0, 1), people(8, 1.5, 2))
    assert told.auc[0] > 0.95
    assert told.accuracy[0] > 0.85


def test_a_recording_is_not_recognised_by_another_of_its_stretches():
    rng = np.random.default_rng(3)
    # Each group has its own place: whoever saw a part of it could tell the rest.
    kinds = [[[rng.normal(0, 3, 6) + 0.01 * rng.normal(size=(20, 6))] for _ in range(12)] for _ in range(2)]
    assert tell_apart(*kinds).auc[0] < 0.8


def test_a_single_recording_is_too_few():
    with pytest.raises(InputError, match="two recordings"):
        tell_apart(people(1, 0.0, 1), people(5, 0.0, 2))


def test_features_of_stretches():
    fps, times = 25.0, np.arange(500) / 25.0
    curves = np.stack([np.sin(2 * np.pi * times), np.full(500, 3.0)], 1)
    found = stretches(curves, fps, 8.0)
    assert found.shape == (2, 11)
    mean, spread, step, own = found[0, :2], found[0, 2:4], found[0, 4:6], found[0, 6:10]
    np.testing.assert_allclose(mean, [0, 3], atol=1e-9)
    np.testing.assert_allclose(spread, [np.sqrt(0.5), 0], atol=1e-3)
    np.testing.assert_allclose(step, [4 / fps, 0], atol=0.01)
    np.testing.assert_allclose(own[1], 1, atol=1e-6)  # a whole period later
    assert abs(own[0]) < 0.2  # a quarter
    assert own[2] == own[3] == found[0, 10] == 0


def test_ranks_forget_the_unit():
    curve = np.random.default_rng(0).gamma(2.0, size=50)
    np.testing.assert_allclose(ranks(curve), ranks(np.log1p(100 * curve)))
    assert 0 < ranks(curve).min() < ranks(curve).max() < 1
