import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from visavis.errors import InputError
from visavis.motion import SPACES, Column, MotionSpace
from visavis.motion.rotations import (
    angle_between,
    compose,
    matrix_to_rotvec,
    quaternion_to_rotvec,
    rotation_columns,
    rotvec_to_matrix,
    rotvec_to_quaternion,
    rotvec_to_sixd,
    sixd_to_rotvec,
    unwrap,
)

QUARTER = np.pi / 2


@pytest.fixture
def some():
    return Rotation.random(60, rng=np.random.default_rng(0)).as_rotvec().reshape(5, 12, 3)


def test_known_answers():
    # +y turns what looks along +Z to +X, the person's left; +x tips it down.
    assert np.allclose(rotvec_to_matrix([0, QUARTER, 0]) @ [0, 0, 1], [1, 0, 0])
    assert np.allclose(rotvec_to_matrix([QUARTER, 0, 0]) @ [0, 0, 1], [0, -1, 0])
    assert np.allclose(rotvec_to_quaternion([0, 0, QUARTER]), [0, 0, np.sqrt(0.5), np.sqrt(0.5)])
    assert np.allclose(rotvec_to_sixd([0, 0, QUARTER]), [0, 1, 0, -1, 0, 0])
    assert np.allclose(angle_between([0, 0, 3.0], [0, 0, -3.0]), 2 * np.pi - 6)


def test_there_and_back(some):
    assert np.allclose(matrix_to_rotvec(rotvec_to_matrix(some)), some)
    assert np.allclose(quaternion_to_rotvec(rotvec_to_quaternion(some)), some)
    assert np.allclose(quaternion_to_rotvec(-3 * rotvec_to_quaternion(some)), some)
    assert np.allclose(sixd_to_rotvec(rotvec_to_sixd(some)), some)
    assert rotvec_to_quaternion(some).shape == (5, 12, 4)


def test_sixd_need_not_be_orthonormal(some):
    sixd = rotvec_to_sixd(some)
    sheared = np.concatenate([2 * sixd[..., :3], sixd[..., 3:] + 0.7 * sixd[..., :3]], -1)
    assert np.allclose(sixd_to_rotvec(sheared), some)


def test_composition_applies_the_last_first(some):
    vector = np.array([0.3, -0.2, 0.9])
    a, b, c = some[:3, 0]
    expected = rotvec_to_matrix(a) @ (rotvec_to_matrix(b) @ (rotvec_to_matrix(c) @ vector))
    assert np.allclose(rotvec_to_matrix(compose(a, b, c)) @ vector, expected)


@pytest.mark.parametrize("axis", [[0, 1, 0], [0.6, 0, 0.8], [-0.48, 0.6, 0.64]])
def test_unwrapping_follows_many_turns(axis):
    angles = np.linspace(0, 25, 400)
    wrapped = Rotation.from_rotvec(angles[:, None] * np.array(axis)).as_rotvec()
    assert np.abs(np.diff(wrapped, axis=0)).max() > 3
    assert np.allclose(unwrap(wrapped), angles[:, None] * np.array(axis), atol=1e-9)


def test_unwrapping_keeps_the_rotations():
    walk = np.cumsum(np.random.default_rng(1).normal(size=(500, 3)) * 0.15, axis=0)
    wrapped = Rotation.from_rotvec(walk).as_rotvec()
    assert np.allclose(angle_between(unwrap(wrapped), wrapped), 0, atol=1e-6)


def test_every_rotation_of_the_built_in_spaces_is_found():
    counts = {name: len(rotation_columns(space)) for name, space in SPACES.items()}
    faces = {"arkit": 4, "arkit-body": 43, "flame": 5, "emoca56": 2, "talking-together78": 4, "flame-face53": 1}
    venus = {"venus-face153": 1, "venus-face156": 2, "venus-body179": 53, "venus332": 54, "venus335": 55}
    bodies = {"smplx-upper117": 39, "venus170": 40}
    assert counts == {**faces, **venus, **bodies, "biwi64": 0, "rig-speech": 0, "video-call": 0}


def test_half_a_rotation_is_an_error():
    space = MotionSpace("odd", (Column("a.x", "rad", "head"), Column("a.y", "rad", "head")))
    with pytest.raises(InputError, match=r"'a\.x' is in radians but not part of a rotation vector"):
        rotation_columns(space)
