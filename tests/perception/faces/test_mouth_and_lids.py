"""What scores miss: open mouths, and lids that move together."""

import numpy as np
import pytest

from visavis.perception.faces.motion import from_rest, jaw, lids

NOTHING = np.zeros((3, 2), np.float32)


def test_parted_lips_open_the_jaw_where_the_score_sees_nothing():
    opened = jaw(NOTHING, np.array([0.0, 0.1, 0.3]))[:, 0]
    assert opened[0] == 0
    assert (np.diff(opened) > 0).all()
    assert 0.2 < opened[2] < 0.6


def test_closed_lips_do_not_close_further_than_the_jaw_is_open():
    scores = np.array([[0.0, 0.4], [0.8, 0.4], [0.8, 0.1]], np.float32)
    opened, closed = jaw(scores, np.zeros(3)).T
    assert (closed <= opened + 1e-7).all()
    assert closed[2] == pytest.approx(0.1)


def test_shapes_stay_between_0_and_1():
    everything = jaw(np.ones((2, 2), np.float32), np.array([0.0, 5.0]))
    assert everything.min() >= 0
    assert everything.max() <= 1


def shut(left, right):
    """The last of many pictures, in all others of which both eyes are open."""
    return lids(np.concatenate([np.zeros((20, 2)), [[left, right]]]).astype(np.float32))[-1]


def test_eyes_that_differ_a_little_are_shut_alike():
    assert shut(0.6, 0.3) == pytest.approx([0.45, 0.45])
    assert shut(0.9, 0.8) == pytest.approx([0.85, 0.85])


def test_a_wink_stays_a_wink():
    assert shut(1.0, 0.0) == pytest.approx([1.0, 0.0])
    left, right = shut(0.9, 0.1)
    assert left - right > 0.5


def test_narrow_eyes_at_rest_are_open():
    narrow = np.full((50, 2), 0.3, np.float32)
    narrow[25] = 1.0
    found = lids(narrow)
    assert found[0] == pytest.approx([0, 0])
    assert found[25] == pytest.approx([1, 1])


def test_what_a_face_is_like_at_rest_is_taken_off():
    brows = np.full((40, 1), 0.2, np.float32)
    brows[30:] = 0.6
    found = from_rest(brows, 0.3)
    assert found[0] == 0
    assert found[-1] == pytest.approx(0.5)
    raised_throughout = from_rest(np.full((40, 1), 0.9, np.float32), 0.3)
    assert raised_throughout.min() > 0.8
