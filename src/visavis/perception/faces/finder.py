"""Face detection in whole frames, including small faces."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from visavis.perception.faces import boxes, engine

_SURE = 0.5
_SAME = 0.3
_NETWORK_SIDE = 192
"""Pixels that a piece is shrunk to before it is handed on; the network itself sees 128."""


class FaceFinder:
    """Finds faces in single pictures: MediaPipe's short-range detector on overlapping squares.

    The detector sees 128 x 128 pixels and finds faces that fill a sixteenth of them or more. The whole picture, squares
    as high as it, and on demand squares half as high find faces from about a thirtieth of the picture's height.
    """

    def __init__(self) -> None:
        mediapipe, self._cv2 = engine.load()
        vision, base = mediapipe.tasks.vision, mediapipe.tasks.BaseOptions
        options = vision.FaceDetectorOptions(
            base_options=base(model_asset_buffer=engine.detector_weights()), min_detection_confidence=_SURE
        )
        with engine.quietly():
            self._detector = vision.FaceDetector.create_from_options(options)
            self._look(np.zeros((32, 32, 3), np.uint8), 0, 0)

    def __call__(self, picture: NDArray[np.uint8], *, thorough: bool = False) -> list[boxes.Box]:
        """Boxes of faces, largest first.

        Args:
            picture: (H, W, 3).
            thorough: Whether to look for small faces, too, which takes about four times as long.
        """
        height, width, _ = picture.shape
        squares = _squares(width, height, min(width, height))
        if thorough:
            squares += _squares(width, height, max(1, min(width, height) // 2))
        found = [hit for x, y, side in squares for hit in self._look(picture[y : y + side, x : x + side], x, y)]
        if width != height:
            found += self._look(picture, 0, 0)
        kept: list[boxes.Box] = []
        for _, box in sorted(found, key=lambda hit: -hit[0]):
            if all(boxes.overlap(box, other) < _SAME for other in kept):
                kept.append(box)
        return sorted(kept, key=lambda box: -boxes.area(box))

    def close(self) -> None:
        """Frees what it holds."""
        with engine.quietly():
            self._detector.close()

    def _look(self, piece: NDArray[np.uint8], x: int, y: int) -> list[tuple[float, boxes.Box]]:
        """Scores and boxes of the faces in a piece of the picture whose corner is at (x, y)."""
        height, width, _ = piece.shape
        scale = min(1.0, _NETWORK_SIDE / max(height, width))
        if scale < 1:
            size = (max(1, round(width * scale)), max(1, round(height * scale)))
            piece = self._cv2.resize(piece, size, interpolation=self._cv2.INTER_AREA)
        scale_x, scale_y = width / piece.shape[1], height / piece.shape[0]
        hits = []
        for detection in self._detector.detect(engine.image(np.ascontiguousarray(piece))).detections:
            box = detection.bounding_box
            left, top = x + box.origin_x * scale_x, y + box.origin_y * scale_y
            right, bottom = left + box.width * scale_x, top + box.height * scale_y
            hits.append((float(detection.categories[0].score), np.array([left, top, right, bottom])))
        return hits


def _squares(width: int, height: int, side: int) -> list[tuple[int, int, int]]:
    """Overlapping squares (x, y, side) that cover a picture."""
    across, down = (np.linspace(0, size - side, _steps(size, side)).astype(int) for size in (width, height))
    return [(int(x), int(y), side) for y in down for x in across]


def _steps(size: int, side: int) -> int:
    """How many squares of `side` cover `size` with at least a third of each shared with the next."""
    return 1 if size <= side else int(np.ceil((size - side) / (side * 2 / 3))) + 1
