"""From joints that are known exactly back to the rotations that put them there."""

import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation

from visavis.bodies.appearance import complete, default_appearances
from visavis.bodies.figure_cache import load_figure
from visavis.bodies.skeleton import BODY
from visavis.motion import ARKIT, ARKIT_BODY, Motion
from visavis.motion.mapping import with_body
from visavis.motion.rotations import angle_between, compose
from visavis.motion.spaces import HAND_JOINTS
from visavis.perception.bodies import kinematics
from visavis.perception.bodies.following import Followed
from visavis.perception.bodies.motion import SEEN, presence, seen_of, to_motion
from visavis.perception.bodies.skeleton import left_arm, left_hand

ELBOW = np.cross(*left_arm()[:2]) / np.linalg.norm(np.cross(*left_arm()[:2]))
UPWARDS = np.cross(ELBOW, left_arm()[1])
"""Axes about which elbow and wrist bend; what turns a hand about the lower arm's own is the lower arm's."""
MIRRORED = np.array([1.0, -1.0, -1.0])
"""Of rotation vectors."""
FIST = {f"{f}{i}": angle for f in ("Middle", "Ring", "Pinky") for i, angle in ((1, 1.0), (2, 1.3), (3, 0.7))}


def pose(**joints) -> Motion:
    """A second at rest but for these joints; numbers bend fingers about their axis."""
    motion = with_body(Motion.zeros(25, 25, ARKIT))
    for joint, turn in joints.items():
        if np.isscalar(turn):
            turn = turn * left_hand().curl * (MIRRORED if joint.startswith("right") else 1)
        motion = motion.with_columns([f"{joint}.{axis}" for axis in "xyz"], np.tile(turn, (25, 1)))
    return motion


