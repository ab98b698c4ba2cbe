import numpy as np
import pytest

from visavis.errors import InputError
from visavis.motion import ARKIT, FLAME, FLAME_FACE53, SMPLX_UPPER117, Motion, get_space
from visavis.motion.venus import side_by_side, to_body, to_face


def numbered(name: str, frames: int = 3) -> Motion:
    """Every value tells its frame and column."""
    space = get_space(name)
    return Motion(1 + np.arange(frames)[:, None] * 1000 + np.arange(space.dim)[None], 25.0, space)


def test_the_face_lies_where_the_authors_reader_takes_it():
    face = get_space("venus-face156")
    assert list(face.indices("expression")) == list(range(50))
    assert list(face.indices("jaw")) == [53, 54, 55]
    assert len(face.indices("shape")) == 100


def test_the_body_lies_where_the_authors_reader_takes_it():
    names = get_space("venus-body179").names
    taken = names[39:156]  # nine joints, the left hand, the right one
    assert list(taken[:27:3]) == [
        f"{j}.x" for j in ("left_collar", "right_collar", "head", "left_shoulder", "right_shoulder", "left_elbow",
                           "right_elbow", "left_wrist", "right_wrist")
    ]  # fmt: skip
    assert {n.split("_")[0] for n in taken[27:72]} == {"left"}
    assert {n.split("_")[0] for n in taken[72:]} == {"right"}
    assert names[0] == "root.x"
    assert names[156] == "jaw.x"


@pytest.mark.parametrize("name", ["venus-face153", "venus-face156"])
def test_a_face_becomes_flame_and_comes_back_but_for_the_shape(name):
    face = numbered(name)
    flame = to_face(face)
    assert flame.space is FLAME
    assert np.array_equal(flame["jaw"], face["jaw"])
    assert np.array_equal(flame.values[:, :50], face.values[:, :50])
    assert not flame["translation"].any()
    back = to_face(flame, face.space)
    for group in face.space.groups:
        assert np.array_equal(back[group], face[group]) == (group != "shape")


def test_a_body_becomes_the_upper_body_and_every_joint_keeps_its_name():
    body = numbered("venus-body179")
    upper = to_body(body)
    assert upper.space is SMPLX_UPPER117
    for name in upper.space.names:
        assert np.array_equal(upper[(name,)], body[(name,)]), name


def test_face_and_body_side_by_side_are_taken_apart_again():
    face, body = numbered("venus-face153"), numbered("venus-body179")
    both = side_by_side(face, body)
    assert both.space.dim == 332
    assert np.array_equal(to_face(both, face.space).values, face.values)
    assert np.array_equal(to_body(both, body.space).values, body.values)
    assert np.array_equal(to_face(both, FLAME_FACE53).values, to_face(face, FLAME_FACE53).values)


def test_blendshapes_are_refused():
    with pytest.raises(InputError, match="'arkit' cannot be converted"):
        to_face(Motion.zeros(2, 25.0, ARKIT))
