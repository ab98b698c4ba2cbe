"""The paper's convention and our seats say the same."""

import numpy as np
import pytest

from visavis.errors import InputError
from visavis.motion import Seat, face_to_face
from visavis.scene.checks import FARTHEST, LOWEST_STANDING, NEAREST, WIDEST_TURN, correct_seats
from visavis.scene.examples import load_examples
from visavis.scene.placement import STANDING_HEIGHT, Placement, compose, placement_of, signed_turns
from visavis.scene.presets import PRESETS, preset

# The three examples that Talking Together prints (supplement 2.2).
PAPER = {
    "face to face": Placement((0.0, 0.0, -0.5), (0.0, 0.0, 0.5)),
    "bench": Placement((-0.3, -0.2, 0.0), (0.3, -0.2, 0.0)),
    "whisper": Placement((-0.15, 0.0, -0.1), (0.15, 0.0, 0.1)),
}


def test_the_papers_first_example_is_our_default():
    ours, theirs = face_to_face(1.0, STANDING_HEIGHT), PAPER["face to face"].seats()
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a.position, b.position, atol=1e-12)
        assert a.yaw == pytest.approx(b.yaw)


@pytest.mark.parametrize("name", PAPER)
def test_distances_and_heights_survive_both_ways(name):
    placement = PAPER[name]
    seats = placement.seats()
    a, b = (np.array(s.position) for s in seats)
    assert np.linalg.norm(a - b) == pytest.approx(placement.distance)
    assert a[1] - STANDING_HEIGHT == pytest.approx(placement.a[1])
    back = placement_of(seats)
    np.testing.assert_allclose([back.a, back.b], [placement.a, placement.b], atol=1e-5)


@pytest.mark.parametrize("example", load_examples(), ids=lambda e: e.text[:20])
def test_every_example_survives_both_ways_and_needs_no_mending(example):
    seats = example.placement.seats()
    back = placement_of(seats)
    np.testing.assert_allclose([back.a, back.b], [example.placement.a, example.placement.b], atol=1e-5)
    assert correct_seats(seats) == (seats, ())


def test_there_are_thirty_different_examples():
    examples = load_examples()
    assert len({e.text for e in examples}) == 30
    assert sum(e.placement.distance < 0.5 for e in examples) >= 3
    assert sum(e.placement.distance > 3 for e in examples) >= 3
    assert sum(e.placement.beside > 1 for e in examples) >= 5


def test_side_by_side_both_turn_to_the_viewer_and_partly_to_each_other():
    a, b = PAPER["bench"].seats()
    assert a.position[0] < 0 < b.position[0]
    for seat, other in ((a, b), (b, a)):
        to_partner = np.subtract(other.position, seat.position) / 0.6
        assert seat.forward[2] > 0.7  # mostly ahead, towards a camera at +Z
        assert seat.forward @ to_partner == pytest.approx(0.5)


def test_the_other_way_round_is_the_mirror_image():
    left = compose(1.0, (0, 0), 0.5).seats()
    right = compose(1.0, (0, 0), 0.5, a_on_the_left=False).seats()
    assert right[0].position[0] == pytest.approx(-left[0].position[0])
    assert right[0].yaw == pytest.approx(-left[0].yaw)
    assert not placement_of(right).a_on_the_left


def test_words_about_facing_win_over_coordinates():
    turns = signed_turns(Placement((-0.5, 0, 0), (0.5, 0, 0), "face-to-face").seats())
    np.testing.assert_allclose(turns, 0, atol=1e-9)


@pytest.mark.parametrize("name", PRESETS)
def test_presets_are_sensible(name):
    seats = PRESETS[name].seats()
    assert correct_seats(seats) == (seats, ())
    assert preset(f"  {name.replace('-', ' ').title()} ") == PRESETS[name]


def _distance(seats):
    return float(np.linalg.norm(np.subtract(seats[0].position, seats[1].position)))


@pytest.mark.parametrize(("distance", "wanted"), [(0.0, NEAREST), (0.1, NEAREST), (40.0, FARTHEST)])
def test_too_near_and_too_far_are_clamped_with_a_line(distance, wanted):
    seats, notes = correct_seats(face_to_face(distance))
    assert _distance(seats) == pytest.approx(wanted)
    assert len(notes) == 1
    assert f"{wanted:.2f}" in notes[0]
    assert correct_seats(seats) == (seats, ())


def test_bounds_themselves_are_left_alone():
    for distance in (NEAREST, FARTHEST):
        seats = face_to_face(distance)
        assert correct_seats(seats) == (seats, ())


def test_a_head_above_the_other_is_moved_aside():
    seats, notes = correct_seats((Seat((0, 1.7, 0), 0), Seat((0, 1.2, 0), 0, True)))
    assert any("on top of each other" in note for note in notes)
    assert abs(seats[0].position[0] - seats[1].position[0]) == pytest.approx(0.2)
    assert _distance(seats) >= NEAREST


@pytest.mark.parametrize(("height", "seated", "wanted"), [(0.2, False, LOWEST_STANDING), (3.0, False, 2.1),
                                                           (0.1, True, 0.6), (1.9, True, 1.65)])  # fmt: skip
def test_implausible_heights_are_clamped_for_the_pose(height, seated, wanted):
    a, b = face_to_face(1.5)
    seats, notes = correct_seats((Seat((-0.75, height, 0), a.yaw, seated), b))
    assert seats[0].position[1] == pytest.approx(wanted)
    assert notes
    assert notes[0].startswith("A ")


def test_a_back_turned_to_the_partner_is_turned():
    a, b = face_to_face()
    seats, notes = correct_seats((a, Seat(b.position, np.pi / 2)))
    assert abs(signed_turns(seats)[1]) == pytest.approx(WIDEST_TURN)
    assert notes == ("B's torso is turned 180 degrees away from the partner; 100 is used instead",)


@pytest.mark.parametrize("far", [1e4, 1e300])
def test_nonsense_is_refused(far):
    with pytest.raises(InputError, match=r"from the origin|coordinates of at most"):
        correct_seats((Seat((-far, 1.6, 0), 0), Seat((far, 1.6, 0), 0)))
