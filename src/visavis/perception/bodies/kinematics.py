"""From landmarks to rotations of Anny's joints, in closed form.

Bones are aimed where landmarks lie; the plane of upper and lower arm tells how the upper arm is turned about itself,
the palm how the lower arm is. Limits are those of people (American Academy of Orthopaedic Surgeons, "Joint Motion",
1965, rounded up), so that no arm turns inside out whatever the landmarks say.

Everything is computed for left arms; right ones are mirrored, solved and mirrored back. Arrays are in the chest's frame
(as the torso's: +X the person's left, +Y up, +Z ahead) unless said otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from visavis.perception.bodies.skeleton import LeftHand, left_arm

Array = NDArray[np.float64]

MIRROR = np.array([-1.0, 1.0, 1.0])
"""Of points; rotation vectors are mirrored by its negative."""

ELBOW, OVERSTRETCHED, SWIVEL, TWIST, WRIST = np.radians([150.0, 15.0, 100.0, 90.0, 80.0])
ASIDE = 0.35
"""How far an elbow bends out of its plane, as a share of the lower arm's length."""
STRAIGHT, BENT = np.sin(np.radians([8.0, 20.0]))
"""Sines of the elbow's angle below which its plane says nothing, and above which it says all."""
CURLS = np.radians([[-35.0, 95.0], [-25.0, 110.0], [-25.0, 85.0]])
SPREAD = np.radians(25.0)
THUMB = np.radians([50.0, 60.0, 80.0])
SPINE, UPRIGHT = np.radians([45.0, 15.0])


def chest_frames(shoulders: Array, hips: Array, hips_seen: NDArray[np.bool_]) -> Array:
    """How the chest is turned, matrices (T, 3, 3) whose columns are its axes in the landmarks' frame.

    Left and right are where the shoulders are. Up is the level camera's up, because how far one leans towards a camera
    is what its picture tells least: only what hips show beyond `UPRIGHT` counts.

    Args:
        shoulders: (T, 2, 3) left and right.
        hips: (T, 2, 3).
        hips_seen: (T,).
    """
    side = unit(shoulders[:, 0] - shoulders[:, 1])
    above = np.tile([0.0, 1.0, 0.0], (len(side), 1))
    lean = Rotation.from_matrix(turn_between(above, shoulders.mean(1) - hips.mean(1))).as_rotvec()
    angle = np.linalg.norm(lean, axis=1, keepdims=True)
    lean *= hips_seen[:, None] * np.maximum(0, angle - UPRIGHT) / np.maximum(angle, 1e-9)
    up = Rotation.from_rotvec(lean).apply(above)
    up = unit(up - (up * side).sum(-1, keepdims=True) * side)
    return np.stack([side, up, np.cross(side, up)], axis=-1)


def spine_turns(chest: Array, usual: Array) -> Array:
    """Rotation vectors (T, 3) of the chest against how it usually is (3, 3), no more than `SPINE`."""
    turns = Rotation.from_matrix(usual.T @ chest).as_rotvec()
    return shortened(turns, SPINE)


def usual(frames: Array) -> Array:
    """The mean rotation (3, 3) of several (T, 3, 3)."""
    mean: Array = Rotation.from_matrix(frames).mean().as_matrix()
    return mean


@dataclass(frozen=True)
class Arm:
    """Rotation vectors of a left arm.

    Attributes:
        upper: (T, 3) relative to the chest.
        lower: (T, 3) relative to the upper arm, not turned about itself.
        hand: (T, 3) relative to the lower arm; zero where the hand is not known.
    """

    upper: Array
    lower: Array
    hand: Array


def solve_arm(upper: Array, lower: Array, palm: Array) -> Arm:
    """A left arm from where its bones point.

    Args:
        upper: (T, 3) from shoulder to elbow.
        lower: (T, 3) from elbow to wrist.
        palm: (T, 3, 3) how the hand is turned from zero; NaN where that is not known.
    """
    upper0, lower0, _ = left_arm()
    upper, lower = unit(upper), unit(lower)
    hinge0 = unit(np.cross(upper0, lower0))
    hinge = _hinge(upper, lower, upper0, hinge0)
    lower = _possible(upper, lower, hinge)
    turn = _frame(hinge, upper) @ _frame(hinge0, upper0).T
    bend = _frame(unit(hinge - (hinge * lower).sum(-1, keepdims=True) * lower), lower) @ _frame(hinge0, lower0).T
    known = np.asarray(np.isfinite(palm).all((1, 2)))
    hand = bend.transpose(0, 2, 1) @ np.where(known[:, None, None], palm, bend)
    turns = (turn, turn.transpose(0, 2, 1) @ bend, hand)
    return Arm(*(Rotation.from_matrix(matrices).as_rotvec() for matrices in turns))


