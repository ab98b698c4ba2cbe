"""Gaze: rotations to directions and back, checked against plain geometry."""

import numpy as np
import pytest

from visavis.errors import InputError
from visavis.motion import ARKIT, ARKIT_BODY, EMOCA56, Motion, Seat, face_to_face
from visavis.motion.events import nods
from visavis.motion.gaze import (
    EYE_MIDPOINT,
    HALF_EYE_DISTANCE,
    LOOK_SHAPES,
    eye_look_shapes,
    eye_positions,
    gaze_angle_to_partner,
    gaze_direction,
    look_at,
    split_head,
    toward,
)
from visavis.motion.mapping import project_to_space
from visavis.motion.seat import opposite


def at(seat: Seat, frames: int = 1) -> Motion:
    motion = Motion.zeros(frames, 25.0, ARKIT)
    return motion.with_columns("translation", np.tile(seat.position, (frames, 1)))


def test_a_person_at_rest_looks_where_the_torso_faces():
    seat = Seat((0.3, 1.2, -0.4), 0.7)
    assert gaze_direction(at(seat), seat)[0] == pytest.approx(seat.forward, abs=1e-6)


def test_positive_x_looks_down_and_positive_y_to_the_persons_left():
    seat = Seat((0, 1.5, 0), 0.0)
    down = at(seat).with_columns("head", [[0.3, 0, 0]])
    left = at(seat).with_columns("eyes", [[0, 0.3, 0, 0, 0.3, 0]])
    assert gaze_direction(down, seat)[0] == pytest.approx([0, -np.sin(0.3), np.cos(0.3)], abs=1e-6)
    assert gaze_direction(left, seat)[0] == pytest.approx([np.sin(0.3), 0, np.cos(0.3)], abs=1e-6)


def test_neck_head_and_eyes_add_up():
    seat = Seat((0, 1.5, 0), 0.2)
    motion = at(seat).with_columns("neck", [[0, 0.1, 0]]).with_columns("head", [[0, 0.15, 0]])
    motion = motion.with_columns("eyes", [[0, 0.05, 0, 0, 0.05, 0]])
    assert gaze_direction(motion, seat)[0] == pytest.approx([np.sin(0.5), 0, np.cos(0.5)], abs=1e-6)


def test_eyes_lie_in_front_of_and_beside_the_head_joint():
    seat = Seat((0, 1.5, 0), np.pi / 2)  # looks along +X, so the person's left is -Z
    middle, left = eye_positions(at(seat), seat)[0], eye_positions(at(seat), seat, "left")[0]
    assert middle == pytest.approx([EYE_MIDPOINT[2], 1.5 + EYE_MIDPOINT[1], 0], abs=1e-6)
    assert left - middle == pytest.approx([0, 0, -HALF_EYE_DISTANCE], abs=1e-6)


@pytest.mark.parametrize("distance", [0.5, 1.0, 3.0])
def test_looking_at_the_partners_eyes_reaches_them(distance):
    rng = np.random.default_rng(3)
    a, b = face_to_face(distance)
    people = []
    for seat in (a, b):
        motion = at(seat, 40).with_columns("head", rng.normal(0, 0.15, (40, 3)))
        people.append(motion.with_columns("neck", rng.normal(0, 0.1, (40, 3))))
    left, right = look_at(eye_positions(people[1], b), people[0], a, limit=np.pi)
    looking = people[0].with_columns("eyes", np.concatenate([left, right], 1))
    assert np.degrees(gaze_angle_to_partner(looking, a, people[1], b)).max() < 0.2


def test_near_targets_make_the_eyes_converge():
    seat = Seat((0, 1.5, 0), 0.0)
    target = eye_positions(at(seat), seat) + np.array([0, 0, 0.4])
    left, right = look_at(target, at(seat), seat)
    angle = np.arctan2(HALF_EYE_DISTANCE, 0.4)
    assert left[0] == pytest.approx([0, -angle, 0], abs=1e-6)
    assert right[0] == pytest.approx([0, angle, 0], abs=1e-6)


