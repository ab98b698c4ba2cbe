"""Ranks, recall and medians with known answers."""

import numpy as np
import pytest

from visavis.errors import InputError
from visavis.evaluation.ranking import chance_median, chance_recall, median_rank, recall_at, true_ranks


def test_the_rank_counts_what_scores_higher():
    scores = [[0.1, 0.9, 0.5], [0.1, 0.9, 0.5], [0.1, 0.9, 0.5]]
    assert true_ranks(scores, [0, 1, 2]).tolist() == [3, 1, 2]


def test_ties_share_their_mean_rank_so_that_knowing_nothing_is_chance():
    ranks = true_ranks(np.zeros((4, 9)), [0, 3, 5, 8])
    assert ranks.tolist() == [5, 5, 5, 5]
    assert median_rank(ranks)[0] == chance_median(9)
    assert true_ranks([[1.0, 1.0, 0.0, 2.0]], [1]).tolist() == [2.5]


def test_recall_and_median_of_known_ranks():
    ranks = [1, 2, 3, 4, 100]
    assert recall_at(ranks, 3)[0] == pytest.approx(0.6)
    assert recall_at(ranks, 100)[0] == 1
    assert median_rank(ranks)[0] == 3


def test_random_scores_rank_at_chance_within_their_interval():
    rng = np.random.default_rng(0)
    ranks = true_ranks(rng.random((400, 200)), rng.integers(200, size=400))
    for k in (20, 100):
        value, low, high = recall_at(ranks, k)
        assert low <= chance_recall(k, 200) <= high
        assert low <= value <= high
        assert high - low < 0.12
    value, low, high = median_rank(ranks)
    assert low <= chance_median(200) <= high
    assert chance_recall(500, 200) == 1


def test_an_informed_method_is_above_chance():
    rng = np.random.default_rng(0)
    scores, truth = rng.random((300, 100)), rng.integers(100, size=300)
    scores[np.arange(300), truth] += 0.4
    assert recall_at(true_ranks(scores, truth), 25)[1] > chance_recall(25, 100)


@pytest.mark.parametrize(
    ("scores", "truth", "words"),
    [
        (np.zeros(3), [0], "one true item each"),
        (np.zeros((2, 3)), [0], "one true item each"),
        ([[0.0, np.nan]], [0], "item 1 for query 0 is not finite"),
        (np.zeros((1, 3)), [3], "from 3 to 3; there are 3"),
    ],
)
def test_bad_input_is_named(scores, truth, words):
    with pytest.raises(InputError, match=words):
        true_ranks(scores, truth)


def test_no_ranks_have_no_median():
    assert np.isnan(median_rank([])[0])
