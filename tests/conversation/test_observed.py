"""Which frames were observed is said by every track that saw the person."""

from dataclasses import replace

import numpy as np

from visavis.conversation import Participant, Track
from visavis.conversation.observed import OBSERVED, observed
from visavis.motion import ARKIT, Motion

SEEN = np.arange(100) >= 40


def person(**tracks):
    return Participant("A", motion=Motion.zeros(100, 25.0, ARKIT), tracks=tracks)


def track(valid, fps=25.0):
    return Track(np.zeros(len(valid)), fps, valid=valid)


def test_motion_counts_where_nothing_says_otherwise():
    assert observed(person(emotion=track(SEEN))).all()
    assert len(observed(replace(person(), motion=None))) == 0


def test_what_was_seen_by_a_face_tracker_another_system_or_the_maker_counts():
    for name in (OBSERVED, "face", "tracked"):
        assert np.array_equal(observed(person(**{name: track(SEEN)})), SEEN)


def test_all_have_to_agree_and_their_rate_may_be_another():
    both = observed(person(face=track(SEEN), tracked=track(np.arange(200) < 160, 50.0)))
    assert np.array_equal(both, SEEN & (np.arange(100) < 80))
