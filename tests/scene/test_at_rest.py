"""People of whom nothing is known, so that there is a room to show."""

from dataclasses import replace

import numpy as np
import pytest

from duet_toys import toy_conversation
from visavis.motion import Motion
from visavis.motion.spaces import BIWI64
from visavis.scene.at_rest import at_rest


def test_whoever_has_no_motion_rests_in_the_own_seat():
    known = toy_conversation(3, 2.0)
    shown = at_rest(known.with_participants(replace(known.a, motion=None), known.b))
    assert shown.b.motion == known.b.motion
    assert not shown.a.motion["expression"].any()
    assert len(shown.a.motion) == len(known.b.motion)
    place = np.tile(shown.a.seat.position, (len(shown.a.motion), 1))
    assert shown.a.motion["translation"] == pytest.approx(place)


def test_whose_place_is_unknown_sits_in_front_of_the_other():
    known = toy_conversation(3, 2.0)
    shown = at_rest(known.with_participants(replace(known.a, seat=None, motion=None), known.b))
    assert shown.b.seat == known.b.seat or known.b.seat is None
    towards = np.subtract(shown.b.seat.position, shown.a.seat.position)
    assert np.hypot(towards[0], towards[2]) == pytest.approx(1.0, abs=0.05)
    assert np.dot(towards, shown.a.seat.forward) > 0.9


def test_spaces_without_a_place_stay_as_they_are():
    known = toy_conversation(3, 2.0)
    plain = Motion.zeros(50, 25.0, BIWI64)
    given = known.with_participants(replace(known.a, motion=plain), replace(known.b, motion=None))
    assert at_rest(given) is given
