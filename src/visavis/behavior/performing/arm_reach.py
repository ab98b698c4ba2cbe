"""Inverse kinematics of an arm: from where wrist and palm shall be to rotations of clavicle, arm and wrist.

Two bones and a hinge leave one freedom, the swivel of the elbow about the line from shoulder to wrist (Tolani, Goswami
& Badler, "Real-time inverse kinematics techniques for anthropomorphic limbs", Graphical Models 62, 2000); a direction
in which the elbow points settles it. What turns the hand about the lower arm is done by the lower arm, the rest by the
wrist. Limits are those of people (American Academy of Orthopaedic Surgeons, "Joint Motion", 1965).

Left arms only; everything is mirrored for right ones.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from visavis.behavior.performing.build import Build, unit

Array = NDArray[np.float64]

STRETCH = 0.995
"""How much of its length an arm uses at most: elbows are not locked."""

FLEXION = np.radians(145.0)
"""How far an elbow bends at most."""

PRONATION, SUPINATION = np.radians([80.0, 88.0])
"""How far a lower arm turns from the zero pose, in which thumbs point ahead."""

EXTENDED, FLEXED, ULNAR, RADIAL = np.radians([60.0, 65.0, 30.0, 20.0])
"""How far a wrist bends back and towards the palm, to the little finger and to the thumb."""

TURNED_OVER = np.radians(45.0)
"""A hand that is asked to be turned by nearly half a turn either way takes neither: from here on it turns back."""


@dataclass(frozen=True)
class Reached:
    """One left arm over time.

    Attributes:
        clavicle: Rotation vectors (T, 3) relative to the chest.
        upper: (T, 3) relative to the clavicle.
        lower: (T, 3) relative to the upper arm.
        hand: (T, 3) relative to the lower arm.
        elbow_place: (T, 3) in the frame of `wrist`.
        wrist_place: (T, 3) where the wrist is, which is not where it should be if that is out of reach.
        palm: Rotations (T) of the hand from the zero pose to that frame.
    """

    clavicle: Array
    upper: Array
    lower: Array
    hand: Array
    elbow_place: Array
    wrist_place: Array
    palm: Rotation


def reach(
    build: Build, chest: Rotation, head: Array, wrist: Array, palm: Rotation, elbow: Array, lift: Array
) -> Reached:
    """The arm whose wrist is nearest to where it should be.

    Args:
        build: Whose arm.
        chest: How the chest is turned (T), in any frame.
        head: (T, 3) where the head joint of the straight neck is in that frame.
        wrist: (T, 3) where the wrist should be.
        palm: How the hand should be turned from the zero pose (T).
        elbow: (T, 3) roughly where the elbow should point, in the chest's frame; never along the arm.
        lift: (T,) radians by which the shoulder is drawn up.
    """
    clavicle = _shoulder_girdle(build, chest.inv().apply(wrist - head), lift)
    above = chest * clavicle
    shoulder = head + chest.apply(build.clavicle + clavicle.apply(build.shoulder - build.clavicle))
    upper, flexion = _two_bones(build, above.inv().apply(wrist - shoulder), clavicle.inv().apply(elbow))
    hinge = _hinge(build)
    straight = np.arccos(np.clip(build.upper @ build.lower, -1, 1))
    bend = Rotation.from_rotvec((flexion - straight)[:, None] * hinge)
    upper_arm = above * upper
    fore = upper_arm * bend
    twist, hand = _hand(build, fore.inv() * palm)
    elbow_place = shoulder + upper_arm.apply(build.elbow - build.shoulder)
    return Reached(
        clavicle=clavicle.as_rotvec(),
        upper=upper.as_rotvec(),
        lower=(bend * twist).as_rotvec(),
        hand=hand.as_rotvec(),
        elbow_place=elbow_place,
        wrist_place=elbow_place + fore.apply(build.wrist - build.elbow),
        palm=fore * twist * hand,
    )


def _shoulder_girdle(build: Build, wrist: Array, lift: Array) -> Rotation:
    """Shoulders go up with hands above them and ahead with hands that reach (scapulohumeral rhythm, in small)."""
    away = (wrist - build.shoulder) / sum(build.lengths)
    up = np.radians(16.0) * _soft(away[:, 1] + 0.35) + lift
    ahead = np.radians(10.0) * _soft(away[:, 2] - 0.45) - np.radians(4.0) * _soft(-away[:, 0] - 0.1)
    return Rotation.from_rotvec(np.stack([np.zeros_like(up), -ahead, up], axis=1))


def _soft(x: Array) -> Array:
    """X where it is positive, 0 where not, and smooth between, within 0.1."""
    rounded: Array = 0.5 * (x + np.sqrt(x * x + 0.01)) - 0.05
    return np.maximum(rounded, 0.0)


def _two_bones(build: Build, wrist: Array, elbow: Array) -> tuple[Rotation, Array]:
    """The upper arm's rotation and the elbow's angle (0 is straight) for wrists (T, 3) from the shoulder."""
    a, b = build.lengths
    distance = np.linalg.norm(wrist, axis=-1)
    nearest = np.sqrt(a * a + b * b + 2 * a * b * np.cos(FLEXION))
    distance_used = np.clip(distance, nearest, STRETCH * (a + b))
    line = unit(wrist)
    side = unit(elbow - (elbow * line).sum(-1, keepdims=True) * line)
    at_shoulder = np.arccos(np.clip((a * a + distance_used**2 - b * b) / (2 * a * distance_used), -1, 1))
    flexion = np.pi - np.arccos(np.clip((a * a + b * b - distance_used**2) / (2 * a * b), -1, 1))
    upper = np.cos(at_shoulder)[:, None] * line + np.sin(at_shoulder)[:, None] * side
    hinge = np.cross(side, line)
    zero = _frame(_hinge(build), build.upper)
    return Rotation.from_matrix(_frame(hinge, upper) @ zero.T), flexion


def _hinge(build: Build) -> Array:
    """(3,) the elbow's axis in the zero pose."""
    return unit(np.cross(build.upper, build.lower))


