"""Person detection in images."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from visavis.assets import resolve
from visavis.perception.faces import engine

SURE = 0.4


class PersonFinder:
    """EfficientDet-Lite0 on COCO's class ``person``.

    Source: Tan et al., EfficientDet: scalable and efficient object detection, 2020.

    Raises:
        MissingExtraError: MediaPipe is not installed.
    """

    def __init__(self) -> None:
        mediapipe, _ = engine.load("finding people")
        vision, base = mediapipe.tasks.vision, mediapipe.tasks.BaseOptions
        options = vision.ObjectDetectorOptions(
            base_options=base(model_asset_path=str(resolve("efficientdet-lite0"))),
            category_allowlist=["person"],
            score_threshold=SURE,
        )
        with engine.quietly():
            self._detector = vision.ObjectDetector.create_from_options(options)

    def __call__(self, picture: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Boxes (N, 4) of left, top, right, bottom in pixels, the surest first."""
        found = self._detector.detect(engine.image(np.ascontiguousarray(picture))).detections
        boxes = [d.bounding_box for d in found]
        corners = [[b.origin_x, b.origin_y, b.origin_x + b.width, b.origin_y + b.height] for b in boxes]
        return np.array(corners, np.float32).reshape(-1, 4)


@cache
def person_finder() -> PersonFinder:
    """One per process."""
    return PersonFinder()
