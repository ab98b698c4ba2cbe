"""Portraits of single frames: what moves shows where it is, and only there."""

import numpy as np
import pytest

from visavis.errors import InputError
from visavis.motion import Motion
from visavis.motion.spaces import ARKIT, ARKIT_BODY, EMOCA56
from visavis.rendering.portrait import Portraits


def drawn(motion: Motion) -> list[np.ndarray]:
    portraits = Portraits(motion.space, 96)
    try:
        return [picture.astype(int) for picture in portraits.draw(motion)]
    finally:
        portraits.close()


def middle_of_change(before: np.ndarray, after: np.ndarray) -> tuple[float, float]:
    """Where the picture changes: share of its height from the top and of its width from the left."""
    y, x = np.nonzero(np.abs(after - before).sum(-1) > 30)
    return y.mean() / len(before), x.mean() / len(before)


def test_a_face_shows_its_expression_wherever_it_is_in_the_room():
    motion = (
        Motion.zeros(4, 25.0, ARKIT).with_columns("jawOpen", [0, 0, 1, 0]).with_columns("browInnerUp", [0, 0, 0, 1])
    )
    rest, away, open_mouth, brows = drawn(motion.with_columns("translation.x", [0, 3, 0, 0]))
    assert np.array_equal(rest, away)
    assert middle_of_change(rest, open_mouth)[0] > middle_of_change(rest, brows)[0] + 0.15


def test_an_arm_shows_on_its_own_side():
    motion = Motion.zeros(2, 25.0, ARKIT_BODY).with_columns("leftUpperArm.x", [0, -1.2])
    rest, raised = drawn(motion)
    assert middle_of_change(rest, raised)[1] > 0.55  # the person's left is on the right of the picture


def test_other_spaces_are_refused():
    with pytest.raises(InputError, match="emoca56"):
        Portraits(EMOCA56)
