"""A body is added without changing what the face does."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from visavis.behavior.curves import FPS
from visavis.behavior.events import Event
from visavis.behavior.performing.body import add_body
from visavis.behavior.plan import Plan
from visavis.bodies import default_appearances
from visavis.errors import InputError
from visavis.motion import ARKIT, ARKIT_BODY, Motion
from visavis.motion.mapping import to_space
from visavis.motion.rotations import angle_between, compose
from visavis.scene.layout import layout_from

SEATS = layout_from("bench").seats
WAVE = Event("gesture", 1.0, 3.0, "palm", apex=(1.8,), hand="both")
PLAN = Plan(4.0, ((WAVE,), ()))


def face(person=0, frames=100):
    rng = np.random.default_rng(0)
    motion = Motion.zeros(frames, FPS, ARKIT)
    motion = motion.with_columns("neck", np.cumsum(rng.normal(0, 0.01, (frames, 3)), axis=0))
    lean = np.cumsum(rng.normal(0, 0.002, (frames, 3)), axis=0)
    return motion.with_columns("translation", np.array(SEATS[person].position) + lean)


@pytest.mark.parametrize("person", [0, 1])
def test_the_face_looks_where_it_looked(person):
    before = face(person)
    after = add_body(before, PLAN, person, SEATS, ARKIT_BODY, 0)
    spine = after[("spine.x", "spine.y", "spine.z")]
    assert after.space is ARKIT_BODY
    assert np.abs(spine).max() > 0.01
    assert angle_between(compose(spine, after["neck"]), before["neck"]).max() < 1e-5
    assert np.array_equal(after["translation"], before["translation"])
    assert np.array_equal(after["expression"], before["expression"])


def test_only_who_gestures_raises_the_hands():
    bodies = [add_body(face(person), PLAN, person, SEATS, ARKIT_BODY, 0) for person in (0, 1)]
    moved = [np.ptp(body[("leftLowerArm.x", "leftLowerArm.y", "leftLowerArm.z")], axis=0).max() for body in bodies]
    assert moved[0] > 0.4
    assert moved[1] < 0.2


def test_without_a_body_nothing_is_added():
    before = face()
    assert add_body(before, PLAN, 0, SEATS, ARKIT, 0) == before
    again = add_body(add_body(before, PLAN, 0, SEATS, ARKIT_BODY, 0), PLAN, 0, SEATS, ARKIT, 0)
    assert angle_between(again["neck"], before["neck"]).max() < 1e-5


def test_a_second_body_replaces_the_first():
    once = add_body(face(), PLAN, 0, SEATS, ARKIT_BODY, 0)
    twice = add_body(once, PLAN, 0, SEATS, ARKIT_BODY, 0)
    assert twice.values == pytest.approx(once.values, abs=1e-4)


def test_how_people_are_built_decides_how_far_arms_bend():
    a, b = default_appearances()
    one = add_body(face(), PLAN, 0, SEATS, ARKIT_BODY, 0, (a, None))
    usual = add_body(face(), PLAN, 0, SEATS, ARKIT_BODY, 0)
    other = add_body(face(), PLAN, 0, SEATS, ARKIT_BODY, 0, (b, None))
    assert one == usual
    assert np.abs(other["body"] - one["body"]).max() > 0.02


def test_other_frame_rates_are_refused():
    with pytest.raises(InputError, match="25 frames a second; this motion has 30"):
        add_body(Motion.zeros(10, 30.0, ARKIT), PLAN, 0, SEATS, ARKIT_BODY, 0)


def test_motion_without_frames_stays_without():
    assert len(add_body(Motion.zeros(0, FPS, ARKIT), PLAN, 0, SEATS, ARKIT_BODY, 0)) == 0


def test_all_turns_are_less_than_half_a_turn():
    body = add_body(face(), PLAN, 0, SEATS, ARKIT_BODY, 0)
    turns = Rotation.from_rotvec(to_space(body, ARKIT_BODY)["body"].reshape(-1, 3))
    assert turns.magnitude().max() < np.pi - 0.05
