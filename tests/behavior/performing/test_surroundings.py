"""What hands must not go through, at places where the answer is known."""

import numpy as np
import pytest

from visavis.behavior.performing.build import build_of
from visavis.behavior.performing.surroundings import around
from visavis.bodies import default_appearances
from visavis.motion.seat import face_to_face
from visavis.rendering.furniture import furniture
from visavis.scene.layout import layout_from

BUILD = build_of()
STILL = np.zeros((1, 3))


def depth(place, *points, person=0):
    seats = layout_from(place).seats
    return around(seats, person, (BUILD, BUILD)).depth(np.array([points], float), STILL)[0]


def test_the_middle_of_the_body_is_inside_and_the_air_before_it_is_not():
    inside, head, outside = depth("face-to-face", (0, -0.4, 0.0), (0, 0.06, 0.03), (0.2, -0.4, 0.35))
    assert inside > 0.1
    assert head > 0.1
    assert outside == 0


def test_the_other_person_is_inside_wherever_they_sit():
    for name in ("face-to-face", "sofa", "across-a-table"):
        for person in (0, 1):
            seats = layout_from(name).seats
            there = around(seats, person, (BUILD, BUILD)).partner
            assert np.linalg.norm(there) == pytest.approx(np.linalg.norm(np.subtract(*[s.position for s in seats])))
            assert depth(name, there - (0, 0.3, 0), person=person)[0] > 0.1


def test_thighs_are_there_for_those_who_sit():
    assert depth("bench", (0.0, -0.68, 0.12), (-0.15, -0.68, 0.2), (0.15, -0.68, 0.2)).max() > 0.02
    assert depth("face-to-face", (0.15, -0.68, 0.3))[0] == 0


def test_the_table_is_the_one_that_videos_show():
    seats = layout_from("across-a-table").seats
    builds = tuple(build_of(appearance) for appearance in default_appearances())
    hips = [seat.position[1] + build.hips[1] for seat, build in zip(seats, builds, strict=True)]
    (table,) = (solid for solid in furniture(seats, hips) if solid.name == "table")
    for person in (0, 1):
        place = around(seats, person, builds)
        assert place.top + seats[person].position[1] == pytest.approx(table.points[:, 1].max())
        local = (table.points - seats[person].position) @ seats[person].forward
        assert local.min() == pytest.approx(place.edge, abs=1e-6)
        above, in_board = ((0, place.top + dy, place.edge + 0.1) for dy in (0.01, -0.01))
        assert place.depth(np.array([[above, in_board]]), STILL)[0] == pytest.approx([0, 0.01], abs=1e-6)


def test_there_is_no_room_for_hands_nose_to_nose():
    assert around(face_to_face(0.4), 0, (BUILD, BUILD)).cramped
    assert not around(face_to_face(0.6), 0, (BUILD, BUILD)).cramped


def test_what_is_pushed_out_is_out():
    place = around(layout_from("across-a-table").seats, 0, (BUILD, BUILD))
    rng = np.random.default_rng(0)
    points = rng.uniform((-0.3, -0.65, 0.1), (0.3, -0.2, 0.5), (400, 1, 3))
    head = np.zeros((400, 3))
    for _ in range(30):
        points = points + place.out(points, np.array([0.01]), head)[:, None]
    assert place.depth(points, head).max() < 1e-3
