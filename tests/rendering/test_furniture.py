"""Chairs, tables and the floor under them."""

from dataclasses import replace

import numpy as np
import pytest

from visavis.motion import face_to_face
from visavis.rendering.floor import Shadow, floor
from visavis.rendering.furniture import furniture, table_radius
from visavis.scene.layout import layout_from


def sitting(distance, height=1.18):
    a, b = face_to_face(distance, height)
    return replace(a, seated=True), replace(b, seated=True)


def names(seats):
    return [thing.name for thing in furniture(seats, (0.5, 0.5))]


def test_two_who_sit_a_metre_apart_have_a_small_table_between_them():
    assert names(sitting(1.0)) == ["chair A", "chair B", "table"]
    assert names(layout_from("across-a-table").seats)[-1] == "table"
    assert table_radius(sitting(1.0)) == pytest.approx(0.21)
    assert table_radius(sitting(4.0)) == pytest.approx(0.6)


def test_no_table_where_none_fits_and_no_chairs_for_those_who_stand_or_sit_on_the_ground():
    assert names(sitting(0.8)) == ["chair A", "chair B"]
    assert names(layout_from("bench").seats) == ["chair A", "chair B"]
    assert names(face_to_face(1.2)) == []
    assert names(sitting(1.2, 0.75)) == []


def test_things_stand_on_the_floor_under_the_people_and_show_their_outsides():
    seats = sitting(1.2)
    chair, other, table = furniture(seats, (0.5, 0.5))
    for thing, x in ((chair, -0.6), (other, 0.6), (table, 0.0)):
        assert thing.points[:, 1].min() == pytest.approx(0, abs=1e-9)
        middle = (thing.points.min(0) + thing.points.max(0)) / 2
        assert middle[[0, 2]] == pytest.approx([x, 0], abs=0.1)
        assert np.allclose(np.linalg.norm(thing.normals, axis=1), 1)
        corners = thing.points[thing.faces]
        across = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        assert (np.einsum("ij,ij->i", across, thing.normals[thing.faces[:, 0]]) >= -1e-12).all()
    assert chair.points[:, 0].min() < -0.8  # the backrest is behind A


def test_the_floor_is_dark_under_a_shadow_and_bright_elsewhere():
    ground, light = floor(face_to_face(), 3.0, [Shadow(0.5, 0.1, 0.1, 0.5)])
    away = np.hypot(ground.points[:, 0] - 0.5, ground.points[:, 2] - 0.1)
    assert light[away.argmin()] == pytest.approx(0.5, abs=0.05)
    assert light[away > 0.4].min() > 0.999
    assert np.abs(ground.points[:, [0, 2]]).max() == pytest.approx(3.0)
