"""Paired tests between methods."""

import numpy as np
import pytest
from metric_toys import noise
from scipy import stats

from visavis.errors import InputError
from visavis.evaluation.compare import compare, compare_all, holm
from visavis.evaluation.coupling import Correlation
from visavis.evaluation.errors import L2Distance, MeanSquaredError
from visavis.evaluation.frechet import FrechetDistance
from visavis.motion import EMOCA56, Motion


def two(metric, effects, frames=60, part="jaw"):
    """Two methods whose errors in each conversation are given."""
    methods = metric(part), metric(part)
    for i, pair in enumerate(effects):
        true = noise(i, frames)
        for method, by in zip(methods, pair, strict=True):
            wrong = Motion(true.values + np.float32(by), 25, EMOCA56)
            method.update(wrong, true, conversation=str(i))
    return methods


def test_a_clear_difference_is_found_and_no_difference_is_not():
    rng = np.random.default_rng(0)
    level = rng.uniform(0.2, 0.4, 10)
    clear = compare(*two(MeanSquaredError, [(x, x + 0.1) for x in level]))
    assert clear.difference < 0
    assert clear.high < 0
    assert clear.p == pytest.approx(2 / 2**10)
    same = compare(*two(MeanSquaredError, [tuple(rng.permutation([x, x + 0.01])) for x in level]))
    assert same.p > 0.05


def test_agrees_with_scipys_permutation_test():
    rng = np.random.default_rng(1)
    effects = rng.uniform(0.1, 0.5, (8, 2))
    ours = compare(*two(MeanSquaredError, effects))
    squares = np.square(effects)
    theirs = stats.permutation_test(
        (squares[:, 0], squares[:, 1]), lambda x, y: x.mean() - y.mean(), permutation_type="samples", n_resamples=np.inf
    )
    assert ours.p == pytest.approx(theirs.pvalue, abs=1e-9)


def test_distances_between_distributions_are_tested_too():
    result = compare(*two(FrechetDistance, [(0.02, 0.5)] * 8))
    assert result.difference < 0
    assert result.p < 0.02


def test_the_same_method_twice_is_no_different():
    first, second = two(FrechetDistance, [(0.3, 0.3)] * 4)
    assert compare(first, second).p == 1


def test_only_the_same_measure_of_the_same_conversations():
    first, second = two(MeanSquaredError, [(0.1, 0.2)] * 3)
    with pytest.raises(InputError, match="same measure"):
        compare(first, two(FrechetDistance, [(0.1, 0.2)] * 3)[0])
    second.update(noise(0), noise(1), conversation="extra")
    with pytest.raises(InputError, match="conversations extra"):
        compare(first, second)


def test_absurd_differences_are_found_among_many_rows():
    """Eight conversations, forty rows: an exact test of each by itself and Holm's correction could never find one."""
    rng = np.random.default_rng(2)
    level = rng.uniform(0.2, 0.4, 8)
    parts = ("all", "expression", "pose", "jaw")
    pairs = [
        two(metric, [(x, x + 1) for x in level], part=part)
        for part in parts
        for metric in (MeanSquaredError, L2Distance)
    ]
    pairs += [two(MeanSquaredError, rng.uniform(0.2, 0.4, (8, 2)), frames=4, part=name) for name in EMOCA56.names[:32]]
    found = compare_all(pairs)
    assert all(c.p_family < 0.05 for c in found[:8])
    assert all(c.p_family >= c.p for c in found)
    assert sum(c.p_family < 0.05 for c in found[8:]) == 0
    assert holm([2 / 2**8] * 40)[0] > 0.3


def test_five_conversations_can_never_tell_methods_apart():
    result = compare(*two(MeanSquaredError, [(0.1, 5.0)] * 5))
    assert result.p == result.p_family == pytest.approx(2 / 2**5)
    assert result.high < 0


def test_rows_of_other_conversations_are_compared_by_those_they_have():
    """A measure that two of eight conversations say nothing of is compared over the six others."""
    rng = np.random.default_rng(0)
    still = Motion.zeros(60, 25, EMOCA56)
    pair = Correlation("jaw"), Correlation("jaw")
    for i in range(8):
        true, partner = noise(i, 60), (noise(50 + i, 60) if i < 6 else still)
        for by, metric in zip((0.9, 0.0), pair, strict=True):
            moved = Motion(by * partner.values + 0.1 * noise(90 + i, 60).values, 25, EMOCA56)
            metric.update(moved, true, partner=partner, conversation=str(i))
    errors = two(MeanSquaredError, rng.uniform(0.2, 0.4, (8, 2)))
    correlated, erred = compare_all([pair, errors])
    assert (correlated.conversations, erred.conversations) == (6, 8)
    assert correlated.p == pytest.approx(2 / 2**6, abs=2e-3)


def test_more_conversations_than_groups():
    rng = np.random.default_rng(0)
    clear = compare(*two(MeanSquaredError, rng.uniform([0.1, 0.2], [0.2, 0.3], (130, 2)), frames=4))
    assert clear.conversations == 130
    assert clear.p_family < 0.001
    assert clear.low < clear.difference < clear.high < 0


def test_holm_by_hand():
    assert holm([0.01, 0.04, 0.03, float("nan")])[:3] == pytest.approx([0.03, 0.06, 0.06])
