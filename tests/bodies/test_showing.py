"""Bodies show columns, whatever a space is called."""

from dataclasses import replace

import pytest

from visavis.bodies import needs_model_file, shown_as
from visavis.motion import ARKIT, ARKIT_BODY, EMOCA56, FLAME, SMPLX_UPPER117, SPACES, MotionSpace


@pytest.mark.parametrize("space", [ARKIT, ARKIT_BODY])
def test_the_built_in_body_shows_columns_of_any_name(space):
    assert shown_as(space) is space
    assert shown_as(replace(space, name="phone")) is space
    assert not needs_model_file(space)


def test_a_name_is_not_enough():
    assert shown_as(MotionSpace("arkit", ARKIT.columns[:9])) is None
    assert not needs_model_file(MotionSpace("flame", FLAME.columns[:9]))


def test_some_spaces_need_a_model_file_and_the_others_no_body_shows():
    assert {name for name, space in SPACES.items() if shown_as(space)} == {"arkit", "arkit-body"}
    own = {space.name for space in (FLAME, EMOCA56, SMPLX_UPPER117)}
    assert {name for name, space in SPACES.items() if needs_model_file(space)} == own
    assert needs_model_file(replace(EMOCA56, name="mine"))
