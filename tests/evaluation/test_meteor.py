"""METEOR by NLTK: known values of the definition, and what matches what."""

import pytest

from visavis.evaluation.meteor import meteor

LINE = "the cat sat on the mat"


def test_the_same_text_loses_the_least_penalty():
    """One chunk of six matches: a penalty of 0.5 * (1/6)^3 (Banerjee & Lavie 2005, section 2)."""
    assert meteor(LINE, LINE) == pytest.approx(1 - 0.5 * (1 / 6) ** 3)


def test_letter_case_does_not_count_and_stems_match():
    assert meteor("The CAT sat on the mat", LINE) == meteor(LINE, LINE)
    assert meteor("cats", "cat") == pytest.approx(0.5)
    assert meteor("dog", "cat") == 0.0


def test_recall_weighs_more_than_precision():
    """P = 1, R = 1/2 and the other way round: 10PR / (R + 9P)."""
    short, long = meteor("the cat", "the cat sat down"), meteor("the cat sat down", "the cat")
    assert short == pytest.approx(10 * 0.5 / (0.5 + 9) * (1 - 0.5 / 8))
    assert long > short


def test_order_counts():
    assert meteor("mat the on sat cat the", LINE) < meteor(LINE, LINE)


@pytest.mark.parametrize("text", ["", "   "])
def test_nothing_said_scores_nothing(text):
    assert meteor(text, LINE) == 0.0
