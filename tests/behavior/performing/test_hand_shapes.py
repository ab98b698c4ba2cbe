"""Shapes of hands look like what they are called."""

import numpy as np
import pytest

from visavis.behavior.performing.build import build_of
from visavis.behavior.performing.hand_shapes import SHAPES, fingers_of, joints_of

BUILD = build_of()


def pads(shape):
    """How far each finger's pad is from the wrist, metres."""
    return np.linalg.norm(fingers_of(BUILD, joints_of(shape)[None])[0, :, 3], axis=1)


def test_the_zero_pose_is_that_of_the_body():
    places = fingers_of(BUILD, np.zeros((1, 15, 3)))[0]
    assert places == pytest.approx(BUILD.fingers - BUILD.wrist)


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_counting_stretches_as_many_fingers(count):
    stretched, fist = pads("flat"), pads("fist")
    shown = pads(f"count{count}")[1:]
    assert (np.abs(shown - stretched[1:]) < 0.01).tolist() == [i < count for i in range(4)]
    assert (np.abs(shown - fist[1:]) < 0.01).tolist() == [i >= count for i in range(4)]


def test_five_stretches_the_thumb_as_well():
    apart = fingers_of(BUILD, np.stack([joints_of("count4"), joints_of("count5")]))
    thumbs = np.linalg.norm(apart[:, 0, 3] - apart[:, 4, 0], axis=-1)
    assert thumbs[1] > thumbs[0] + 0.03


def test_pointing_stretches_the_index_alone():
    assert pads("point")[1] > 0.17
    assert pads("point")[2:].max() < 0.12


def test_a_grip_closes_and_an_open_hand_does_not():
    pinch, spread = (fingers_of(BUILD, joints_of(shape)[None])[0] for shape in ("grip", "open"))
    assert np.linalg.norm(pinch[0, 3] - pinch[1, 3]) < 0.04
    assert np.linalg.norm(spread[0, 3] - spread[1, 3]) > 0.08


def test_fingers_bend_to_the_palm_only():
    for name in SHAPES:
        bends = joints_of(name).reshape(5, 3, 3)[1:] @ BUILD.curl + BUILD.bends
        assert np.degrees(bends.min()) > -10, name
        assert np.degrees(bends.max()) < 112, name


@pytest.mark.parametrize("name", ["relaxed", "resting", "folded"])
def test_hands_at_rest_are_half_curled_from_index_to_little_finger(name):
    own = joints_of(name).reshape(5, 3, 3)[1:]
    bends = np.degrees(own @ BUILD.curl + BUILD.bends)
    for joint, (least, most) in enumerate(((15, 45), (25, 50), (8, 25))):  # knuckle, middle, last
        assert least < bends[:, joint].min() < bends[:, joint].max() < most
    assert (np.diff(bends[:, :2].sum(1)) > 2).all()


def test_hands_at_rest_do_not_spread_their_fingers():
    for name in ("relaxed", "resting", "folded"):
        bones = np.diff(fingers_of(BUILD, joints_of(name)[None])[0, 1:], axis=1)[:, 0]
        aside = np.degrees(np.arctan2(bones @ BUILD.curl, np.hypot(bones @ BUILD.along, bones @ BUILD.palm)))
        assert np.ptp(aside) < 5, name
