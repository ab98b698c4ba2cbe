"""Embedding spaces of face-recognition networks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from visavis.assets import resolve
from visavis.errors import MissingExtraError
from visavis.perception.faces import embedding
from visavis.perception.faces.landmarks import Landmarker

# What dlib's five landmarks are: corners of the eye at the picture's right, outer and inner; of the other eye; the
# nose's base (King, "dlib 19.8 5-point shape predictor", 2017), as MediaPipe's landmarks.
_FIVE = (263, 362, 33, 133, 2)
_CHIP = 150


class Network(Protocol):
    """Turns a face that has been found into a vector."""

    name: str

    def __call__(self, picture: NDArray[np.uint8], points: NDArray[np.float64]) -> NDArray[np.float32]:
        """The vector (D,) of the face in a picture (H, W, 3) whose 478 landmarks are `points` (478, 3), in pixels."""
        ...


class SFace:
    """SFace, 128 numbers of length 1 (`visavis.perception.faces.embedding`)."""

    name = "SFace, 128-d"

    def __call__(self, picture: NDArray[np.uint8], points: NDArray[np.float64]) -> NDArray[np.float32]:
        """See `Network`."""
        return embedding.embed(embedding.aligned(picture, embedding.alignment(points)))


class DlibResNet:
    """dlib's recognition network, 128 numbers; below a distance of 0.6 it takes two faces for the same person's.

    Source: King, "High quality face recognition with deep metric learning", 2017: a ResNet with 29 layers, 99.4% on
        LFW.

    Raises:
        MissingExtraError: dlib is not installed.
        InputError: The weights are not here and cannot be fetched.
    """

    name = "dlib ResNet, 128-d"

    def __init__(self) -> None:
        """Loads the network."""
        try:
            import dlib
        except ImportError:
            raise MissingExtraError("the face space of dlib", "faces") from None
        self._dlib: Any = dlib
        self._network = dlib.face_recognition_model_v1(str(resolve("dlib-face-resnet")))

    def __call__(self, picture: NDArray[np.uint8], points: NDArray[np.float64]) -> NDArray[np.float32]:
        """See `Network`."""
        dlib = self._dlib
        seen = np.rint(points[list(_FIVE), :2]).astype(int)
        box = dlib.rectangle(*seen.min(0).tolist(), *seen.max(0).tolist())
        found = dlib.full_object_detection(box, [dlib.point(x, y) for x, y in seen.tolist()])
        chip = dlib.get_face_chip(np.ascontiguousarray(picture), found, size=_CHIP)
        return np.array(self._network.compute_face_descriptor(chip), np.float32)


class Recognition:
    """Pictures of single faces in the spaces of several networks at once, so that a face is found only once.

    Args:
        networks: At least one.

    Raises:
        MissingExtraError: MediaPipe, which finds the faces, is not installed.
    """

    def __init__(self, networks: Iterable[Network]) -> None:
        self.networks = tuple(networks)
        self._landmarker = Landmarker()

    def __call__(self, picture: NDArray[np.uint8]) -> tuple[NDArray[np.float32], ...] | None:
        """The vector (D,) of each network; None where there is no face in the picture (H, W, 3).

        What was seen before does not matter.
        """
        self._landmarker.forget()
        height, width, _ = picture.shape
        face = self._landmarker(picture, np.array([0.0, 0.0, width, height]))
        return None if face is None else tuple(network(picture, face.points) for network in self.networks)

    def close(self) -> None:
        """Frees what it holds."""
        self._landmarker.close()
