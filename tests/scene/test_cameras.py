"""Cameras that show both people."""

import numpy as np
import pytest

from visavis.errors import InputError
from visavis.motion import face_to_face
from visavis.scene.cameras import HEAD_CENTRE, PRESETS, Camera, close_up, over_the_shoulder, two_shot
from visavis.scene.examples import load_examples

LAYOUTS = [example.placement.seats() for example in load_examples()]


def heads(seats):
    return np.array([s.position for s in seats]) + np.array([0, HEAD_CENTRE, 0])


def face_angle(seats, person, camera):
    """Degrees between where a person's face points when looking at the partner and the camera."""
    points = heads(seats)
    face = points[1 - person] - points[person] + 1e-9
    view = np.subtract(camera.position, points[person])
    return np.degrees(np.arccos(face @ view / np.linalg.norm(face) / np.linalg.norm(view)))


@pytest.mark.parametrize("aspect", [16 / 9, 1.0, 9 / 16])
@pytest.mark.parametrize("seats", LAYOUTS)
def test_a_two_shot_has_both_heads_in_the_picture(seats, aspect):
    camera = two_shot(seats, aspect)
    box = np.array([[dx, dy, dz] for dx in (-0.12, 0.12) for dy in (-0.15, 0.15) for dz in (-0.12, 0.12)])
    for head in heads(seats):
        picture = camera.project(head + box, aspect)
        assert np.isfinite(picture).all()
        assert np.abs(picture).max() < 1


@pytest.mark.parametrize("seats", LAYOUTS)
def test_a_two_shot_sees_both_faces(seats):
    camera = two_shot(seats)
    for seat in seats:
        view = np.subtract(camera.position, seat.position)
        assert seat.forward @ view / np.linalg.norm(view) > -0.1  # nobody from behind
    for person in (0, 1):
        assert face_angle(seats, person, camera) < 100


def test_a_is_on_the_left():
    seats = face_to_face()
    picture = two_shot(seats).project(heads(seats), 16 / 9)
    assert picture[0, 0] < 0 < picture[1, 0]


def test_one_does_not_hide_the_other():
    for seats in LAYOUTS:
        picture = two_shot(seats).project(heads(seats), 16 / 9)
        nearest = 0.15 / np.linalg.norm(np.subtract(two_shot(seats).position, heads(seats)[0]))
        assert abs(picture[0, 0] - picture[1, 0]) > nearest


@pytest.mark.parametrize("person", [0, 1])
@pytest.mark.parametrize("seats", LAYOUTS)
def test_a_close_up_is_filled_by_the_face_at_about_three_quarters(seats, person):
    camera = close_up(seats, person)
    head = heads(seats)[person]
    up = np.array([0, 0.11, 0])
    top, bottom = camera.project(head + up, 1.0), camera.project(head - up, 1.0)
    assert top[1] < 1
    assert bottom[1] > -1
    assert top[1] - bottom[1] > 0.9
    assert face_angle(seats, person, camera) < 70


@pytest.mark.parametrize("seats", LAYOUTS)
def test_over_the_shoulder_looks_into_the_face(seats):
    for person in (0, 1):
        camera = over_the_shoulder(seats, person)
        assert np.abs(camera.project(heads(seats)[person], 16 / 9)).max() < 0.2
        assert face_angle(seats, person, camera) < 60


def test_presets_and_projection():
    seats = face_to_face()
    assert all(isinstance(make(seats), Camera) for make in PRESETS.values())
    camera = Camera((0, 1, 5), (0, 1, 0), 90.0)
    np.testing.assert_allclose(camera.project(np.array([[5.0, 1, 0], [0, 6, 0], [0, 1, 9]]), 1.0)[:2], [[1, 0], [0, 1]])
    assert np.isnan(camera.project(np.array([0.0, 1, 9]), 1.0)).all()


def test_bad_input():
    with pytest.raises(InputError, match="no person"):
        close_up(face_to_face(), 2)
    with pytest.raises(InputError, match="aspect"):
        two_shot(face_to_face(), 0)
    with pytest.raises(InputError, match="two people"):
        two_shot(face_to_face()[:1])
