"""A laugh shows in cheeks, eyes and upper lip, on both sides alike, and gives way to words."""

import numpy as np
import pytest

from visavis.behavior.events import Event
from visavis.behavior.people import USUAL
from visavis.behavior.performing.laughing_face import laughing
from visavis.behavior.performing.performer import perform
from visavis.behavior.plan import Plan
from visavis.motion import ARKIT, Motion
from visavis.scene.layout import layout_from

FULL = slice(82, 110)
"""Frames of the whole laugh."""


def laughed(strength=1.0, **columns):
    motion = Motion.zeros(250, 25.0, ARKIT)
    for name, level in columns.items():
        motion = motion.with_columns(name, np.full(250, level))
    plan = Plan(10.0, ((Event("laugh", 3.0, 5.0, strength=strength),), ()))
    performed, _ = perform(plan, 250, layout_from("face-to-face").seats, (USUAL, USUAL), 0)
    return laughing(motion, performed)


@pytest.mark.parametrize("side", ["Left", "Right"])
def test_cheeks_eyes_and_upper_lip_laugh(side):
    found = laughed()
    for shape, least in (("cheekSquint", 0.7), ("eyeSquint", 0.55), ("mouthSmile", 0.7), ("mouthUpperUp", 0.35)):
        assert found[shape + side][FULL].min() > least, shape
    assert 0.15 < found["jawOpen"][FULL].min() < found["jawOpen"][FULL].max() < 0.35
    assert np.ptp(found["jawOpen"][FULL]) > 0.05  # it goes with the calls


def test_both_sides_are_alike():
    found = laughed()
    for name in ARKIT.names:
        if name.endswith("Left"):
            assert np.array_equal(found[name], found[name.replace("Left", "Right")])


def test_before_and_long_after_nothing_changes():
    found = laughed().values
    assert not found[:60].any()
    assert not found[155:].any()


def test_a_faint_laugh_shows_less_and_what_shows_more_stays():
    assert laughed(0.4)["cheekSquintLeft"].max() == pytest.approx(0.4 * laughed()["cheekSquintLeft"].max(), rel=0.05)
    assert laughed(mouthSmileLeft=0.95)["mouthSmileLeft"].min() == pytest.approx(0.95)


def test_lips_that_meet_or_round_go_first():
    for word in ("mouthClose", "mouthPucker"):
        found = laughed(**{word: 0.4})
        assert found["mouthUpperUpLeft"].max() < 0.02
        assert found["jawOpen"].max() < 0.02
        assert found["eyeSquintLeft"][FULL].min() > 0.55
