"""What was seen of one person over time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from visavis.conversation import Track
from visavis.perception.bodies.landmarks import HAND_POINTS, JOINTS, BodyLandmarker, Sighting
from visavis.perception.bodies.regions import SteadyRegion, around_face
from visavis.perception.faces import boxes

_SLACK = 0.5
"""How far outside the face's box, in its heights, the body's nose may lie for both to be one person's."""


@dataclass
class Followed:
    """One person's landmarks, picture by picture; NaN where nothing was seen. Frame as in `Sighting`.

    Attributes:
        joints: float32 (T, 4, 2, 3).
        seen: float32 (T, 4, 2).
        hands: float32 (T, 2, 21, 3).
        stretches: (T,) pictures with the same number show the person from the same place.
    """

    joints: NDArray[np.float32]
    seen: NDArray[np.float32]
    hands: NDArray[np.float32]
    stretches: NDArray[np.int32]

    @classmethod
    def nothing(cls, count: int) -> Followed:
        """Room for so many pictures."""
        joints = np.full((count, len(JOINTS), 2, 3), np.nan, np.float32)
        hands = np.full((count, 2, HAND_POINTS, 3), np.nan, np.float32)
        return cls(joints, np.zeros(joints.shape[:3], np.float32), hands, np.zeros(count, np.int32))

    def take(self, i: int, sighting: Sighting, stretch: int) -> None:
        """Writes down picture `i`."""
        self.joints[i], self.seen[i], self.hands[i] = sighting.joints, sighting.seen, sighting.hands
        self.stretches[i] = stretch


def follow(
    pictures: Iterable[NDArray[np.uint8]], count: int, faces: Sequence[Track | None], scale: float
) -> list[Followed]:
    """Follows the bodies below faces.

    Args:
        pictures: (H, W, 3) uint8.
        count: How many.
        faces: By person the track ``face`` at the pictures' rate; None for somebody who is not followed. Where nobody's
            face is known, the first person is looked for in the whole picture.
        scale: Pixels of the faces' boxes per pixel of the pictures.
    """
    found = [Followed.nothing(count) for _ in faces]
    whole = not any(faces)
    landmarkers = [BodyLandmarker() if face is not None or (whole and i == 0) else None for i, face in enumerate(faces)]
    regions = [SteadyRegion() for _ in faces]
    try:
        for i, picture in enumerate(pictures):
            height, width, _ = picture.shape
            at = [_face_at(face, i, scale) for face in faces]
            for person, landmarker in enumerate(landmarkers):
                face, region = at[person], regions[person]
                if landmarker is None or (face is None and not whole):
                    continue
                others = [box for other, box in enumerate(at) if other != person]
                wanted = np.array([0.0, 0.0, width, height])
                if face is not None:
                    wanted = around_face(face, others[0] if others else None, width, height)
                if region.update(wanted):
                    landmarker.forget()
                sighting = landmarker(picture, region.box)
                if sighting is not None and (face is None or _is_below(face, sighting)):
                    found[person].take(i, sighting, region.stretch)
    finally:
        for landmarker in landmarkers:
            if landmarker is not None:
                landmarker.close()
    return found


def _face_at(face: Track | None, i: int, scale: float) -> boxes.Box | None:
    """The face's box in pixels of picture `i`."""
    if face is None or i >= len(face) or not face.valid[i]:
        return None
    return np.array([face[edge][i] for edge in ("x0", "y0", "x1", "y1")], np.float64) / scale


def _is_below(face: boxes.Box, sighting: Sighting) -> bool:
    slack = _SLACK * (face[3] - face[1])
    return bool(((sighting.nose >= face[:2] - slack) & (sighting.nose <= face[2:] + slack)).all())