def test_eyes_stop_at_their_limit():
    seat = Seat((0, 1.5, 0), 0.0)
    left, _ = look_at([[5.0, 1.5, 0.1]], at(seat), seat, limit=0.6)
    assert np.linalg.norm(left) == pytest.approx(0.6)


def test_toward_turns_z_to_the_direction_without_roll():
    from scipy.spatial.transform import Rotation

    directions = np.random.default_rng(1).normal(size=(50, 3))
    vectors = toward(directions)
    turned = Rotation.from_rotvec(vectors).apply([0, 0, 1])
    assert turned == pytest.approx(directions / np.linalg.norm(directions, axis=1, keepdims=True), abs=1e-9)
    assert vectors[:, 2] == pytest.approx(0.0)


def test_split_head_is_exact():
    from scipy.spatial.transform import Rotation

    total = np.random.default_rng(2).normal(0, 0.4, (20, 3))
    neck, head = split_head(total)
    joined = (Rotation.from_rotvec(neck) * Rotation.from_rotvec(head)).as_rotvec()
    assert joined == pytest.approx(total)


@pytest.mark.parametrize(
    ("left", "right", "shape", "other"),
    [
        ([0.2, 0, 0], [0.2, 0, 0], "eyeLookDown", "eyeLookDown"),
        ([-0.2, 0, 0], [-0.2, 0, 0], "eyeLookUp", "eyeLookUp"),
        ([0, 0.2, 0], [0, 0.2, 0], "eyeLookOut", "eyeLookIn"),
        ([0, -0.2, 0], [0, -0.2, 0], "eyeLookIn", "eyeLookOut"),
    ],
)
def test_look_shapes_agree_with_the_eyes(left, right, shape, other):
    values = dict(zip(LOOK_SHAPES, eye_look_shapes([left], [right])[0], strict=True))
    moved = {name for name, value in values.items() if value > 0}
    assert moved == {f"{shape}Left", f"{other}Right"}
    assert all(0.2 < values[name] < 0.7 for name in moved)


def test_look_shapes_are_in_the_order_of_the_space():
    assert list(ARKIT.indices(LOOK_SHAPES)) == sorted(ARKIT.indices(LOOK_SHAPES))


def test_a_space_without_eyes_is_refused_in_one_line():
    with pytest.raises(InputError, match=r"emoca56.*lacks"):
        gaze_direction(Motion.zeros(2, 25, EMOCA56), Seat((0, 1, 0), 0))


def test_the_opposite_seat_is_where_one_looks_and_looks_back():
    a, b = face_to_face(1.4)
    np.testing.assert_allclose(opposite(a, 1.4).position, b.position, atol=1e-9)
    np.testing.assert_allclose(opposite(a).forward, b.forward, atol=1e-9)
    turned = Seat((0.3, 1.2, -1.0), 0.7, seated=True)
    back = opposite(opposite(turned))
    np.testing.assert_allclose(back.position, turned.position, atol=1e-9)
    assert back.seated


def test_the_spine_turns_the_gaze_as_the_neck_does():
    rng, seat = np.random.default_rng(5), Seat((0.3, 1.2, -0.4), 0.7)
    motion = Motion.zeros(20, 25, ARKIT_BODY).with_columns("translation", np.tile(seat.position, (20, 1)))
    for group in ("neck", "head", "eyes"):
        motion = motion.with_columns(group, 0.2 * rng.standard_normal(motion[group].shape))
    bent = motion.with_columns([f"spine.{axis}" for axis in "xyz"], 0.2 * rng.standard_normal((20, 3)))
    face = project_to_space(bent, ARKIT)
    np.testing.assert_allclose(gaze_direction(bent, seat), gaze_direction(face, seat), atol=1e-5)
    assert np.abs(gaze_direction(bent, seat) - gaze_direction(motion, seat)).max() > 0.1
    assert len(nods(bent)) == len(nods(face))
