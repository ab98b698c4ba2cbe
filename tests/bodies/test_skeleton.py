import numpy as np
import pytest
import roma
import torch

from visavis.bodies import AnnyBody, body_for, default_appearances
from visavis.bodies.skeleton import BODY, HANGING, HEAD, skeleton_of
from visavis.errors import InputError
from visavis.motion import ARKIT, ARKIT_BODY, FLAME

PLACE = np.array([0.2, 1.6, -0.1], np.float32)


@pytest.fixture(scope="module", params=[0, 1], ids=["A", "B"])
def body(request) -> AnnyBody:
    return AnnyBody(default_appearances()[request.param], space=ARKIT_BODY)


def values(**turns) -> torch.Tensor:
    row = np.zeros(ARKIT_BODY.dim, np.float32)
    row[ARKIT_BODY.indices("translation")] = PLACE
    for joint, turn in turns.items():
        row[ARKIT_BODY.indices([f"{joint}.{axis}" for axis in "xyz"])] = turn
    return torch.from_numpy(row)


def weight(body: AnnyBody, *bones: str) -> np.ndarray:
    """How much of each vertex follows bones whose names start so."""
    return body.figure.weights[:, [name.startswith(bones) for name in BODY.names]].sum(1)


def test_bones_of_the_face_come_first_and_every_column_turns_one():
    assert BODY.names[: len(HEAD.names)] == HEAD.names
    for skeleton in (HEAD, BODY):
        seen = {skeleton.names[0]}
        for bone in skeleton.order:
            assert skeleton.names[skeleton.parents[bone]] in seen
            seen.add(skeleton.names[bone])
        assert seen == set(skeleton.names)
        columns = {f"{joint}.{axis}" for joint in skeleton.turns for axis in "xyz"}
        assert columns == {column.name for column in skeleton.space.columns if column.unit == "rad"}
    with pytest.raises(InputError, match="not 'flame'"):
        skeleton_of(FLAME)


def test_at_zero_people_stand_as_without_arms_to_move(body):
    other = AnnyBody(body.appearance)
    there = other.vertices(values()[: ARKIT.dim]).numpy()
    assert np.abs(body.vertices(values()).numpy() - there).max() < 1e-4
    assert body_for(ARKIT_BODY, body.appearance).space is ARKIT_BODY


def test_a_forearm_turns_about_the_elbow_and_nothing_else_moves(body):
    rest, bent = body.vertices(values()), body.vertices(values(leftLowerArm=(-1.3, 0, 0)))
    moved = np.linalg.norm((bent - rest).numpy(), axis=1)
    left = weight(body, "lowerarm01.L", "lowerarm02.L", "wrist.L") + sum(
        weight(body, f"finger{i}-{k}.L") for i in range(1, 6) for k in range(1, 4)
    )
    assert moved[left == 0].max() < 1e-6
    hand = left > 0.999
    assert moved[hand].min() > 0.02
    elbow = body.figure.joints[BODY.names.index("lowerarm01.L")]
    middle = body.figure.joints[BODY.names.index("head")]
    centre = torch.from_numpy(PLACE + elbow - middle)
    assert torch.allclose((bent - centre)[hand].norm(dim=1), (rest - centre)[hand].norm(dim=1), atol=1e-4)
    assert (bent - rest)[hand, 2].mean() > 0.05  # forward, and up
    assert (bent - rest)[hand, 1].mean() > 0.05


def test_the_same_rotations_point_everybody_the_same_way():
    turns = torch.stack([values(), values(rightUpperArm=(-0.3, -0.4, -1.2), rightLowerArm=(0, 1.2, -1.8))])
    seen = []
    for appearance in default_appearances():
        joints = torch.from_numpy(AnnyBody(appearance, space=ARKIT_BODY).figure.joints)
        _, places = BODY.pose(turns, joints)
        bones = [BODY.names.index(name) for name in ("upperarm01.R", "lowerarm01.R", "wrist.R", "finger3-1.R")]
        along = np.diff(places[:, bones].numpy(), axis=1)
        seen.append(along / np.linalg.norm(along, axis=-1, keepdims=True))
    expected = np.array([direction for _, direction in HANGING.values()]) * (-1, 1, 1)
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    assert np.allclose(seen[0][0], expected, atol=1e-5)
    assert np.degrees(np.arccos(np.clip((seen[0] * seen[1]).sum(-1), -1, 1))).max() < 2


def test_a_twist_is_spread_over_both_halves_of_a_limb():
    turn = torch.tensor([[0.4, -0.9, 0.2], [-1.9, 1.4, -0.5], [0.0, 0.0, 0.0], [0.0, -3.0, 0.1]])
    row = torch.zeros(4, ARKIT_BODY.dim)
    row[:, ARKIT_BODY.indices(["leftLowerArm.x", "leftLowerArm.y", "leftLowerArm.z"]).tolist()] = turn
    own = BODY.own_turns(row)
    near, far = own["lowerarm01.L"], own["lowerarm02.L"]
    together = roma.rotvec_composition([near, far])
    whole = roma.rotvec_to_rotmat(turn)
    assert torch.allclose(roma.rotvec_to_rotmat(together), whole, atol=1e-5)
    axis = torch.tensor(HANGING["lowerarm01"][1])
    axis = axis / axis.norm()
    assert torch.allclose(torch.linalg.cross(far, axis.expand(4, 3), dim=1), torch.zeros(4, 3), atol=1e-6)
    assert far.norm(dim=1).max() <= torch.pi / 2 + 1e-5


def test_translation_is_the_head_joint_of_the_straight_neck_with_a_bent_spine_too(body):
    bent = values(spine=(0.5, 0.2, -0.1))
    head = weight(body, "head") == 1
    upright = body.vertices(values()).numpy()[head] - PLACE
    there = body.vertices(bent).numpy()[head] - PLACE
    turn = roma.rotvec_to_rotmat(torch.tensor([0.5, 0.2, -0.1])).numpy()
    assert np.allclose(there, upright @ turn.T, atol=1e-4)
    lean = body.lean(bent[None])[0].numpy()
    assert lean[2] > 0.05 > 0 > lean[1]
    assert body.lean(values()[None]).abs().max() < 1e-6


def test_arms_differentiate(body):
    row = values(leftUpperArm=(0.1, 0.2, 0.9)).requires_grad_()
    body.vertices(row).square().sum().backward()
    assert torch.isfinite(row.grad).all()
    assert (row.grad[ARKIT_BODY.indices("hands").tolist()].abs() > 0).any()
    at_zero = values().requires_grad_()
    body.vertices(at_zero).square().sum().backward()
    assert torch.isfinite(at_zero.grad).all()
