"""One person's body and hands in one picture: landmarks in metres."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from visavis.assets import resolve
from visavis.perception.faces import boxes, engine

Array = NDArray[np.float32]
Points = NDArray[np.float64]

JOINTS = ("shoulder", "elbow", "wrist", "hip")
_JOINTS = np.array([[11, 12], [13, 14], [15, 16], [23, 24]])
"""MediaPipe's numbers of `JOINTS`, left and right."""
_NOSE, _KNUCKLES = 0, np.array([[17, 19], [18, 20]])
_FORWARD = np.array([1.0, -1.0, -1.0])
"""From MediaPipe's axes (right, down, away from the camera) to ours."""

HAND_POINTS = 21
_HAND_REACH = 0.22
"""Metres around the middle of the hand that are searched for it."""
_SEEN = 0.75


@dataclass(frozen=True)
class Sighting:
    """What was seen of a person. Frame of reference: +X to the right of the picture, +Y up, +Z towards the viewer.

    Attributes:
        joints: (4, 2, 3) `JOINTS`, left and right, metres from the middle of the hips.
        seen: (4, 2) how surely each is in the picture and not hidden, 0 to 1.
        hands: (2, 21, 3) MediaPipe's hand landmarks, left and right, metres from the middle of each hand; NaN where
            a hand was not found.
        outlines: (2, 21, 2) the same landmarks in pixels of the picture.
        nose: (2,) pixels of the picture.
    """

    joints: Array
    seen: Array
    hands: Array
    outlines: Array
    nose: Array


class BodyLandmarker:
    """Follows one person through pictures: MediaPipe's Pose Landmarker, and its Hand Landmarker where wrists are seen.

    The pose is found in a region that hardly moves, from picture to picture where it was before. Hands are searched
    around the wrists, each on its own, so that small ones get their full resolution and belong to an arm.
    """

    def __init__(self) -> None:
        mediapipe, _ = engine.load("following bodies")
        vision, base = mediapipe.tasks.vision, mediapipe.tasks.BaseOptions
        pose = vision.PoseLandmarkerOptions(
            base_options=base(model_asset_path=str(resolve("pose-landmarker"))), running_mode=vision.RunningMode.VIDEO
        )
        hand = vision.HandLandmarkerOptions(
            base_options=base(model_asset_path=str(resolve("hand-landmarker"))), num_hands=2
        )
        self._clock = 0
        self._posed = self._grasped = False  # whether the networks have found anything yet; they log when they first do
        with engine.quietly():
            self._pose = vision.PoseLandmarker.create_from_options(pose)
            self._hand = vision.HandLandmarker.create_from_options(hand)
            self.forget()

    def __call__(self, picture: NDArray[np.uint8], region: boxes.Box) -> Sighting | None:
        """The person in a region (x0, y0, x1, y1) of a picture (H, W, 3), if there is one."""
        x0, y0, x1, y1 = boxes.within(region, picture.shape[1], picture.shape[0]).astype(int)
        if min(x1 - x0, y1 - y0) < 32:
            return None
        piece = _squared(picture[y0:y1, x0:x1])
        result = self._detect(piece)
        if not result.pose_landmarks:
            return None
        flat, solid = result.pose_landmarks[0], result.pose_world_landmarks[0]
        pixels = np.array([(p.x, p.y) for p in flat]) * len(piece) + (x0, y0)
        metres = np.array([(p.x, p.y, p.z) for p in solid]) * _FORWARD
        visible = np.array([p.visibility for p in flat])
        inside = ((pixels >= (x0, y0)) & (pixels <= (x1, y1))).all(1)
        seen = np.where(inside, visible, 0.0)[_JOINTS]
        hands, outlines = self._hands(picture, pixels, metres, seen[JOINTS.index("wrist")])
        return Sighting(
            joints=metres[_JOINTS].astype(np.float32),
            seen=seen.astype(np.float32),
            hands=hands,
            outlines=outlines,
            nose=pixels[_NOSE].astype(np.float32),
        )

    def forget(self) -> None:
        """Starts anew, for another region."""
        self._detect(np.zeros((32, 32, 3), np.uint8))

    def close(self) -> None:
        """Frees what it holds."""
        with engine.quietly():
            self._pose.close()
            self._hand.close()

    def _detect(self, piece: NDArray[np.uint8]) -> Any:
        self._clock += 40  # milliseconds, which have to grow from call to call
        with nullcontext() if self._posed else engine.quietly():
            result = self._pose.detect_for_video(engine.image(piece), self._clock)
        self._posed = self._posed or bool(result.pose_landmarks)
        return result

    def _hands(self, picture: NDArray[np.uint8], pixels: Points, metres: Points, seen: Points) -> tuple[Array, Array]:
        """Hand landmarks (2, 21, 3) in metres and (2, 21, 2) in pixels, of the arms whose wrists are seen."""
        found = np.full((2, HAND_POINTS, 3), np.nan, np.float32)
        outlines = np.full((2, HAND_POINTS, 2), np.nan, np.float32)
        wide, real = (float(np.linalg.norm(np.ptp(points[:17], axis=0))) for points in (pixels, metres[:, :2]))
        scale = wide / max(real, 1e-6)  # pixels per metre
        away = np.full(2, np.inf)
        for side in (0, 1):
            wrist = pixels[_JOINTS[JOINTS.index("wrist"), side]]
            if seen[side] < _SEEN:
                continue
            middle = wrist + 0.6 * (pixels[_KNUCKLES[side]].mean(0) - wrist)
            window = np.concatenate([middle - _HAND_REACH * scale, middle + _HAND_REACH * scale])
            for outline, points in self._found(picture, window):
                distance = float(np.linalg.norm(outline[0] - wrist)) / scale
                if distance < min(_HAND_REACH, away[side]):
                    away[side], outlines[side], found[side] = distance, outline, points
        if np.isfinite(away).all() and np.linalg.norm(outlines[0, 0] - outlines[1, 0]) < 0.05 * scale:
            further = int(away.argmax())  # one hand cannot be both
            found[further] = outlines[further] = np.nan
        return found, outlines

    def _found(self, picture: NDArray[np.uint8], window: boxes.Box) -> list[tuple[Points, Array]]:
        """The hands in a window: landmarks (21, 2) in pixels and (21, 3) in metres, the wrist first."""
        x0, y0, x1, y1 = boxes.within(window, picture.shape[1], picture.shape[0]).astype(int)
        if min(x1 - x0, y1 - y0) < 16:
            return []
        piece = _squared(picture[y0:y1, x0:x1])
        with nullcontext() if self._grasped else engine.quietly():
            result = self._hand.detect(engine.image(piece))
        self._grasped = self._grasped or bool(result.hand_landmarks)
        hands = []
        for flat, solid in zip(result.hand_landmarks, result.hand_world_landmarks, strict=True):
            outline = np.array([(p.x, p.y) for p in flat]) * len(piece) + (x0, y0)
            hands.append((outline, (np.array([(p.x, p.y, p.z) for p in solid]) * _FORWARD).astype(np.float32)))
        return hands


def _squared(piece: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The same with black to the right or below: MediaPipe places turned landmarks exactly in square pictures only."""
    side = max(piece.shape[:2])
    square = np.zeros((side, side, 3), np.uint8)
    square[: piece.shape[0], : piece.shape[1]] = piece
    return square
