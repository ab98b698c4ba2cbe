"""Parts of a motion by groups, and the whole of its parts."""

import numpy as np
import pytest

from visavis.errors import InputError
from visavis.motion import ARKIT, ARKIT_BODY, FLAME_FACE53, SMPLX_UPPER117, SPACES, Motion, get_space
from visavis.motion.mapping import project_to_space
from visavis.motion.parts import joined, part_of

FACE, BODY = ("expression", "eyes", "jaw"), ("neck", "head", "translation", "body", "hands")


def noise(space, frames=5):
    return Motion(np.random.default_rng(3).uniform(0, 1, (frames, space.dim)), 25, space)


@pytest.mark.parametrize("space", [ARKIT, ARKIT_BODY, get_space("venus170")], ids=lambda space: space.name)
def test_face_and_body_are_the_whole_again(space):
    whole = noise(space)
    parts = [part_of(whole, space.part(groups)) for groups in (FACE, BODY)]
    assert sum(part.space.dim for part in parts) == space.dim
    assert joined(parts, space) == whole == joined(parts[::-1], space)


@pytest.mark.parametrize("space", SPACES.values(), ids=SPACES)
def test_a_part_has_the_columns_of_its_groups_in_order(space):
    group = space.groups[-1]
    part = space.part([group])
    assert part.names == tuple(space.names[i] for i in space.indices(group))
    assert space.part(space.groups).columns == space.columns
    assert part.limits()[0].tolist() == space.limits()[0][space.indices(group)].tolist()


def test_sets_of_a_part_are_those_that_are_in_it():
    assert ARKIT.part(FACE).sets == ARKIT.sets
    assert not ARKIT.part(BODY).sets


def test_groups_that_a_space_lacks_add_nothing_but_one_is_needed():
    assert FLAME_FACE53.part(FACE).columns == FLAME_FACE53.columns
    with pytest.raises(InputError, match="'flame-face53' has none of the groups body, hands; it has: expression, jaw"):
        FLAME_FACE53.part(("hands", "body"))


def test_what_cannot_be_joined_is_one_line():
    face, body = (part_of(noise(ARKIT), ARKIT.part(groups)) for groups in (FACE, BODY))
    for parts, space, message in (
        ([face, body.slice(0, 3)], ARKIT, "not 5 at 25/s, 3 at 25/s"),
        ([], ARKIT, "not none"),
        ([face, face], ARKIT, "two parts of the motion have column 'eyeBlinkLeft'"),
        ([face], ARKIT, "no part has column"),
        ([face, body], FACE_ONLY, "the whole does not have column 'head.x'"),
    ):
        with pytest.raises(InputError, match=message):
            joined(parts, space)
    with pytest.raises(InputError, match=r"'arkit' has no column 'spine\.x'"):
        part_of(noise(ARKIT), ARKIT_BODY.part(["body"]))


FACE_ONLY = ARKIT.part(FACE)


def test_venus_is_narrowed_to_what_mars_speaks():
    venus = noise(get_space("venus332"))
    spoken = project_to_space(venus, get_space("venus170"))
    assert np.array_equal(spoken["jaw.x"], venus["jaw.x"])
    assert np.array_equal(spoken["body.left_elbow.y"], venus["body.left_elbow.y"])
    for space in (FLAME_FACE53, SMPLX_UPPER117):
        alone = project_to_space(venus, space)
        assert alone.space == space
        assert alone == project_to_space(spoken, space)
    assert np.array_equal(alone["right_index1.z"], venus["body.right_index1.z"])
    assert project_to_space(spoken, ARKIT) is spoken