POSES = {
    "rest": pose(),
    "a raised arm": pose(leftUpperArm=(0, 0, 1.4), rightUpperArm=(-1.3, 0, 0.2)),
    "a wave": pose(
        rightUpperArm=(-0.3, -0.4, -1.0), rightLowerArm=1.7 * ELBOW * MIRRORED, rightWrist=0.4 * UPWARDS * MIRRORED,
        rightIndex1=-0.2, rightMiddle2=-0.2,
    ),
    "pointing": pose(
        leftUpperArm=(-1.0, 0, 0.1), leftLowerArm=0.6 * ELBOW, leftIndex1=0.1, leftIndex2=-0.3,
        **{f"left{joint}": angle for joint, angle in FIST.items()},
    ),
    "palms up": pose(
        leftUpperArm=(-0.4, 0.3, 0.2),
        leftLowerArm=compose(1.4 * ELBOW, 1.2 * left_arm()[1]),
        leftWrist=0.2 * ELBOW - 0.4 * UPWARDS,
        rightLowerArm=compose(1.2 * ELBOW * MIRRORED, -1.0 * left_arm()[1] * (-1, 1, 1)),
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def figure():
    return load_figure(complete({}), seated=False, skeleton=BODY)


def landmarks_of(motion: Motion, figure, turned=None) -> Followed:
    """What somebody with perfect eyes sees of a pose, before a camera about which the person is `turned`."""
    rotations, places = (
        tensor.numpy().astype(float)
        for tensor in BODY.pose(torch.from_numpy(motion.values), torch.from_numpy(figure.joints))
    )
    bone = BODY.names.index
    followed = Followed.nothing(len(motion))
    followed.seen[:], followed.stretches[:] = 1, 1
    tips = left_hand().fingers[:, 3] - left_hand().fingers[:, 2]
    for side, letter in enumerate("LR"):
        arm = places[:, [bone(f"{name}.{letter}") for name in ("upperarm01", "lowerarm01", "wrist")]]
        hip = places[:, bone("upperarm01.R")] / 2 + places[:, bone("upperarm01.L")] / 2 - (0, 0.45, 0)
        followed.joints[:, :3, side], followed.joints[:, 3, side] = arm, hip + np.array([0.1 * (1 - 2 * side), 0, 0])
        followed.hands[:, side, 0] = arm[:, 2]
        for finger in range(5):
            for k in (1, 2, 3):
                last = bone(f"finger{finger + 1}-{k}.{letter}")
                followed.hands[:, side, 4 * finger + k] = places[:, last]
            tip = tips[finger] * ((1, 1, 1) if side == 0 else (-1, 1, 1))
            followed.hands[:, side, 4 * finger + 4] = places[:, last] + rotations[:, last] @ tip
    if turned is not None:
        followed.joints, followed.hands = (
            turned.apply(a.reshape(-1, 3)).reshape(a.shape) for a in (followed.joints, followed.hands)
        )
    return followed


def turn(motion: Motion, joint: str) -> np.ndarray:
    return motion[[f"{joint}.{axis}" for axis in "xyz"]][12]


JOINTS = [joint for joint in BODY.turns if joint not in ("neck", "head", "leftEye", "rightEye")]


@pytest.mark.parametrize("name", POSES)
@pytest.mark.parametrize("yaw", [0.0, 0.6])
def test_exact_joints_give_the_rotations_back(name, yaw, figure):
    followed = landmarks_of(POSES[name], figure, Rotation.from_euler("y", yaw))
    motion, track = to_motion(followed, 25, Motion.zeros(25, 25, ARKIT), lap=False)
    assert track.valid.all()
    assert (track.values == 1).all()
    errors = {joint: np.degrees(angle_between(turn(motion, joint), turn(POSES[name], joint))) for joint in JOINTS}
    upper = {joint: error for joint, error in errors.items() if joint.endswith(("UpperArm", "LowerArm"))}
    assert max(upper.values()) < 6, upper  # a nearly straight arm tells little of how it is turned about itself
    rest = {joint: error for joint, error in errors.items() if joint not in upper}
    assert max(rest.values()) < 4, rest
    assert np.mean(list(errors.values())) < 1


def test_other_people_than_the_average_make_little_difference():
    for appearance in default_appearances():
        figure = load_figure(complete(appearance), seated=False, skeleton=BODY)
        followed = landmarks_of(POSES["pointing"], figure)
        motion, _ = to_motion(followed, 25, Motion.zeros(25, 25, ARKIT), lap=False)
        errors = [np.degrees(angle_between(turn(motion, j), turn(POSES["pointing"], j))) for j in JOINTS]
        assert max(errors) < 7
        assert np.mean(errors) < 2


def test_a_turning_chest_is_the_spines_and_the_face_looks_where_it_looked(figure):
    face = Motion.zeros(100, 25, ARKIT).with_columns("neck", np.tile([0.1, 0.3, 0.0], (100, 1)))
    still = landmarks_of(Motion.concatenate([POSES["rest"]] * 4), figure)
    sway = Rotation.from_rotvec(0.3 * np.sin(np.arange(100) / 100 * 2 * np.pi)[:, None] * (0.0, 0.8, 0.3))
    still.joints = np.einsum("tij,tabj->tabi", sway.as_matrix(), still.joints).astype(np.float32)
    still.hands = np.einsum("tij,tabj->tabi", sway.as_matrix(), still.hands).astype(np.float32)
    motion, _ = to_motion(still, 25, face, lap=False)
    spine = motion[["spine.x", "spine.y", "spine.z"]]
    assert np.degrees(angle_between(spine, sway.as_rotvec())).max() < 2
    assert np.degrees(angle_between(compose(spine, motion["neck"]), face["neck"])).max() < 0.1
    assert np.abs(motion[["leftUpperArm.x", "leftUpperArm.y", "leftUpperArm.z"]]).max() < 0.1


def test_no_arm_turns_inside_out_whatever_the_landmarks_say():
    rng = np.random.default_rng(0)
    upper, lower = rng.normal(size=(2, 3000, 3))
    palm = Rotation.random(3000, random_state=0).as_matrix()
    arm = kinematics.solve_arm(upper, lower, palm)
    fore, wrist = kinematics.share_hand(arm)
    turned = Rotation.from_rotvec(arm.upper) * Rotation.from_rotvec(arm.lower)
    along, along0 = turned.apply(left_arm()[1]), Rotation.from_rotvec(arm.upper).apply(left_arm()[0])
    assert np.degrees(np.arccos((along * along0).sum(1))).max() < 151
    hinge = Rotation.from_rotvec(arm.upper).apply(ELBOW)
    bend = np.arctan2((np.cross(hinge, along0) * along).sum(1), (along0 * along).sum(1))
    assert np.degrees(bend).min() > -16
    assert np.degrees(np.linalg.norm(wrist, axis=1)).max() < 80.1
    assert np.isfinite(fore).all()
    fingers = rng.normal(size=(500, 5, 4, 3))
    turns = kinematics.solve_fingers(fingers, palm[:500], left_hand())
    assert np.degrees(np.linalg.norm(turns, axis=-1)).max() < 115


def test_palms_are_fitted_without_mirroring():
    known = Rotation.random(50, random_state=1)
    points = np.stack([r.apply(left_hand().palm) for r in known]) * 3 + (1, 2, 3)
    points[7] = np.nan
    turns = kinematics.palm_turns(points, left_hand())
    assert np.isnan(turns[7]).all()
    seen = np.arange(50) != 7
    assert np.allclose(turns[seen], known[seen].as_matrix(), atol=1e-6)
    assert np.allclose(np.linalg.det(turns[seen]), 1)


def test_hands_that_nobody_sees_rest(figure):
    followed = landmarks_of(Motion.concatenate([POSES["palms up"]] * 4), figure)
    followed.seen[40:, 2, 0] = 0.2  # the left wrist leaves the picture
    followed.hands[:, 1] = np.nan
    for lap in (False, True):
        motion, track = to_motion(followed, 25, Motion.zeros(100, 25, ARKIT), lap)
        assert track.valid.all()
        assert ((track["leftArm"] > SEEN[1]) == (np.arange(100) < 40)).all()
        assert not track["rightHand"].any()
        rest = kinematics.resting_arm(lap)
        own = motion[["leftUpperArm.x", "leftUpperArm.y", "leftUpperArm.z"]]
        assert np.degrees(angle_between(own[60:], rest.upper)).max() < 0.5
        assert np.degrees(angle_between(own[:30], turn(POSES["palms up"], "leftUpperArm"))).max() < 6
        assert np.degrees(angle_between(own[1:], own[:-1])).max() < 15  # it gets there without a jump
        assert not motion["hands"][:, ARKIT_BODY.indices("hands").size // 2 :].any()
    hidden = Followed.nothing(100)
    motion, track = to_motion(hidden, 25, Motion.zeros(100, 25, ARKIT), lap=False)
    assert np.abs(motion.values).max() < 1e-6
    assert not track.valid.any()
    assert not seen_of(hidden).any()


def test_hands_in_the_lap_lie_in_front_and_low(figure):
    rest = kinematics.resting_arm(lap=True)
    lower, wrist = kinematics.share_hand(rest)
    motion = pose(leftUpperArm=rest.upper[0], leftLowerArm=lower[0], leftWrist=wrist[0])
    _, places = BODY.pose(torch.from_numpy(motion.values[:1]), torch.from_numpy(figure.joints))
    knuckle, hip = (places[0, BODY.names.index(name)].numpy() for name in ("finger3-1.L", "torso"))
    assert 0.25 < knuckle[2] - hip[2] < 0.5
    assert abs(knuckle[0]) < 0.15
    assert -0.05 < knuckle[1] - hip[1] < 0.2


def test_gaps_are_bridged_glimpses_left_out_and_passages_smooth():
    seen = np.zeros(100, bool)
    seen[20:60] = True
    seen[35:40] = False  # 0.2 s
    seen[80:83] = True  # 0.12 s
    share = presence(seen, 25)
    assert share[30:50] == pytest.approx(1)
    assert share[72:] == pytest.approx(0)
    assert np.abs(np.diff(share)).max() < 0.2
    assert ((share >= 0) & (share <= 1 + 1e-9)).all()
    assert presence(np.ones(5, bool), 25) == pytest.approx(1)


def test_every_finger_joint_is_solved():
    turns = kinematics.solve_fingers(left_hand().fingers[None], np.eye(3)[None], left_hand())
    assert turns.reshape(-1, 3).shape == (len(HAND_JOINTS), 3)
    assert np.allclose(turns, 0, atol=1e-9)
