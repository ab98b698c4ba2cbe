"""Shot boundary detection."""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import NDArray

from visavis.perception.faces import engine

_SIZE = (48, 27)
_SAMPLES = 4
"""Pixels per side of a thumbnail's pixel that are averaged; all of them would cost more than a face does."""
_LEAST = 15.0
_TIMES = 3.0
_PAST = 12


class ShotCuts:
    """Tells cuts from movement, picture by picture, without looking ahead.

    A cut changes the picture all at once: the mean absolute change of hue, saturation and brightness in a thumbnail is
    large (`_LEAST` of 255) and several times what it was over the last half second. Fades pass as one shot; what a
    missed cut would do to a face is caught where faces are followed.

    Source: the content and adaptive detectors of PySceneDetect (B. Castellano), whose thresholds these are.
    """

    def __init__(self) -> None:
        _, self._cv2 = engine.load()
        self._before: NDArray[np.int16] | None = None
        self._past: deque[float] = deque(maxlen=_PAST)

    def __call__(self, picture: NDArray[np.uint8]) -> bool:
        """Whether `picture` (H, W, 3) begins a new shot; the first one does."""
        step = max(1, min(picture.shape[1] // _SIZE[0], picture.shape[0] // _SIZE[1]) // _SAMPLES)
        small = self._cv2.resize(picture[::step, ::step], _SIZE, interpolation=self._cv2.INTER_AREA)
        now = self._cv2.cvtColor(small, self._cv2.COLOR_RGB2HSV_FULL).astype(np.int16)
        before, self._before = self._before, now
        if before is None:
            return True
        change = np.abs(now - before)
        change[..., 0] = np.minimum(change[..., 0], 256 - change[..., 0])  # hue is a circle
        change[..., 0] = change[..., 0] * np.minimum(now[..., 1], before[..., 1]) // 255  # grey has no hue
        amount = float(change.mean())
        usual = float(np.mean(self._past)) if self._past else 0.0
        cut = amount > _LEAST and amount > _TIMES * usual
        if cut:
            self._past.clear()
        else:
            self._past.append(amount)
        return cut
