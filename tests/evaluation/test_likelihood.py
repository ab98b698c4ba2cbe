"""Perplexity, likelihood of codes and recall over classes: known answers and their intervals."""

from math import log

import numpy as np
import pytest

from visavis.evaluation.likelihood import bits_interval, excess_interval, nll_interval, perplexity_interval
from visavis.evaluation.recall import mean_recall, times_chance


def test_equally_likely_tokens_have_a_perplexity_of_their_number():
    sums = np.array([[count * log(50), count] for count in (10, 20, 30)])
    assert perplexity_interval(sums) == pytest.approx((50, 50, 50))
    assert nll_interval(sums) == pytest.approx((log(50),) * 3)
    assert bits_interval(np.array([[8 * log(2), 2.0], [4 * log(2), 1.0]]))[0] == pytest.approx(4)


def test_long_conversations_count_for_their_tokens():
    value, low, high = nll_interval(np.array([[10.0, 10], [90.0, 30], [40.0, 20]]))
    assert value == pytest.approx(140 / 60)
    assert low < value < high


def test_a_single_conversation_has_no_interval():
    value, low, high = perplexity_interval(np.array([[10.0, 10]]))
    assert value == pytest.approx(np.e)
    assert np.isnan([low, high]).all()


def test_paired_conversations_tell_small_differences():
    rng = np.random.default_rng(0)
    counts = np.full(40, 100.0)
    hard = rng.uniform(1, 9, 40)
    other = np.stack([hard * counts, counts], 1)
    own = np.stack([(hard - 0.1 + rng.normal(0, 0.01, 40)) * counts, counts], 1)
    value, low, high = excess_interval(own, other)
    assert value == pytest.approx(-0.1, abs=0.01)
    assert low < value < high < 0
    assert nll_interval(own)[2] > nll_interval(other)[1], "their own intervals overlap"


def test_rare_classes_count_as_much_as_others():
    table = np.array([[90.0, 10], [9.0, 1]])
    parts = np.stack([table / 2, table / 2])
    assert mean_recall(parts)[0] == pytest.approx((0.9 + 0.1) / 2)
    assert times_chance(parts)[0] == pytest.approx(1.0)


def test_always_the_same_answer_is_chance_however_many_classes_there_are():
    tables = np.zeros((5, 8, 8))
    tables[:, :4, 3] = 7  # four of eight classes have cases
    assert times_chance(tables) == pytest.approx((1, 1, 1))


def test_recall_over_units_has_an_interval():
    rng = np.random.default_rng(1)
    tables = np.zeros((30, 2, 2))
    for table in tables:
        for label in rng.integers(0, 2, 10):
            table[label, label if rng.random() < 0.8 else 1 - label] += 1
    value, low, high = mean_recall(tables)
    assert low < 0.8 < high
    assert low < value < high < 1
