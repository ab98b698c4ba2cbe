"""An arm goes where it is sent, as far as arms go, and never bends as none does."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from visavis.behavior.performing.arm_reach import (
    EXTENDED,
    FLEXED,
    FLEXION,
    PRONATION,
    RADIAL,
    SUPINATION,
    ULNAR,
    palm_turn,
    reach,
)
from visavis.behavior.performing.build import build_of, unit

BUILD = build_of()
AT_EASE = np.array([0.3, -1.0, -0.55])


def reached(wrist, palm=None, chest=None, lift=0.0):
    wrist = np.atleast_2d(np.asarray(wrist, float))
    count = len(wrist)
    chest = chest or Rotation.identity(count)
    palm = palm or Rotation.identity(count)
    return reach(BUILD, chest, np.zeros((count, 3)), wrist, palm, np.tile(AT_EASE, (count, 1)), np.full(count, lift))


def before_the_body(rng, count):
    return rng.uniform((0.0, -0.55, 0.15), (0.38, -0.2, 0.34), (count, 3))


def forward(arm, chest):
    """Where the wrist is by the rotations alone, and how the hand is turned."""
    clavicle, upper, lower, hand = (Rotation.from_rotvec(t) for t in (arm.clavicle, arm.upper, arm.lower, arm.hand))
    turn, place = chest * clavicle, chest.apply(BUILD.clavicle)
    place = place + turn.apply(BUILD.shoulder - BUILD.clavicle)
    turn = turn * upper
    place = place + turn.apply(BUILD.elbow - BUILD.shoulder)
    turn = turn * lower
    return place + turn.apply(BUILD.wrist - BUILD.elbow), turn * hand


def test_a_wrist_within_reach_is_where_it_should_be():
    rng = np.random.default_rng(0)
    wrist, chest = before_the_body(rng, 500), Rotation.from_rotvec(rng.normal(0, 0.15, (500, 3)))
    arm = reached(chest.apply(wrist), chest=chest)
    place, palm = forward(arm, chest)
    assert np.abs(place - chest.apply(wrist)).max() < 1e-6
    assert np.abs(arm.wrist_place - place).max() < 1e-6
    assert (arm.palm.inv() * palm).magnitude().max() < 1e-6


def test_a_wrist_out_of_reach_is_approached_in_the_same_direction():
    far = np.array([[0.3, -0.2, 3.0]])
    arm = reached(far)
    shoulder = arm.elbow_place - Rotation.from_rotvec(arm.clavicle).apply(
        Rotation.from_rotvec(arm.upper).apply(BUILD.elbow - BUILD.shoulder)
    )
    assert np.linalg.norm(arm.wrist_place - shoulder) == pytest.approx(0.995 * sum(BUILD.lengths), abs=1e-6)
    assert unit(arm.wrist_place - shoulder) @ unit(far - shoulder)[0] == pytest.approx(1.0, abs=1e-9)


def test_joints_keep_to_their_limits_whatever_is_asked():
    rng = np.random.default_rng(1)
    arm = reached(rng.normal(0, 0.6, (2000, 3)), palm=Rotation.random(2000, random_state=1))
    upper, lower = BUILD.upper, BUILD.lower
    bent = np.arccos(np.clip((Rotation.from_rotvec(arm.lower).apply(lower)) @ upper, -1, 1))
    assert bent.max() <= FLEXION + 1e-6
    quaternion = Rotation.from_rotvec(arm.lower).as_quat()
    twist = 2 * np.arctan2(quaternion[:, :3] @ lower, quaternion[:, 3])
    twist = np.mod(twist + np.pi, 2 * np.pi) - np.pi
    assert -SUPINATION - 0.35 <= twist.min() <= twist.max() <= PRONATION + 0.35  # the hinge is not quite across
    assert -EXTENDED - 1e-6 <= (arm.hand @ BUILD.curl).min() <= (arm.hand @ BUILD.curl).max() <= FLEXED + 1e-6
    assert -ULNAR - 1e-6 <= (arm.hand @ BUILD.palm).min() <= (arm.hand @ BUILD.palm).max() <= RADIAL + 1e-6


def test_the_zero_pose_is_found_again():
    arm = reached(BUILD.wrist)
    assert np.degrees(np.abs(arm.lower)).max() < 8
    assert np.degrees(np.linalg.norm(arm.upper)) < 25  # but for the elbow, which may swivel


def test_palms_turn_up_and_down_before_the_body():
    for facing in ((0, 1, 0), (0, -1, 0), (-1, 0, 0)):
        palm = palm_turn(BUILD, np.array([[0.0, 0.0, 1.0]]), np.array([facing], float))
        arm = reached((0.2, -0.42, 0.28), palm=palm)
        assert (arm.palm.apply(BUILD.palm) @ facing)[0] > np.cos(np.radians(25)), facing


def test_elbows_move_smoothly_when_wrists_do():
    course = np.linspace((0.24, -0.72, 0.05), (0.1, -0.25, 0.3), 200)
    arm = reached(course)
    assert np.abs(np.diff(arm.elbow_place, axis=0)).max() < 3 * np.abs(np.diff(course, axis=0)).max()


def test_a_shrug_lifts_the_shoulder():
    low, high = reached((0.25, -0.42, 0.2)), reached((0.25, -0.42, 0.2), lift=0.2)
    assert high.clavicle[0, 2] - low.clavicle[0, 2] == pytest.approx(0.2)
