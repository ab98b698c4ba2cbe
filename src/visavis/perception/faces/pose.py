"""Head position and orientation from landmarks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from visavis.perception.faces.engine import EYE_CORNERS, LEFT_IRIS, LOWER_LIP, RIGHT_IRIS, UPPER_LIP, canonical_face

Array = NDArray[np.float64]


_REST_PITCH = np.radians(6.0)
"""How far the canonical face is tipped forward where the built-in body looks straight ahead: the mean over its two
default people, rendered from the front (4 and 8 degrees)."""


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
        return max(self.width, self.height) / 2 / float(np.tan(self.field_of_view / 2))


@dataclass(frozen=True)
class Pose:
    """A head in the camera's frame: +X to the right of the picture, +Y up, +Z towards the viewer.

    Attributes:
        rotation: (3, 3); a face that looks along +Z is not rotated.
        eyes: (3,) metres, midway between the eyes.
        irises: (2,) how far the irises are, on average, from the middle of their eyes' corners towards the person's
            left and up, in distances between the eyes.
        parted: How far the lips are apart at their middle, in distances between the eyes; 0 where they meet.
    """

    rotation: Array
    eyes: Array
    irises: Array
    parted: float


def head_pose(points: Array, camera: Camera) -> Pose:
    """The pose of a head by a rigid fit of the canonical face.

    The landmarks know nothing of the camera: they tell how the face is turned towards the line of sight, and how many
    pixels a metre has there. The line of sight comes from the place in the picture; without it, faces at the side of
    the picture would seem to look past the camera.

    Source: Kabsch 1976 and Umeyama 1991 for the fit; landmarks and weights are those of MediaPipe's geometry module.

    Args:
        points: (478, 3) pixels, as in `landmarks.Face`.
        camera: What the picture was taken with.
    """
    face = canonical_face()
    upright = points * (1, -1, -1) + (-camera.width / 2, camera.height / 2, 0)
    turned, scale, shift = fit(face.points[face.rigid], upright[face.rigid], face.weights)
    eyes = scale * turned @ face.eyes + shift
    focal = camera.focal_length
    right, up, _ = face.weights @ upright[face.rigid] / focal
    sight = Rotation.from_euler("YX", [-np.arctan(right), np.arctan2(up, np.hypot(right, 1))]).as_matrix()
    rest = Rotation.from_euler("X", -_REST_PITCH).as_matrix()
    place = np.array([eyes[0], eyes[1], -focal]) / scale
    own = upright @ turned  # in the head's frame
    right_eye, left_eye = own[list(EYE_CORNERS[:2])].mean(0), own[list(EYE_CORNERS[2:])].mean(0)
    apart = float(np.linalg.norm(left_eye - right_eye))
    irises = (own[RIGHT_IRIS] - right_eye + own[LEFT_IRIS] - left_eye)[:2] / (2 * apart)
    parted = max(0.0, float(own[UPPER_LIP, 1] - own[LOWER_LIP, 1]) / apart)
    return Pose(sight @ turned @ rest, place, irises, parted)


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