def share_hand(arm: Arm) -> tuple[Array, Array]:
    """The hand's rotation shared as people share it: what turns it about the lower arm turns the lower arm.

    Returns:
        Rotation vectors (T, 3) of lower arm and wrist, as in `arkit-body`.
    """
    lower0 = left_arm()[1]
    hand = Rotation.from_rotvec(arm.hand)
    twist = Rotation.from_rotvec(np.clip(_twist(hand, lower0), -TWIST, TWIST)[:, None] * lower0)
    lower = Rotation.from_rotvec(arm.lower) * twist
    return lower.as_rotvec(), shortened((twist.inv() * hand).as_rotvec(), WRIST)


def resting_arm(lap: bool) -> Arm:
    """How a left arm rests that nobody sees, (1, 3) each: hanging, which is zero, or in the lap."""
    upper, lower, hand = (direction[None] for direction in left_arm(lap))
    arm = solve_arm(upper, lower, np.full((1, 3, 3), np.nan))
    fore = Rotation.from_rotvec(arm.upper) * Rotation.from_rotvec(arm.lower)
    wrist = turn_between(left_arm()[2][None], fore.inv().apply(hand))
    return Arm(arm.upper, arm.lower, Rotation.from_matrix(wrist).as_rotvec())


def _hinge(upper: Array, lower: Array, upper0: Array, hinge0: Array) -> Array:
    """The elbow's axis (T, 3), perpendicular to the upper arm.

    Where the arm is nearly straight its plane is noise, and the axis is where it comes to lie when the arm is raised
    sideways and then swung: a way whose only singular end, straight across the body, no arm reaches.
    """
    out = np.array([1.0, 0.0, 0.0])
    at_rest = turn_between(np.broadcast_to(out, upper.shape), upper) @ (
        turn_between(upper0[None], out[None])[0] @ hinge0
    )
    across = np.cross(upper, lower)
    bent = np.linalg.norm(across, axis=-1)
    angle = np.arctan2((np.cross(at_rest, across) * upper).sum(-1), (at_rest * across).sum(-1))
    share = np.clip((bent - STRAIGHT) / (BENT - STRAIGHT), 0, 1)
    swivel = share * share * (3 - 2 * share) * np.clip(angle, -SWIVEL, SWIVEL)
    hinge: Array = Rotation.from_rotvec(swivel[:, None] * upper).apply(at_rest)
    return hinge


def _possible(upper: Array, lower: Array, hinge: Array) -> Array:
    """The lower arm's direction, made one that an elbow with this axis allows."""
    ahead = np.cross(hinge, upper)
    aside = np.clip((lower * hinge).sum(-1), -ASIDE, ASIDE)
    bend = np.arctan2((lower * ahead).sum(-1), (lower * upper).sum(-1))
    bend = np.clip(np.where(bend < -np.pi / 2, np.pi, bend), -OVERSTRETCHED, ELBOW)
    flat = np.cos(bend)[:, None] * upper + np.sin(bend)[:, None] * ahead
    direction: Array = np.sqrt(1 - aside**2)[:, None] * flat + aside[:, None] * hinge
    return direction


def palm_turns(palm: Array, hand0: LeftHand) -> Array:
    """How a left hand is turned from zero, (T, 3, 3), by the rigid fit of wrist and knuckles (Kabsch 1976).

    Args:
        palm: (T, 5, 3) wrist and the knuckles from index to little finger, in any unit; NaN where not seen.
        hand0: The hand at zero.
    """
    known = np.asarray(np.isfinite(palm).all((1, 2)))
    source = hand0.palm - hand0.palm.mean(0)
    target = np.where(known[:, None, None], palm - palm.mean(1, keepdims=True), source)
    u, _, v = np.linalg.svd(target.transpose(0, 2, 1) @ source)
    mirror = np.ones((len(palm), 3))
    mirror[:, 2] = np.sign(np.linalg.det(u @ v))
    return np.where(known[:, None, None], (u * mirror[:, None]) @ v, np.nan)


