"""One person's landmarks over time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from visavis.conversation import Track
from visavis.media.ahead import ahead
from visavis.perception.bodies.landmarks import HAND_POINTS, JOINTS, BodyLandmarker, Sighting
from visavis.perception.bodies.regions import SteadyRegion, around_face
from visavis.perception.faces import boxes, engine

Array = NDArray[np.float32]

_GRID = 32
_ELLIPSE = np.hypot(*np.meshgrid(*2 * [(np.arange(_GRID) + 0.5) / _GRID * 2 - 1])) < 1
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
        covered: (T,) the share of the face that own hands hide; 0 where nothing was seen.
    """

    joints: NDArray[np.float32]
    seen: NDArray[np.float32]
    hands: NDArray[np.float32]
    stretches: NDArray[np.int32]
    covered: NDArray[np.float32]

    @classmethod
    def nothing(cls, count: int) -> Followed:
        """Room for so many pictures."""
        joints = np.full((count, len(JOINTS), 2, 3), np.nan, np.float32)
        hands = np.full((count, 2, HAND_POINTS, 3), np.nan, np.float32)
        seen, stretches = np.zeros(joints.shape[:3], np.float32), np.zeros(count, np.int32)
        return cls(joints, seen, hands, stretches, np.zeros(count, np.float32))

    def take(self, i: int, sighting: Sighting, stretch: int, face: boxes.Box | None) -> None:
        """Writes down picture `i`, in which the face was in the box `face`."""
        self.joints[i], self.seen[i], self.hands[i] = sighting.joints, sighting.seen, sighting.hands
        self.stretches[i] = stretch
        if face is not None:
            self.covered[i] = covered(face, sighting.outlines)


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

    def look(picture: NDArray[np.uint8], at: list[boxes.Box | None], person: int) -> Sighting | None:
        face, landmarker = at[person], landmarkers[person]
        if landmarker is None or (face is None and not whole):
            return None
        height, width, _ = picture.shape
        wanted = np.array([0.0, 0.0, width, height])
        if face is not None:
            others = [box for other, box in enumerate(at) if other != person]
            wanted = around_face(face, others[0] if others else None, width, height)
        if regions[person].update(wanted):
            landmarker.forget()
        sighting = landmarker(picture, regions[person].box)
        return sighting if sighting is None or face is None or _is_below(face, sighting) else None

    try:
        with ThreadPoolExecutor() as side_by_side:  # the networks compute outside Python: each person has a core
            for i, picture in enumerate(ahead(pictures)):
                at = [_face_at(face, i, scale) for face in faces]
                sightings = side_by_side.map(partial(look, picture, at), range(len(faces)))
                for person, sighting in enumerate(sightings):
                    if sighting is not None:
                        found[person].take(i, sighting, regions[person].stretch, at[person])
    finally:
        for landmarker in landmarkers:
            if landmarker is not None:
                landmarker.close()
    return found


def covered(face: boxes.Box, outlines: Array) -> float:
    """The share of a face that lies behind hands, taken to be in front of it.

    Args:
        face: x0, y0, x1, y1 in pixels; the face is the ellipse within.
        outlines: (H, 21, 2) landmarks of hands in pixels; NaN where there is none.
    """
    _, cv2 = engine.load("following bodies")
    size = np.maximum(face[2:] - face[:2], 1)
    hidden = np.zeros((_GRID, _GRID), np.uint8)
    for outline in outlines:
        if np.isfinite(outline).all():
            points = np.clip((outline - face[:2]) / size * _GRID, -4 * _GRID, 5 * _GRID)
            cv2.fillConvexPoly(hidden, cv2.convexHull(points.astype(np.int32)), 1)
    return float(hidden[_ELLIPSE].mean())


def _face_at(face: Track | None, i: int, scale: float) -> boxes.Box | None:
    """The face's box in pixels of picture `i`."""
    if face is None or i >= len(face) or not face.valid[i]:
        return None
    return np.array([face[edge][i] for edge in ("x0", "y0", "x1", "y1")], np.float64) / scale


def _is_below(face: boxes.Box, sighting: Sighting) -> bool:
    slack = _SLACK * (face[3] - face[1])
    return bool(((sighting.nose >= face[:2] - slack) & (sighting.nose <= face[2:] + slack)).all())
