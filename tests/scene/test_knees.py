"""Legs of two people who sit close together do not meet."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial import cKDTree

from visavis.bodies import AnnyBody, default_appearances
from visavis.bodies.normals import vertex_normals
from visavis.motion import face_to_face
from visavis.scene.knees import NEAREST, knees_aside, span
from visavis.scene.layout import layout_from


def sitting(distance):
    a, b = face_to_face(distance, 1.18)
    return replace(a, seated=True), replace(b, seated=True)


def test_legs_turn_aside_only_where_two_sit_close():
    assert knees_aside(sitting(1.2)) == (0, 0)
    assert knees_aside(face_to_face(0.7)) == (0, 0)
    near = knees_aside(sitting(0.7))
    assert near[0] == near[1] > 0  # each to their own left: opposite sides of the room
    a, b = sitting(0.7)
    assert knees_aside((a, replace(b, seated=False)))[1] == 0


def test_nobody_stands_where_the_other_s_knees_are():
    near = layout_from("A sits and B stands, 40 cm apart")
    assert span(near.seats) == pytest.approx(NEAREST)
    assert any("where the knees are" in note for note in near.notes)
    far = layout_from("A sits and B stands, 1.2 m apart")
    assert not any("knees" in note for note in far.notes)
    assert span(layout_from("both stand, 40 cm apart").seats) == pytest.approx(0.4, abs=0.02)


@pytest.mark.parametrize("name", ["sofa", "bench"])
def test_on_a_sofa_legs_point_straight_out(name):
    seats = layout_from(name).seats
    for seat, aside in zip(seats, knees_aside(seats), strict=True):
        legs = seat.yaw + np.radians(aside)
        assert abs(legs) < np.radians(10)  # the line from head to head runs along X
        assert abs(legs) < abs(seat.yaw)


@pytest.mark.parametrize("distance", [0.65, 0.9])
def test_nobody_sits_in_the_others_lap(distance):
    seats = sitting(distance)
    solid = []
    for appearance, seat, aside in zip(default_appearances(), seats, knees_aside(seats), strict=True):
        body = AnnyBody(appearance, seated=True, knees_aside=aside)
        points = (body.figure.rest - body.figure.joints[4]) @ np.array(
            [[np.cos(seat.yaw), 0, -np.sin(seat.yaw)], [0, 1, 0], [np.sin(seat.yaw), 0, np.cos(seat.yaw)]]
        ) + seat.position
        solid.append((points, vertex_normals(points, body.faces)))
    (a, _), (b, out) = solid
    near, index = cKDTree(b).query(a)
    inside = np.einsum("ij,ij->i", b[index] - a, out[index])[near < 0.1]
    assert inside.max(initial=0) < 0.008  # metres: fingertips may touch