def solve_fingers(fingers: Array, palm: Array, hand0: LeftHand) -> Array:
    """Rotation vectors (T, 5, 3, 3) of a left hand's joints, thumb to little finger; zero where not seen.

    Fingers bend about one axis and spread at the knuckle; the thumb's bones turn the shortest way to where they point.

    Args:
        fingers: (T, 5, 4, 3) three joints and tip of each; NaN where not seen.
        palm: (T, 3, 3) from `palm_turns`.
        hand0: The hand at zero.
    """
    known = np.asarray(np.isfinite(palm).all((1, 2)) & np.isfinite(fingers).all((1, 2, 3)))
    turns = np.zeros((len(fingers), 5, 3, 3))
    if not known.any():
        return turns
    bones = unit(
        np.einsum("tji,tfkj->tfki", palm[known], np.diff(fingers[known], axis=2))
    )  # as if the palm lay at zero
    bones0 = unit(np.diff(hand0.fingers, axis=1))
    turns[known, 0] = _thumb(bones[:, 0], bones0[0])
    for finger in range(1, 5):
        turns[known, finger] = _finger(bones[:, finger], bones0[finger], hand0.curl)
    return turns


def _finger(bones: Array, bones0: Array, axis: Array) -> Array:
    """(T, 3, 3) for bones (T, 3, 3) that were (3, 3) at zero."""
    flat, flat0 = (unit(b - (b @ axis)[..., None] * axis) for b in (bones, bones0))
    bend = np.arctan2((np.cross(flat0, flat) * axis).sum(-1), (flat0 * flat).sum(-1))
    bend = np.diff(bend, axis=1, prepend=0.0)
    bend = np.mod(bend + np.radians(100), 2 * np.pi) - np.radians(100)  # fists add up to more than half a turn
    bend = np.clip(bend, CURLS[:, 0], CURLS[:, 1])
    spread = np.arcsin(np.clip(bones[:, 0] @ axis, -1, 1)) - np.arcsin(bones0[0] @ axis)
    spread *= np.cos(np.clip(bend[:, 0], 0, np.pi / 2))  # a bent finger's knuckle does not spread
    aside = unit(np.cross(bones0[0], axis))
    turns: Array = bend[..., None] * axis
    knuckle = Rotation.from_rotvec(turns[:, 0]) * Rotation.from_rotvec(
        np.clip(spread, -SPREAD, SPREAD)[:, None] * aside
    )
    turns[:, 0] = knuckle.as_rotvec()
    return turns


def _thumb(bones: Array, bones0: Array) -> Array:
    turns = np.zeros_like(bones)
    above = Rotation.identity(len(bones))
    for joint in range(3):
        own = turn_between(np.broadcast_to(bones0[joint], bones[:, joint].shape), above.inv().apply(bones[:, joint]))
        turns[:, joint] = shortened(Rotation.from_matrix(own).as_rotvec(), THUMB[joint])
        above = above * Rotation.from_rotvec(turns[:, joint])
    return turns


def turn_between(start: Array, end: Array) -> Array:
    """The smallest rotations (T, 3, 3) that turn directions (T, 3) into others (Rodrigues)."""
    start, end = unit(start), unit(end)
    axis = np.cross(start, end)
    angle = np.arctan2(np.linalg.norm(axis, axis=-1), (start * end).sum(-1))
    length = np.linalg.norm(axis, axis=-1, keepdims=True)
    turns: Array = Rotation.from_rotvec(angle[:, None] * axis / np.maximum(length, 1e-12)).as_matrix()
    return turns


def shortened(turns: Array, most: float) -> Array:
    """Rotation vectors (..., 3) no longer than `most`."""
    length = np.linalg.norm(turns, axis=-1, keepdims=True)
    short: Array = turns * np.minimum(1, most / np.maximum(length, 1e-12))
    return short


def unit(vectors: Array) -> Array:
    """Vectors (..., 3) of length 1."""
    unit: Array = vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-12)
    return unit


def _frame(hinge: Array, along: Array) -> Array:
    """Matrices (..., 3, 3): the hinge, the bone, and what is perpendicular to both."""
    return np.stack([hinge, along, np.cross(hinge, along)], axis=-1)


def _twist(rotation: Rotation, axis: Array) -> Array:
    """The angle (T,) of a rotation about an axis, -pi to pi (swing-twist decomposition)."""
    quaternion = rotation.as_quat()
    angle = 2 * np.arctan2(quaternion[:, :3] @ axis, quaternion[:, 3])
    wrapped: Array = np.mod(angle + np.pi, 2 * np.pi) - np.pi
    return wrapped
