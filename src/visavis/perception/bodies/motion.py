"""One person's landmarks as `arkit-body` motion without gaps, and the track of what was visible."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import median_filter
from scipy.spatial.transform import Rotation

from visavis.conversation import Track
from visavis.motion import ARKIT_BODY, Motion
from visavis.motion.mapping import with_body
from visavis.motion.resampling import resample
from visavis.motion.rotations import compose, slerp
from visavis.motion.runs import without_short
from visavis.motion.smoothing import savitzky_golay
from visavis.motion.spaces import ARM_JOINTS, HAND_JOINTS
from visavis.perception.bodies import kinematics
from visavis.perception.bodies.following import Followed
from visavis.perception.bodies.landmarks import JOINTS
from visavis.perception.bodies.skeleton import left_hand

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

COLUMNS = ("torso", "leftArm", "rightArm", "leftHand", "rightHand")
SIDES = ("left", "right")

SEEN = np.array([0.5, 0.75, 0.75, 0.75, 0.75])
"""How surely each of `COLUMNS` must be seen to count; landmarks of arms that are guessed have up to 0.7."""
_GAP, _GLIMPSE, _PASSAGE = 0.5, 0.3, 0.5
"""Seconds: shorter gaps are bridged, shorter sightings left out, and so long is the way from rest and back."""
_SHORTEST_STRETCH = 2.0
"""Seconds in which one place of the camera shows how a chest usually is."""
_WINDOW = 9
"""Frames of the smoothing at 25 fps."""


def to_motion(followed: Followed, fps: float, face: Motion, lap: bool) -> tuple[Motion, Track]:
    """Motion in `arkit-body`, and the track ``body``, both on the clock of `face`.

    An arm that is not seen rests: it hangs, or lies in the lap. So do fingers, and a wrist is straight. Clavicles stay
    at zero: shoulders are where the chest is known from, so nothing tells them apart. The neck takes back what the
    spine turns, so that the face looks where it looked.

    Args:
        followed: What was seen, at `fps`.
        fps: Pictures per second.
        face: In `arkit`; gives everything but the body.
        lap: Whether hands that are not seen lie in the lap.
    """
    seen = seen_of(followed)
    turns = _solve(followed, seen > SEEN, fps)
    body = _rested(turns, seen > SEEN, fps, lap)
    body = savitzky_golay(resample(body, face.fps, len(face)), _WINDOW)
    spine = body[_columns("spine")]
    motion = with_body(face).with_columns([*ARKIT_BODY.names[67:]], body.values[:, 67:])
    neck = compose(-spine, face["neck"]) if len(face) else face["neck"]
    track = Track(seen, fps, COLUMNS, seen[:, 0] > SEEN[0]).at(face.fps, len(face))
    return motion.with_columns("neck", neck), track


def seen_of(followed: Followed) -> NDArray[np.float32]:
    """How surely each of `COLUMNS` was seen, (T, 5), 0 to 1; what hangs on something unseen is unseen."""
    shoulders, elbows, wrists, _ = followed.seen.transpose(1, 0, 2)
    torso = shoulders.mean(1)
    arms = np.minimum(np.minimum(shoulders, elbows), wrists) * (torso > SEEN[0])[:, None]
    hands = np.minimum(arms, np.isfinite(followed.hands).all((2, 3)))
    return np.column_stack([torso, arms, hands]).astype(np.float32)


def _columns(joint: str) -> list[str]:
    return [f"{joint}.{axis}" for axis in "xyz"]


def _solve(followed: Followed, seen: Mask, fps: float) -> Motion:
    """Rotations where something was seen, else zero; wrists are relative to lower arms not turned about themselves."""
    motion = Motion.zeros(len(seen), fps, ARKIT_BODY)
    torso = np.flatnonzero(seen[:, 0])
    if not len(torso):
        return motion
    joints = {name: followed.joints[torso, i].astype(np.float64) for i, name in enumerate(JOINTS)}
    hips_seen = (followed.seen[torso, JOINTS.index("hip")] > SEEN[1]).all(1)
    chest = kinematics.chest_frames(joints["shoulder"], joints["hip"], hips_seen)
    values = motion.values.astype(np.float64)
    values[np.ix_(torso, ARKIT_BODY.indices(_columns("spine")))] = _spine(chest, followed.stretches[torso], fps)
    hand0 = left_hand()
    for side, name in enumerate(SIDES):
        where = np.flatnonzero(seen[torso, 1 + side])
        mirror = kinematics.MIRROR if side else np.ones(3)
        back = -mirror if side else mirror
        shoulder, elbow, wrist = (_without_jumps(joints[j][where, side]) for j in ("shoulder", "elbow", "wrist"))
        hand = np.where(seen[torso[where], 3 + side, None, None], followed.hands[torso[where], side], np.nan)
        frame = chest[where]
        upper, lower = (np.einsum("tji,tj->ti", frame, bone) * mirror for bone in (elbow - shoulder, wrist - elbow))
        points = np.einsum("tji,tkj->tki", frame, hand) * mirror
        known = np.flatnonzero(np.isfinite(points).all((1, 2)))
        points[known] = _without_jumps(points[known])
        palm = kinematics.palm_turns(points[:, [0, 5, 9, 13, 17]], hand0)
        arm = kinematics.solve_arm(upper, lower, palm)
        fingers = kinematics.solve_fingers(points[:, 1:].reshape(-1, 5, 4, 3), palm, hand0)
        for joint, turns in zip(ARM_JOINTS[1:], (arm.upper, arm.lower, arm.hand), strict=True):
            values[np.ix_(torso[where], ARKIT_BODY.indices(_columns(name + joint)))] = turns * back
        for joint, turns in zip(HAND_JOINTS, fingers.reshape(-1, 15, 3).transpose(1, 0, 2), strict=True):
            values[np.ix_(torso[where], ARKIT_BODY.indices(_columns(name + joint)))] = turns * back
    return Motion(values.astype(np.float32), fps, ARKIT_BODY)


def _without_jumps(points: Array) -> Array:
    """Points over time (T, ...) less what happens in single pictures: a median of three."""
    return median_filter(points, (3, *[1] * (points.ndim - 1)), mode="nearest") if len(points) else points


def _spine(chest: Array, stretches: NDArray[np.int32], fps: float) -> Array:
    """Rotation vectors (N, 3): each chest against how it usually is from where the camera is."""
    turns = np.zeros((len(chest), 3))
    for stretch in np.unique(stretches):
        inside = stretches == stretch
        if inside.sum() >= _SHORTEST_STRETCH * fps:
            turns[inside] = kinematics.spine_turns(chest[inside], kinematics.usual(chest[inside]))
    return turns


def _rested(motion: Motion, seen: Mask, fps: float, lap: bool) -> Motion:
    """The motion with resting joints where nothing was seen, and passages between."""
    values = motion.values.astype(np.float64)
    rest = kinematics.resting_arm(lap)
    for side, name in enumerate(SIDES):
        back = -kinematics.MIRROR if side else np.ones(3)
        for joint, turn, part in zip(ARM_JOINTS[1:], (rest.upper, rest.lower, rest.hand), (1, 1, 3), strict=True):
            _ease(values, ARKIT_BODY.indices(_columns(name + joint)), seen[:, part + side], turn[0] * back, fps)
        for joint in HAND_JOINTS:
            _ease(values, ARKIT_BODY.indices(_columns(name + joint)), seen[:, 3 + side], np.zeros(3), fps)
        upper, lower, wrist = (ARKIT_BODY.indices(_columns(name + joint)) for joint in ARM_JOINTS[1:])
        arm = kinematics.Arm(*(values[:, columns] * back for columns in (upper, lower, wrist)))
        values[:, lower], values[:, wrist] = (turns * back for turns in kinematics.share_hand(arm))
    _ease(values, ARKIT_BODY.indices(_columns("spine")), seen[:, 0], np.zeros(3), fps)
    return Motion(values.astype(np.float32), motion.fps, motion.space)


def _ease(values: Array, columns: NDArray[np.intp], seen: Mask, rest: Array, fps: float) -> None:
    """Bridges gaps of one joint, and lets it pass to its rest and back where they are long, in place."""
    known = np.flatnonzero(seen)
    if not len(known):
        values[:, columns] = rest
        return
    share = presence(seen, fps)[:, None]
    held = slerp(values[np.ix_(known, columns)], known, np.arange(len(seen)))
    away = Rotation.from_rotvec(rest).inv() * Rotation.from_rotvec(held)
    values[:, columns] = (Rotation.from_rotvec(rest) * Rotation.from_rotvec(share * away.as_rotvec())).as_rotvec()


def presence(seen: Mask, fps: float) -> Array:
    """How much of what was seen counts, (T,), 0 to 1: without short gaps and glimpses, and changing smoothly."""
    bridged = ~without_short(~seen, _GAP * fps)
    kept = without_short(bridged, min(_GLIMPSE * fps, len(seen)))
    width = max(1, round(_PASSAGE * fps))
    window = np.hanning(width + 2)[1:-1]
    padded = np.pad(kept.astype(float), width, mode="edge")
    return np.convolve(padded, window / window.sum(), "same")[width : width + len(seen)]
