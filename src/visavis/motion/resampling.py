"""Motion at another frame rate."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation, Slerp

from visavis.errors import InputError
from visavis.motion.motion import Motion
from visavis.motion.rotations import continuous_quaternions, quaternion_to_rotvec, rotation_columns

Array = NDArray[np.float64]


def resample(motion: Motion, fps: float, frames: int | None = None) -> Motion:
    """The motion at another frame rate.

    A frame stands for the time from i/fps to (i+1)/fps, as in `visavis.conversation.Track`, so that duration and
    alignment with the sound stay. Rotations are interpolated on the sphere (slerp), all else linearly; the ends are
    held. Going to a lower rate first removes what the new rate cannot carry, so that nothing aliases. The same rate
    and length give the same motion, bit for bit.

    Args:
        motion: What to resample.
        fps: Frames per second of the result.
        frames: Frames of the result; the duration decides unless given.

    Raises:
        InputError: The rate is not positive, or frames are asked of a motion that has none.
    """
    if not (np.isfinite(fps) and fps > 0):
        raise InputError(f"motion cannot be resampled to {fps} frames per second")
    count = round(motion.duration * fps) if frames is None else frames
    if fps == motion.fps and count == len(motion):
        return motion
    if len(motion) == 0 and count > 0:
        raise InputError(f"a motion without frames cannot be resampled to {count} frames")
    if count == 0:
        return Motion.zeros(0, fps, motion.space)
    source = low_pass(motion, fps / 2) if fps < motion.fps else motion
    positions: Array = (np.arange(count, dtype=np.float64) + 0.5) * (motion.fps / fps) - 0.5
    return replace(at_frames(source, positions), fps=float(fps))


def at_frames(motion: Motion, positions: Array) -> Motion:
    """The motion at fractional frame positions (N,), the ends held; the frame rate is left as it is."""
    positions = np.clip(np.asarray(positions, np.float64), 0, len(motion) - 1)
    grid = np.arange(len(motion))
    values = np.stack([np.interp(positions, grid, column) for column in motion.values.T], axis=1)
    if len(motion) > 1:
        for columns in rotation_columns(motion.space):
            rotations = Slerp(grid, Rotation.from_rotvec(motion.values[:, columns].astype(np.float64)))
            values[:, columns] = rotations(positions).as_rotvec()
    return replace(motion, values=values.astype(np.float32))


def low_pass(motion: Motion, frequency: float) -> Motion:
    """Removes what changes faster than `frequency` in Hz, without delay.

    A windowed-sinc filter runs forwards and backwards; its stop band begins at `frequency`.
    """
    from scipy.signal import firwin  # here, as it takes long to import and every process imports this module

    # Hamming's transition band is 3.3 / taps of the sample rate wide; it is laid below the limit.
    width = 0.4 * frequency
    taps = int(np.ceil(3.3 * motion.fps / width)) | 1
    kernel = firwin(taps, frequency - width / 2, fs=motion.fps)
    return filter_columns(motion, lambda column: _zero_phase(kernel, column))


def filter_columns(motion: Motion, function: Callable[[Array], Array]) -> Motion:
    """Applies a linear filter over time to every column; rotations are filtered as quaternions.

    Args:
        motion: What to filter.
        function: (T, K) to (T, K), along the first axis.
    """
    if len(motion) == 0:
        return motion
    values = function(motion.values.astype(np.float64))
    for columns in rotation_columns(motion.space):
        quaternions = continuous_quaternions(motion.values[:, columns])
        values[:, columns] = quaternion_to_rotvec(function(quaternions))
    return replace(motion, values=values.astype(np.float32))


def _zero_phase(kernel: Array, values: Array) -> Array:
    from scipy.signal import filtfilt

    padding = min(3 * len(kernel), len(values) - 1)
    filtered: Array = filtfilt(kernel, 1.0, values, axis=0, padtype="even", padlen=padding)
    return filtered
