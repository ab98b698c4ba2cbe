"""Confidence intervals hold the true value about as often as they say, from few units as from many.

A thorough check is `make results-statistics`; these are short ones with fixed seeds.
"""

import numpy as np
import pytest
from metric_toys import FPS
from scipy import stats

from visavis.evaluation.frechet import FrechetDistance, PairedFrechetDistance
from visavis.evaluation.intervals import (
    groups_of,
    jackknife_interval,
    mean_interval,
    median_interval,
    pseudo_values,
    ratio_interval,
    share_interval,
)
from visavis.evaluation.moments import frechet_distance, moment_sums
from visavis.motion import Column, Motion, MotionSpace


def coverage(intervals, truth):
    return np.mean([low <= truth <= high for _, low, high in intervals])


@pytest.mark.parametrize("units", [2, 3, 5, 20])
def test_of_a_mean(units):
    rng = np.random.default_rng(0)
    assert coverage((mean_interval(rng.normal(3, 2, units)) for _ in range(600)), 3.0) == pytest.approx(0.95, abs=0.03)
    skewed = coverage((mean_interval(rng.lognormal(0, 0.5, units)) for _ in range(600)), np.exp(0.125))
    assert skewed > 0.9


def test_of_a_mean_by_hand():
    """2 and 4: a mean of 3, a standard error of 1, and Student's quantile of one degree of freedom."""
    mean, low, high = mean_interval([2.0, np.nan, 4.0])
    assert (mean, high - mean, mean - low) == pytest.approx((3, 12.706, 12.706), rel=1e-4)
    assert mean_interval([2.0, 4.0], least=0.0, most=5.0) == (3, 0, 5)
    assert np.isnan(mean_interval([2.0])[1:]).all()
    assert np.isnan(mean_interval([])).all()


@pytest.mark.parametrize(("units", "truth"), [(5, 0.1), (20, 0.1), (20, 0.5), (100, 0.02)])
def test_of_a_share(units, truth):
    rng = np.random.default_rng(1)
    assert coverage((share_interval(rng.random(units) < truth) for _ in range(600)), truth) > 0.9


def test_a_share_of_none_is_not_sure_to_be_none():
    value, low, high = share_interval([False] * 10)
    assert (value, low) == (0, 0)
    assert high == pytest.approx(0.278, abs=0.01)


@pytest.mark.parametrize("units", [6, 25, 100])
def test_of_a_median(units):
    rng = np.random.default_rng(2)
    assert coverage((median_interval(rng.exponential(1, units)) for _ in range(400)), np.log(2)) > 0.93


def test_five_values_have_a_median_and_no_interval():
    value, low, high = median_interval([5, 1, 2, 4, 3])
    assert value == 3
    assert np.isnan([low, high]).all()


def test_of_a_ratio_of_sums():
    """A root mean square over conversations of unequal length, whose errors differ."""
    rng = np.random.default_rng(3)
    held = []
    for _ in range(400):
        counts = rng.integers(50, 200, 12)
        errors = rng.gamma(4, 0.25, 12)
        held.append(ratio_interval(np.stack([errors * counts, counts], 1), 0.5))
    assert coverage(held, 1.0) > 0.9
    assert np.isnan(ratio_interval(np.zeros((3, 2)))).all()


def test_pseudo_values_of_a_mean_are_the_values():
    values = np.array([1.0, 4.0, 2.0])
    states = np.stack([values, np.ones(3)], 1)
    assert pseudo_values(states, lambda t: t[:, 0] / t[:, 1]) == pytest.approx(values)
    assert jackknife_interval(values.mean(), values) == pytest.approx(mean_interval(values)[1:])


def test_pseudo_values_take_away_the_bias_of_a_variance():
    """The variance with divisor N is too small by a factor; its pseudo-values' mean is the one with N - 1."""
    values = np.random.default_rng(0).normal(size=9)
    states = np.stack([np.ones(9), values, values**2], 1)
    found = pseudo_values(states, lambda t: t[:, 2] / t[:, 0] - (t[:, 1] / t[:, 0]) ** 2)
    assert found.mean() == pytest.approx(values.var(ddof=1))


def test_many_units_are_left_out_in_groups():
    groups = groups_of(f"talk {i}" for i in range(250))
    assert len(groups) == 100
    assert sorted(name for group in groups for name in group) == sorted(f"talk {i}" for i in range(250))
    assert {len(group) for group in groups} == {2, 3}
    assert groups_of("cab") == [["a"], ["b"], ["c"]]


def conversations(rng, count, dim, frames=60):
    """Smooth noise about a place of each conversation's own: truth, prediction (off by 0.2, 1.2 times as wide)."""
    rows = []
    for shift, scale in ((0.0, 1.0), (0.2, 1.2)):
        noise = rng.normal(size=(count, frames, dim))
        smooth = np.cumsum(noise, axis=1) / np.sqrt(np.arange(1, frames + 1))[:, None]
        rows.append(shift + scale * (smooth + 0.5 * rng.normal(size=(count, 1, dim))))
    return rows


@pytest.mark.parametrize("dim", [1, 4])
@pytest.mark.parametrize("units", [4, 10, 25])
def test_of_a_distance_between_distributions(dim, units):
    """What was centred on the value, which few conversations bias, held it 24 to 80% of the time."""
    rng = np.random.default_rng(4)
    # Smooth noise has variance 1 in each frame; conversations add a quarter.
    truth = frechet_distance(np.zeros(dim), 1.25 * np.eye(dim), np.full(dim, 0.2), 1.2**2 * 1.25 * np.eye(dim))
    space = MotionSpace("toy", tuple(Column(f"c{i}", "coefficient", "expression") for i in range(dim)))
    metric = FrechetDistance()
    metric.update(Motion.zeros(3, FPS, space), Motion.zeros(3, FPS, space))
    held, given = [], 0
    for _ in range(120):
        true, predicted = conversations(rng, units, dim)
        sums = [[moment_sums(rows[i], np.zeros(dim)) for rows in (predicted, true)] for i in range(units)]
        states = np.array(sums).reshape(units, 1, -1)
        if not metric.doubt(states):
            given += 1
            low, high = metric.interval(states)
            held.append(low <= truth <= high)
            assert low <= float(metric.values_of(states.sum(0))) <= high
    assert given > 100
    assert np.mean(held) > 0.9


def test_a_distance_that_is_mostly_chance_has_no_interval():
    """Five conversations that rest in as many places say nothing of a distance in sixty directions."""
    rng = np.random.default_rng(5)
    space = MotionSpace("toy", tuple(Column(f"c{i}", "coefficient", "expression") for i in range(60)))
    few, many = FrechetDistance(), PairedFrechetDistance("c0")
    for i in range(5):
        true, predicted, partner = (
            Motion(rng.normal(size=60) + 0.1 * rng.normal(size=(200, 60)), FPS, space) for _ in range(3)
        )
        few.update(predicted, true, conversation=str(i))
        many.update(predicted, true, partner=partner, conversation=str(i))
    result = few.compute()
    assert np.isnan(result.low)
    (note,) = result.notes
    assert note.startswith("no interval: the frames are worth")
    assert many.compute().low >= 0


def test_student_is_scipys():
    values = np.random.default_rng(6).normal(size=7)
    theirs = stats.ttest_1samp(values, 0).confidence_interval(0.9)
    assert mean_interval(values, 0.9)[1:] == pytest.approx((theirs.low, theirs.high))
