"""Face recognition: SFace embeddings."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from visavis.assets import resolve
from visavis.perception.faces import engine
from visavis.perception.faces.pose import fit

DIM = 128
SIDE = 112

# Where the eyes, the tip of the nose and the corners of the mouth are in an aligned face of 112 x 112 pixels, the
# person's right (the picture's left) first (Deng et al., ArcFace, 2019).
_PLACES = np.array([[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]])
_LANDMARKS = ((33, 133), (362, 263), (1,), (61,), (291,))


@cache
def _session() -> Any:
    from visavis.features.onnx import open_session

    return open_session(resolve("sface"), threads=1)


def alignment(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """From the picture's pixels to those of an aligned face, (2, 3), by the landmarks (478, 3)."""
    seen = np.stack([points[list(group), :2].mean(0) for group in _LANDMARKS])
    rotation, scale, shift = fit(seen, _PLACES, np.full(len(_PLACES), 1 / len(_PLACES)))
    return np.column_stack([scale * rotation, shift])


def aligned(picture: NDArray[np.uint8], alignment: NDArray[np.float64]) -> NDArray[np.uint8]:
    """A face upright and of fixed size, (112, 112, 3).

    Args:
        picture: (H, W, 3).
        alignment: (2, 3) as from `alignment`.
    """
    _, cv2 = engine.load()
    square: NDArray[np.uint8] = cv2.warpAffine(picture, alignment, (SIDE, SIDE), flags=cv2.INTER_LINEAR)
    return square


def embed(face: NDArray[np.uint8]) -> NDArray[np.float32]:
    """The embedding (128,), of length 1, of an aligned face; cosines of 0.36 and more mean the same person.

    Source: Zhong et al., SFace: sigmoid-constrained hypersphere loss for robust face recognition, 2021; the threshold
        is OpenCV's for LFW.
    """
    (vector,) = _session().run(None, {"data": face.transpose(2, 0, 1)[None].astype(np.float32)})
    embedding: NDArray[np.float32] = vector[0] / np.linalg.norm(vector[0])
    return embedding