def _hand(build: Build, turn: Rotation) -> tuple[Rotation, Rotation]:
    """What the lower arm and what the wrist does of the hand's rotation against a lower arm not turned about itself."""
    quaternion = turn.as_quat()
    along = quaternion[:, :3] @ build.lower
    angle = 2 * np.arctan2(along, quaternion[:, 3])
    angle = np.mod(angle + np.pi, 2 * np.pi) - np.pi
    bent = 2 * np.arccos(np.clip(np.hypot(along, quaternion[:, 3]), 0, 1))  # how far the hand is bent over
    angle = np.clip(angle, -SUPINATION, PRONATION) * _possible(np.abs(angle)) * _possible(bent)
    twist = Rotation.from_rotvec(angle[:, None] * build.lower)
    rest = (twist.inv() * turn).as_rotvec()
    share = _possible(np.linalg.norm(rest, axis=1))
    flexed = share * np.clip(rest @ build.curl, -EXTENDED, FLEXED)
    aside = share * np.clip(rest @ build.palm, -ULNAR, RADIAL)
    return twist, Rotation.from_rotvec(flexed[:, None] * build.curl + aside[:, None] * build.palm)


def _possible(angle: Array) -> Array:
    """1, and down to 0 for turns by half a turn, whose direction says nothing."""
    share: Array = np.clip((np.pi - angle) / TURNED_OVER, 0, 1)
    return share


def _frame(hinge: Array, along: Array) -> Array:
    """Matrices (..., 3, 3): the hinge, the bone, and what is perpendicular to both."""
    return np.stack([hinge, along, np.cross(hinge, along)], axis=-1)


def palm_turn(build: Build, along: Array, palm: Array) -> Rotation:
    """How a hand is turned from the zero pose whose fingers point along (..., 3) and whose palm faces (..., 3)."""
    along = unit(along)
    palm = unit(palm - (palm * along).sum(-1, keepdims=True) * along)
    zero = np.stack([build.along, build.palm, np.cross(build.along, build.palm)], axis=-1)
    return Rotation.from_matrix(np.stack([along, palm, np.cross(along, palm)], axis=-1) @ zero.T)
