"""Image quality of a face: size, sharpness, visibility."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from visavis.perception.faces import engine
from visavis.perception.faces.engine import EYE_CORNERS
from visavis.perception.faces.landmarks import FACE_POINTS, Face

COLUMNS = ("x0", "y0", "x1", "y1", "size", "sharpness", "visible", "still")
"""Columns of the track ``face``."""


def quality(
    face: Face, aligned: NDArray[np.uint8], rotation: NDArray[np.float64], picture: tuple[int, int]
) -> tuple[float, float, float]:
    """Three of `COLUMNS`.

    Args:
        face: What was seen.
        aligned: The face at a fixed size (see `embedding.aligned`).
        rotation: (3, 3) of the head in the camera's frame.
        picture: Width and height.

    Returns:
        size: Pixels between the midpoints of the eyes, had the head faced the camera.
        sharpness: Standard deviation of the Laplacian of the aligned face over that of its brightness: about 1 and more
            where the picture is sharp and the face large, below 0.3 where it is blurred or small.
        visible: Share of the landmarks that lie in the picture, times how far the face is turned to the camera: 1 up
            to 30 degrees aside, 0 in profile. Hands before it are taken off when bodies are followed.
    """
    _, cv2 = engine.load()
    corners = face.points[list(EYE_CORNERS)]
    size = float(np.linalg.norm(corners[:2].mean(0) - corners[2:].mean(0)))
    grey = cv2.cvtColor(aligned[20:100, 20:92], cv2.COLOR_RGB2GRAY)
    sharpness = float(cv2.Laplacian(grey, cv2.CV_32F).std() / (grey.std() + 1))
    xy = face.points[:FACE_POINTS, :2]
    inside = float(((xy >= 0) & (xy < picture)).all(1).mean())
    aside = np.arccos(np.clip(rotation[2, 2], -1, 1))
    facing = float(np.clip((np.pi / 2 - aside) / (np.pi / 3), 0, 1))
    return size, sharpness, inside * facing
