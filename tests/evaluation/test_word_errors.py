"""Word error rate and errors of word times, on texts and times with known answers."""

import sys

import numpy as np
import pytest

from visavis.conversation import Word
from visavis.errors import MissingExtraError
from visavis.evaluation.word_errors import WordErrors, word_errors, word_time_errors

pytest.importorskip("jiwer")


@pytest.mark.parametrize(
    ("truth", "guess", "errors"),
    [
        ("we have a garden", "We have a garden!", (4, 0, 0, 0)),
        ("we have a garden here", "we had garden here too", (5, 1, 1, 1)),
        ("um-hum [laughter] i don't know", "Mm-hmm, I do not know.", (5, 0, 0, 0)),
        ("uh-huh uh-huh", "uh huh", (2, 0, 1, 0)),
        ("twenty two degrees", "22 degrees", (2, 0, 0, 0)),
        ("hello", "", (1, 0, 1, 0)),
        ("[silence]", "thank you for watching", (0, 0, 0, 4)),
    ],
)
def test_errors(truth, guess, errors):
    assert word_errors(truth, guess) == WordErrors(*errors)


def test_the_rate_counts_insertions():
    assert word_errors("yes", "yes yes yes yes").rate == 3.0
    assert np.isnan(word_errors("", "x").rate)


def test_times_are_compared_for_words_that_were_found():
    truth = [Word("we", 0.0, 0.2), Word("don't", 0.3, 0.6), Word("farm", 0.7, 1.0), Word("much", 1.1, 1.5)]
    guess = [Word("We", 0.1, 0.2), Word("don't", 0.25, 0.7), Word("form", 0.7, 1.0), Word("much.", 1.1, 1.4)]
    np.testing.assert_allclose(word_time_errors(truth, guess), [[0.1, 0.0], [-0.05, 0.1], [0.0, -0.1]], atol=1e-9)
    assert word_time_errors(truth, []).shape == (0, 2)


def test_missing_jiwer_is_one_line(monkeypatch):
    monkeypatch.setitem(sys.modules, "jiwer", None)
    with pytest.raises(MissingExtraError, match="word error rate needs"):
        word_errors("a b", "a")
