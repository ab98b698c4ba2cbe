"""Smoothing of motion."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.signal import savgol_filter
from scipy.spatial.transform import Rotation

from visavis.errors import InputError
from visavis.motion.motion import Motion
from visavis.motion.resampling import filter_columns
from visavis.motion.rotations import rotation_columns
from visavis.motion.space import MotionSpace


def savitzky_golay(motion: Motion, window: int = 7, order: int = 2) -> Motion:
    """Fits a polynomial to the frames around each frame (Savitzky and Golay 1964); rotations as quaternions.

    Args:
        motion: What to smooth; shorter than the window, it is returned as it is.
        window: Frames, odd.
        order: Of the polynomial, below `window`; peaks that are wider than the window keep their height.

    Raises:
        InputError: Window or order do not fit.
    """
    if window % 2 == 0 or not 0 <= order < window:
        raise InputError(f"smoothing needs an odd window above its order, not window {window} and order {order}")
    if len(motion) < window:
        return motion
    return filter_columns(motion, lambda v: savgol_filter(v, window, order, axis=0, mode="interp"))


class OneEuro:
    """Smooths a stream, frame by frame, with little lag (Casiez, Roussel and Vogel, "1 Euro Filter", CHI 2012).

    A low-pass filter whose cutoff rises with the speed of the motion: still things do not jitter and fast ones do not
    lag. Rotations are filtered on the sphere, with the angular speed in place of the derivative.

    Args:
        space: What the columns mean.
        fps: Frames per second of the stream.
        min_cutoff: Hz at rest; lower is smoother.
        beta: Hz per unit of speed (coefficients, metres or radians per second); higher lags less.
        derivative_cutoff: Hz of the filter on the speed.
    """

    def __init__(
        self,
        space: MotionSpace,
        fps: float,
        min_cutoff: float = 1.5,
        beta: float = 1.0,
        derivative_cutoff: float = 1.0,
    ) -> None:
        self.fps = fps
        self.min_cutoff = min_cutoff
        self.beta = beta
        self._speed_share = self._share(derivative_cutoff)
        self._rotations = rotation_columns(space)
        self._value: NDArray[np.float64] | None = None
        self._raw: NDArray[np.float64] | None = None
        self._speed = np.zeros(space.dim)

    def __call__(self, frame: NDArray[np.float32]) -> NDArray[np.float32]:
        """The next frame (D,), smoothed."""
        new = np.asarray(frame, np.float64)
        if self._value is None or self._raw is None:
            self._value, self._raw = new.copy(), new
            return new.astype(np.float32)
        speed = (new - self._raw) * self.fps
        rotations = self._rotations
        if len(rotations):
            raw = Rotation.from_rotvec(self._raw[rotations])
            turn = (raw.inv() * Rotation.from_rotvec(new[rotations])).magnitude() * self.fps
            speed[rotations] = turn[:, None]
        self._speed += self._speed_share * (speed - self._speed)
        share = self._share(self.min_cutoff + self.beta * np.abs(self._speed))
        value = self._value + share * (new - self._value)
        if len(rotations):
            old = Rotation.from_rotvec(self._value[rotations])
            step = (old.inv() * Rotation.from_rotvec(new[rotations])).as_rotvec() * share[rotations]
            value[rotations] = (old * Rotation.from_rotvec(step)).as_rotvec()
        self._value, self._raw = value, new
        return value.astype(np.float32)

    def _share(self, cutoff: NDArray[np.float64] | float) -> NDArray[np.float64]:
        """How much of a new value is taken (their equations 4 and 5)."""
        return np.asarray(1 / (1 + self.fps / (2 * np.pi * np.asarray(cutoff))))
