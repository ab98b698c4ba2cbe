"""One face in one image: 478 landmarks and the 52 ARKit scores."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from visavis.assets import resolve
from visavis.motion.spaces import ARKIT_SHAPES
from visavis.perception.faces import boxes, engine

FACE_POINTS = 468
"""The landmarks on the skin; ten more are the irises'."""

_SMALLEST = 12
"""Pixels; in a window below this nothing is looked for."""


@dataclass(frozen=True)
class Face:
    """What was seen of a face.

    Attributes:
        points: (478, 3) pixels of the picture; the third, towards the back, in pixels as well.
        scores: (52,) 0 to 1 in the order of `ARKIT_SHAPES`; there is none for ``tongueOut``, which is 0.
        box: Around the landmarks.
    """

    points: NDArray[np.float64]
    scores: NDArray[np.float32]
    box: boxes.Box


class Landmarker:
    """Follows one face in a window of the picture that hardly moves: MediaPipe's Face Landmarker in video mode.

    From picture to picture it looks where the face was, which is quick and keeps landmarks steady; where the face is
    lost it searches the window. A window, rather than the picture, gives a small face its full resolution and keeps
    other faces out.
    """

    def __init__(self) -> None:
        mediapipe, _ = engine.load()
        vision, base = mediapipe.tasks.vision, mediapipe.tasks.BaseOptions
        options = vision.FaceLandmarkerOptions(
            base_options=base(model_asset_path=str(resolve("face-landmarker"))),
            running_mode=vision.RunningMode.VIDEO,
            num_faces=1,
            output_face_blendshapes=True,
        )
        self._clock = 0
        self._order: list[int] | None = None
        with engine.quietly():
            self._landmarker = vision.FaceLandmarker.create_from_options(options)
            self.forget()

    def __call__(self, picture: NDArray[np.uint8], window: boxes.Box) -> Face | None:
        """The face in a window (x0, y0, x1, y1) of a picture (H, W, 3), if there is one."""
        height, width, _ = picture.shape
        x0, y0, x1, y1 = boxes.within(window, width, height).astype(int)
        if min(x1 - x0, y1 - y0) < _SMALLEST:
            return None
        piece = np.ascontiguousarray(picture[y0:y1, x0:x1])
        result = self._detect(piece)
        if not result.face_landmarks:  # lost just now: the second look searches the whole window
            result = self._detect(piece)
        if not result.face_landmarks:
            return None
        points = np.array([(p.x, p.y, p.z) for p in result.face_landmarks[0]])
        points = points * (x1 - x0, y1 - y0, x1 - x0) + (x0, y0, 0)
        return Face(points, self._scores(result.face_blendshapes[0]), boxes.around(points[:FACE_POINTS]))

    def forget(self) -> None:
        """Starts anew, for another window."""
        self._detect(np.zeros((32, 32, 3), np.uint8))

    def close(self) -> None:
        """Frees what it holds."""
        with engine.quietly():
            self._landmarker.close()

    def _detect(self, piece: NDArray[np.uint8]) -> Any:
        self._clock += 40  # milliseconds, which have to grow from call to call
        return self._landmarker.detect_for_video(engine.image(piece), self._clock)

    def _scores(self, categories: Any) -> NDArray[np.float32]:
        if self._order is None:
            named = {category.category_name: i for i, category in enumerate(categories)}
            self._order = [named.get(name, -1) for name in ARKIT_SHAPES]
        return np.array([categories[i].score if i >= 0 else 0.0 for i in self._order], np.float32)
