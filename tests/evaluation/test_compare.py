"""Paired tests between methods."""

import numpy as np
import pytest
from metric_toys import noise
from scipy import stats

from visavis.errors import InputError
from visavis.evaluation.compare import compare, holm
from visavis.evaluation.errors import MeanSquaredError
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
    assert clear.wilcoxon < 0.01
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
    assert ours.p == pytest.approx(theirs.pvalue, abs=0.01)
    assert ours.wilcoxon == pytest.approx(stats.wilcoxon(squares[:, 0] - squares[:, 1]).pvalue)


def test_distances_between_distributions_are_tested_too():
    result = compare(*two(FrechetDistance, [(0.02, 0.5)] * 8))
    assert result.difference < 0
    assert result.p < 0.02
    assert np.isnan(result.wilcoxon)


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


def test_holm_by_hand():
    assert holm([0.01, 0.04, 0.03, float("nan")])[:3] == pytest.approx([0.03, 0.06, 0.06])
