"""The diarization error rate on frames that can be counted by hand."""

import numpy as np
import pytest

from visavis.evaluation.diarization import diarization_errors

TRUTH = np.array([[1, 1, 1, 1, 0, 0, 0, 0], [0, 0, 0, 0, 1, 1, 1, 1]], bool)


def test_whoever_has_the_other_name_is_not_wrong():
    assert diarization_errors(TRUTH[::-1], TRUTH, 10) == (0, 8)


@pytest.mark.parametrize(
    ("guess", "wrong"),
    [
        (TRUTH & False, 8),  # all missed
        (TRUTH | True, 8),  # the other one invented in every frame
        (np.stack([TRUTH.any(0), TRUTH[0] & False]), 4),  # one voice: half is given to the wrong person
    ],
)
def test_missed_invented_and_confused_speech_counts(guess, wrong):
    assert diarization_errors(guess, TRUTH, 10) == (wrong, 8)


def test_frames_near_true_boundaries_do_not_count_within_the_collar():
    late = np.roll(TRUTH, 1, axis=1)
    assert diarization_errors(late, TRUTH, 10)[0] == 2
    assert diarization_errors(late, TRUTH, 10, collar=0.1) == (0, 4)


def test_more_people_than_were_found_are_missed():
    three = np.vstack([TRUTH, np.ones((1, 8), bool)])
    wrong, speech = diarization_errors(TRUTH, three, 10)
    assert (wrong, speech) == (8, 16)
