"""Who of all faces are the two: the living before pictures, the left before the right."""

from __future__ import annotations

import numpy as np
from face_toys import tracklet

from visavis.perception.faces.people import two_people
from visavis.perception.faces.placing import place


def test_a_poster_behind_comes_after_people_who_are_seen_less():
    """The poster hangs there all the time, on the left; B is seen for a third of it."""
    tracklets = [
        tracklet(0, 0, 600, x=0, still=True),
        tracklet(1, 0, 600, x=300),
        tracklet(2, 400, 600, x=500),
    ]
    people, notes = two_people(tracklets, 600)
    assert [int(p.seen.sum()) for p in people] == [600, 200]
    assert not any(p.still.any() for p in people)
    assert notes == ["3 people's faces are visible; the two who move for longest are used"]


def test_a_photo_in_place_of_a_camera_comes_before_a_face_that_passes_by():
    tracklets = [
        tracklet(0, 0, 600, x=0),
        tracklet(1, 0, 600, x=300, still=True),
        tracklet(2, 10, 50, x=500),
    ]
    people, _ = two_people(tracklets, 600)
    assert people[1].still.all()
    assert not people[1].seen.any()


def test_the_photo_on_the_left_is_a_and_has_no_place_in_the_room():
    people, notes = two_people([tracklet(1, 0, 200, x=300), tracklet(0, 0, 200, x=0, still=True)], 200)
    assert people[0].still.all()
    assert people[1].seen.all()
    assert notes == []
    nowhere, there = place(people)
    assert nowhere is None
    assert there is not None
    assert there.seat.position[0] > 0  # B's seat, though nobody else has one


def test_life_and_pictures_of_one_person_are_told_apart_in_time():
    """Somebody talks, then a photo of the same person takes the picture's place in a new tracklet; no frame is lost."""
    tracklets = [tracklet(0, 100, 300, x=0, still=True), tracklet(0, 0, 100, x=0)]
    (person,), _ = two_people(tracklets, 280)
    np.testing.assert_array_equal(person.seen, np.arange(280) < 100)
    np.testing.assert_array_equal(person.still, ~person.seen)
