"""Where people are whose seats are known, told by their motion, or neither."""

from dataclasses import replace

import numpy as np
import pytest

from visavis.conversation import Conversation, Participant
from visavis.conversation.seats import known_seat, seated
from visavis.motion import ARKIT, VIDEO_CALL, Motion, Seat, face_to_face
from visavis.scene.at_rest import at_rest

PLACE = (2.0, 1.5, -1.0)


def there(space=ARKIT):
    motion = Motion.zeros(10, 25.0, space)
    return motion.with_columns("translation", PLACE) if space.has("translation") else motion


def test_nobody_knows_where_anybody_is():
    empty = Conversation("talk", (Participant("A"), Participant("B")), 0.4)
    assert tuple(person.seat for person in seated(empty)) == face_to_face()
    assert known_seat(Participant("A", motion=there(VIDEO_CALL))) is None


@pytest.mark.parametrize("swapped", [False, True])
@pytest.mark.parametrize("known", [{"seat": Seat(PLACE, 0.0)}, {"motion": there()}])
def test_who_is_known_to_be_somewhere_stays_and_the_other_sits_in_front(known, swapped):
    conversation = Conversation("talk", (Participant("A", **known), Participant("B")), 0.4)
    a, b = seated(conversation.swapped() if swapped else conversation)
    one, other = (b, a) if swapped else (a, b)
    assert one.seat.position == PLACE
    np.testing.assert_allclose(np.subtract(other.seat.position, PLACE), one.seat.forward, atol=1e-6)
    assert other.seat.forward @ one.seat.forward == pytest.approx(-1.0)


def test_a_seat_counts_more_than_where_motion_begins():
    seat = Seat((0.0, 1.2, 0.0), 1.0, seated=True)
    assert known_seat(Participant("A", motion=there(), seat=seat)) == seat


def test_whoever_is_at_rest_sits_in_front_of_whoever_moves():
    conversation = Conversation("talk", (Participant("A", motion=there()), Participant("B")), 0.4)
    shown = at_rest(conversation)
    np.testing.assert_allclose(shown.b.motion["translation"][0], np.add(PLACE, shown.a.seat.forward), atol=1e-6)
    again = at_rest(replace(conversation, participants=(shown.a, replace(shown.b, motion=None))))
    np.testing.assert_array_equal(again.b.motion.values, shown.b.motion.values)
