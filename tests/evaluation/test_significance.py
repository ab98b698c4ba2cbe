"""Tests of many differences at once: errors of the whole family, and what is found all the same."""

import numpy as np
import pytest
from scipy import stats

from visavis.evaluation.significance import EXACT, sign_flips


def family_error(units, rows, draw, times=250):
    """How often anything is found where there is nothing."""
    return np.mean([(sign_flips(draw((units, rows))).together < 0.05).any() for _ in range(times)])


@pytest.mark.parametrize("units", [6, 9])
@pytest.mark.parametrize("rows", [1, 60])
def test_the_family_errs_as_often_as_it_says(units, rows):
    rng = np.random.default_rng(units * rows)
    skewed = family_error(units, rows, lambda shape: rng.lognormal(size=shape) - rng.lognormal(size=shape))
    assert skewed < 0.09
    alike = family_error(units, rows, lambda shape: rng.normal(size=(shape[0], 1)) + 0.1 * rng.normal(size=shape))
    assert alike < 0.09


def test_the_family_errs_as_often_as_it_says_beside_real_differences():
    """Strong control: rows that differ do not make others significant."""
    rng = np.random.default_rng(0)
    wrong = 0
    for _ in range(250):
        differences = rng.normal(size=(8, 40))
        differences[:, :20] += 10
        found = sign_flips(differences).together < 0.05
        assert found[:20].all()
        wrong += found[20:].any()
    assert wrong / 250 < 0.09


def test_one_row_is_the_exact_test():
    values = np.random.default_rng(1).normal(0.5, 1, (9, 1))
    theirs = stats.permutation_test(
        (values[:, 0],), np.mean, permutation_type="samples", n_resamples=np.inf, alternative="two-sided"
    )
    ours = sign_flips(values)
    assert ours.alone[0] == ours.together[0] == pytest.approx(theirs.pvalue)


def test_by_hand():
    """Three units: row one is always positive (2 of 8 ways to flip), row two once negative, row three says nothing."""
    found = sign_flips(np.array([[1.0, 1.0, 0.0], [1.0, 1.0, 0.0], [1.0, -1.0, 0.0]]))
    assert found.alone == pytest.approx([2 / 8, 1, 1])
    assert found.together == pytest.approx([4 / 8, 1, 1])  # row two is as extreme in two other ways


def test_rows_that_say_the_same_cost_nothing():
    values = np.random.default_rng(2).normal(1, 1, (10, 1))
    alone, copies = sign_flips(values), sign_flips(np.repeat(values, 200, 1))
    assert copies.together == pytest.approx(alone.together[0])


def test_units_of_a_row_may_be_missing():
    rng = np.random.default_rng(3)
    values = rng.normal(1, 0.1, (8, 2))
    values[6:, 1] = np.nan
    found = sign_flips(values)
    assert found.alone == pytest.approx([2 / 2**8, 2 / 2**6])
    values[:, 1] = np.nan
    assert np.isnan(sign_flips(values).alone[1])
    assert np.isnan(sign_flips(values).together[1])


def test_many_units_are_flipped_at_random_but_with_a_seed():
    values = np.random.default_rng(4).normal(0.3, 1, (EXACT + 20, 3))
    found = sign_flips(values)
    assert found.alone == pytest.approx(sign_flips(values).alone)
    exact = [stats.ttest_1samp(column, 0).pvalue for column in values.T]
    assert found.alone == pytest.approx(exact, abs=0.02)
    assert (sign_flips(np.abs(values)).alone > 0).all()  # what was observed is one of the ways


def test_nothing_to_test():
    assert sign_flips(np.zeros((5, 0))).alone.shape == (0,)
    assert sign_flips(np.zeros((5, 2))).together == pytest.approx([1, 1])
    assert np.isnan(sign_flips(np.zeros((0, 2))).alone).all()
