"""Where a head is and how it is turned, from its landmarks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from visavis.perception.faces.engine import canonical_face

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Camera:
    """A pinhole camera that looks level, its optical axis through the middle of the picture.

    Attributes:
        width: Pixels.
        height: Pixels.
        field_of_view: Of the longer side, radians.
    """

    width: int
    height: int
    field_of_view: float

    @property
    def focal_length(self) -> float:
        """Pixels."""
        return max(self.width, self.height) / 2 / np.tan(self.field_of_view / 2)


def head_pose(points: Array, camera: Camera) -> tuple[Array, Array]:
    """Rotation and place of a head by a rigid fit of the canonical face.

    The camera's frame has +X to the right of the picture, +Y up and +Z towards the viewer, so that a face which looks
    into the camera is not rotated. Landmarks first give the scale, pixels per metre, and with it the distance; each is
    then put on its ray at its own depth, and the canonical face is fitted once more, so that perspective does not turn
    faces at the side of the picture.

    Source: Kabsch 1976 and Umeyama 1991 for the fit; landmarks and weights are those of MediaPipe's geometry module.

    Args:
        points: (478, 3) pixels, as in `landmarks.Face`.
        camera: What the picture was taken with.

    Returns:
        Rotation matrix (3, 3), and the midpoint of the eyes (3,) in metres.
    """
    face = canonical_face()
    model = face.points[face.rigid]
    seen = points[face.rigid] * (1, -1, -1) + (-camera.width / 2, camera.height / 2, 0)
    _, scale, shift = fit(model, seen, face.weights)
    focal = camera.focal_length
    distance = focal / scale
    depth = distance - (seen[:, 2] - shift[2]) / scale
    placed = np.stack([seen[:, 0] * depth / focal, seen[:, 1] * depth / focal, -depth], 1)
    rotation, size, place = fit(model, placed, face.weights)
    return rotation, (size * rotation @ face.eyes + place) / size  # as far away as makes the face life-size


def fit(source: Array, target: Array, weights: Array) -> tuple[Array, float, Array]:
    """Rotation, scale and shift with the least weighted squared error of ``scale * rotation @ source + shift``."""
    source_mean, target_mean = weights @ source, weights @ target
    source, target = source - source_mean, target - target_mean
    u, values, v = np.linalg.svd((weights[:, None] * target).T @ source)
    mirror = np.ones(len(values))
    mirror[-1] = np.sign(np.linalg.det(u @ v))
    rotation = (u * mirror) @ v
    scale = float((values * mirror).sum() / (weights[:, None] * source * source).sum())
    return rotation, scale, target_mean - scale * rotation @ source_mean
