"""Where people look: from neck, head and eye rotations to directions in the world, and back.

Works on `arkit` motion (or any space with `neck`, `head`, `leftEye`, `rightEye` and `translation` columns). World
gaze of an eye is Ry(seat yaw) R(neck) R(head) R(eye) (0, 0, 1).
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial.transform import Rotation

from visavis.errors import InputError
from visavis.motion.motion import Motion
from visavis.motion.seat import Seat

Array = NDArray[np.float64]
Eye = Literal["left", "right", "both"]

EYE_MIDPOINT = (0.0, 0.039, 0.078)
"""From the head joint to midway between the eyeballs' centres, in the head's frame, metres (Anny's default person)."""
HALF_EYE_DISTANCE = 0.0295
"""Half the distance between the eyeballs' centres, metres; the left eye is at +X."""
NECK_TO_HEAD = (0.0, 0.097, 0.035)
"""From the neck joint to the head joint of a straight neck, in the torso's frame, metres."""

FULL_LOOK = {"in": 0.60, "out": 0.60, "up": 0.45, "down": 0.50}
"""Rotation of an eye, radians, at which the matching ``eyeLook`` shape reaches 1."""

LOOK_SHAPES = (
    "eyeLookDownLeft", "eyeLookInLeft", "eyeLookOutLeft", "eyeLookUpLeft",
    "eyeLookDownRight", "eyeLookInRight", "eyeLookOutRight", "eyeLookUpRight",
)  # fmt: skip
"""The columns of `eye_look_shapes`, in the order in which `arkit` has them."""


def head_turn(motion: Motion) -> Rotation:
    """Rotation of the head relative to the torso, one per frame; with that of the spine, in spaces that have one."""
    neck = _rotation(motion, "neck") * _rotation(motion, "head")
    return _rotation(motion, "spine") * neck if "spine.x" in motion.space.names else neck


def head_rotation(motion: Motion, seat: Seat) -> Rotation:
    """Rotation of the head in the world, one per frame."""
    return Rotation.from_euler("y", seat.yaw) * head_turn(motion)


def eye_positions(motion: Motion, seat: Seat, eye: Eye = "both") -> Array:
    """World position (T, 3) of an eyeball's centre, or of the midpoint between both, metres."""
    torso = Rotation.from_euler("y", seat.yaw)
    if "spine.x" in motion.space.names:  # where the head joint of the neck is that is straight above the chest
        torso = torso * _rotation(motion, "spine")
    bend = torso.apply(_rotation(motion, "neck").apply(NECK_TO_HEAD)) - torso.apply(NECK_TO_HEAD)
    side = {"left": HALF_EYE_DISTANCE, "right": -HALF_EYE_DISTANCE, "both": 0.0}[eye]
    offset = np.add(EYE_MIDPOINT, (side, 0.0, 0.0))
    positions: Array = _vectors(motion, "translation") + bend + head_rotation(motion, seat).apply(offset)
    return positions


def gaze_direction(motion: Motion, seat: Seat) -> Array:
    """Unit vectors (T, 3) along which a person looks, in the world: the mean of both eyes."""
    head = head_rotation(motion, seat)
    forward = np.array([0.0, 0.0, 1.0])
    summed = head.apply(sum(_rotation(motion, eye).apply(forward) for eye in ("leftEye", "rightEye")))
    directions: Array = summed / np.linalg.norm(summed, axis=1, keepdims=True)
    return directions


def gaze_angle_to_partner(motion: Motion, seat: Seat, partner: Motion, partner_seat: Seat) -> Array:
    """Angle (T,), radians, between where a person looks and the midpoint of the partner's eyes."""
    line = eye_positions(partner, partner_seat) - eye_positions(motion, seat)
    line /= np.linalg.norm(line, axis=1, keepdims=True)
    # The arctangent keeps its precision at the small angles that matter here; the arc cosine does not.
    gaze = gaze_direction(motion, seat)
    angle: Array = np.arctan2(np.linalg.norm(np.cross(gaze, line), axis=1), np.sum(gaze * line, axis=1))
    return angle


def toward(direction: ArrayLike) -> Array:
    """Rotation vectors (..., 3) that turn +Z to `direction` the short way, without roll (Listing's law)."""
    d = np.asarray(direction, dtype=np.float64)
    d = d / np.linalg.norm(d, axis=-1, keepdims=True)
    axis = np.stack([-d[..., 1], d[..., 0], np.zeros_like(d[..., 0])], -1)  # z cross d
    sine = np.linalg.norm(axis, axis=-1, keepdims=True)
    angle = np.arctan2(sine, d[..., 2:])
    turns: Array = np.where(sine > 1e-9, axis / np.maximum(sine, 1e-9), (0.0, 1.0, 0.0)) * angle
    return turns


def yaw_pitch(direction: ArrayLike) -> tuple[Array, Array]:
    """Yaw (about +Y, to the left of someone who looks along +Z) and pitch (down is positive), radians."""
    d = np.asarray(direction, dtype=np.float64)
    return np.arctan2(d[..., 0], d[..., 2]), -np.arctan2(d[..., 1], np.hypot(d[..., 0], d[..., 2]))


def split_head(head: ArrayLike, neck_share: float = 0.4) -> tuple[Array, Array]:
    """Rotation vectors (T, 3) of neck and head that together make the rotation vectors `head` relative to the torso.

    Both turn about the same axis, so the split is exact.
    """
    vector = np.asarray(head, dtype=np.float64)
    return neck_share * vector, (1 - neck_share) * vector


def look_at(targets: ArrayLike, motion: Motion, seat: Seat, *, limit: float = np.radians(40)) -> tuple[Array, Array]:
    """Rotation vectors (T, 3) of the left and right eye that fixate world points, given the head's pose.

    Each eye aims from its own centre, so near targets make the eyes converge.

    Args:
        targets: World points (T, 3), metres.
        motion: Head pose; its eye columns are not read.
        seat: The person's seat.
        limit: How far an eye can turn in its socket, radians; targets beyond are looked at as nearly as possible.
    """
    inverse = head_rotation(motion, seat).inv()
    rotations = []
    for eye in ("left", "right"):
        vector = toward(inverse.apply(np.asarray(targets) - eye_positions(motion, seat, eye)))
        angle = np.linalg.norm(vector, axis=1, keepdims=True)
        rotations.append(vector * np.minimum(1.0, limit / np.maximum(angle, 1e-9)))
    return rotations[0], rotations[1]


def eye_look_shapes(left: ArrayLike, right: ArrayLike) -> Array:
    """The eight ``eyeLook`` shapes, 0 to 1, that agree with eye rotations.

    Args:
        left: Rotation vectors (T, 3) of the left eye relative to the head.
        right: Of the right eye.

    Returns:
        (T, 8) in the order of `LOOK_SHAPES`.
    """
    left, right = np.asarray(left, dtype=np.float64), np.asarray(right, dtype=np.float64)
    columns = []
    for eye, outward in ((left, 1.0), (right, -1.0)):
        down, out = eye[..., 0], outward * eye[..., 1]
        columns += [down / FULL_LOOK["down"], -out / FULL_LOOK["in"], out / FULL_LOOK["out"], -down / FULL_LOOK["up"]]
    return np.clip(np.stack(columns, -1), 0.0, 1.0)


def _vectors(motion: Motion, joint: str) -> Array:
    try:
        where = motion.space.indices([f"{joint}.{axis}" for axis in "xyz"])
    except InputError:
        raise InputError(f"gaze needs the columns {joint}.x to {joint}.z, which {motion.space.name!r} lacks") from None
    return motion.values[:, where].astype(np.float64)


def _rotation(motion: Motion, joint: str) -> Rotation:
    return Rotation.from_rotvec(_vectors(motion, joint))
