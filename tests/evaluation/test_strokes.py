"""Strokes found in wrists that are known to stop at known times."""

import numpy as np
import pytest

from visavis.bodies.appearance import complete
from visavis.bodies.figure_cache import load_figure
from visavis.bodies.skeleton import BODY
from visavis.errors import InputError
from visavis.evaluation.strokes import apexes, wrists
from visavis.motion import ARKIT, ARKIT_BODY, Motion

FPS = 25.0


def going(stops: list[tuple[float, float, float]], seconds: float) -> np.ndarray:
    """A wrist that moves smoothly: (start, arrival, height to reach), metres."""
    times = np.arange(round(seconds * FPS)) / FPS
    height = np.zeros(len(times))
    now = 0.0
    for start, arrival, target in stops:
        share = np.clip((times - start) / (arrival - start), 0, 1)
        height += (target - now) * (10 * share**3 - 15 * share**4 + 6 * share**5)
        now = target
    return np.stack([0 * height, height, 0 * height], 1)


def test_a_stroke_arrives_where_the_hand_turns_and_a_retraction_is_none():
    places = going([(1.0, 1.4, 0.25), (1.4, 1.7, 0.10), (2.0, 2.6, 0.0)], 6)
    np.testing.assert_allclose(apexes(places, FPS), [1.4, 1.7], atol=0.08)


def test_hands_that_rest_or_drift_make_no_strokes():
    drift = np.linspace(0, 0.5, 250)[:, None] * [1.0, 0.0, 0.0]
    assert len(apexes(np.zeros((250, 3)), FPS)) == 0
    assert len(apexes(drift, FPS)) == 0


def test_a_raised_arm_raises_its_own_wrist():
    joints = load_figure(complete({}), seated=False, skeleton=BODY).joints
    motion = Motion.zeros(2, FPS, ARKIT_BODY)
    turn = np.zeros((2, 3))
    turn[1, 0] = -np.pi / 2  # a hanging arm to the front
    moved = wrists(motion.with_columns([f"leftUpperArm.{axis}" for axis in "xyz"], turn), joints)
    left, right = moved[0, 1] - moved[0, 0], moved[1, 1] - moved[1, 0]
    assert left[1] > 0.3
    assert left[2] > 0.3
    np.testing.assert_allclose(right, 0, atol=1e-9)


def test_faces_alone_have_no_strokes():
    with pytest.raises(InputError, match="has none"):
        wrists(Motion.zeros(5, FPS, ARKIT), np.zeros((3, 3)))
