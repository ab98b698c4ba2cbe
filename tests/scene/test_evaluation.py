"""Measures of layouts, and the baselines."""

import numpy as np
import pytest

from visavis.language.embedding import LexicalSimilarity
from visavis.scene import evaluation
from visavis.scene.examples import Example, load_examples
from visavis.scene.placement import Placement

NEAR, FAR = Placement((0, 0, -0.5), (0, 0, 0.5)), Placement((0, 0, -2), (0, 0, 2))


def test_translation_error_by_hand():
    assert evaluation.translation_error(NEAR, NEAR) == 0
    assert evaluation.translation_error(NEAR, FAR) == pytest.approx(1.5**2)
    moved = Placement((0.3, 0.4, -0.5), (0, 0, 0.5))
    assert evaluation.translation_error(moved, NEAR) == pytest.approx((0.09 + 0.16) / 2)


def test_nothing_of_the_held_out_example_is_seen():
    seen = []

    def engine(text, examples):
        seen.append((text, {e.text for e in examples}))
        return NEAR

    evaluation.leave_one_out(engine)
    assert len(seen) == 30
    assert all(text not in others and len(others) == 29 for text, others in seen)


def test_the_constant_is_right_about_face_to_face_and_wrong_about_the_gym():
    score = evaluation.leave_one_out(evaluation.constant)
    gym = next(i for i, e in enumerate(load_examples()) if "gym" in e.text)
    assert score.tmse[gym] == pytest.approx(4.5**2)
    assert score.tmse.min() < 0.01
    assert score.refused == 0


def test_the_best_constant_beats_any_other_in_sample():
    examples = load_examples()
    best = evaluation.mean_label("", examples)
    errors = [np.mean([evaluation.translation_error(p, e.placement) for e in examples]) for p in (best, NEAR, FAR)]
    assert errors[0] == min(errors)


def test_the_plain_average_is_of_coordinates():
    examples = (Example("alpha words", NEAR), Example("alpha words too", FAR), Example("zebra", NEAR))
    mean = evaluation.nearest_average(LexicalSimilarity(), k=2)("alpha words", examples)
    assert mean.b[2] == pytest.approx(1.25)


def test_the_built_in_engine_beats_the_constant_and_the_plain_average():
    similarity = LexicalSimilarity()
    built_in = evaluation.leave_one_out(evaluation.built_in(similarity))
    for baseline in (evaluation.constant, evaluation.nearest_average(similarity)):
        assert np.median(built_in.tmse) < np.median(evaluation.leave_one_out(baseline).tmse)


def test_a_model_that_says_nothing_counts_as_refused():
    class Mute:
        name = "mute"

        def __call__(self, messages, seed, sampling):
            return "..."

    score = evaluation.leave_one_out(evaluation.prompted(Mute(), shots=3))
    assert score.refused == 30
    np.testing.assert_array_equal(score.tmse, evaluation.leave_one_out(evaluation.constant).tmse)


def test_a_model_with_no_examples_is_shown_none():
    lengths = []

    class Counting:
        name = "counting"

        def __call__(self, messages, seed, sampling):
            lengths.append(len(messages))
            return '{"A": [0, 0, -0.5], "B": [0, 0, 0.5]}'

    evaluation.leave_one_out(evaluation.prompted(Counting(), shots=0))
    evaluation.leave_one_out(evaluation.prompted(Counting(), shots=3))
    assert lengths == [2] * 30 + [8] * 30
