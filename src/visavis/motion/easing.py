"""The course of a movement from rest to rest (easing)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def ease(x: NDArray[np.floating]) -> NDArray[np.floating]:
    """Minimum-jerk course from 0 at x <= 0 to 1 at x >= 1 (Flash & Hogan 1985, eq. 3 for a rest-to-rest move)."""
    x = np.clip(x, 0.0, 1.0)
    return x**3 * (10 - 15 * x + 6 * x * x)
