"""Rotations in the usual representations, converted by SciPy.

All arrays have any leading shape. Rotation vectors are axis times angle in radians (..., 3), quaternions are
(x, y, z, w) with w >= 0 (..., 4), matrices turn column vectors (..., 3, 3), and the 6-D form holds a matrix's first two
columns, one after the other (..., 6), after Zhou et al., "On the Continuity of Rotation Representations in Neural
Networks", CVPR 2019, section 4. For tensors with gradients, `roma` has the same functions.
"""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial.transform import Rotation, Slerp

from visavis.errors import InputError
from visavis.motion.space import MotionSpace

Array = NDArray[np.float64]


def _rotation(rotvec: ArrayLike) -> tuple[Rotation, tuple[int, ...]]:
    array = np.asarray(rotvec, np.float64)
    return Rotation.from_rotvec(array.reshape(-1, 3)), array.shape[:-1]


def rotvec_to_matrix(rotvec: ArrayLike) -> Array:
    """Rotation vectors (..., 3) to matrices (..., 3, 3)."""
    rotation, shape = _rotation(rotvec)
    matrices: Array = rotation.as_matrix().reshape(*shape, 3, 3)
    return matrices


def matrix_to_rotvec(matrix: ArrayLike) -> Array:
    """Matrices (..., 3, 3) to rotation vectors (..., 3) no longer than pi."""
    array = np.asarray(matrix, np.float64)
    turns: Array = Rotation.from_matrix(array.reshape(-1, 3, 3)).as_rotvec().reshape(*array.shape[:-2], 3)
    return turns


def rotvec_to_quaternion(rotvec: ArrayLike) -> Array:
    """Rotation vectors (..., 3) to quaternions (..., 4)."""
    rotation, shape = _rotation(rotvec)
    quaternions: Array = rotation.as_quat(canonical=True).reshape(*shape, 4)
    return quaternions


def quaternion_to_rotvec(quaternion: ArrayLike) -> Array:
    """Quaternions (..., 4), of any length but zero, to rotation vectors (..., 3)."""
    array = np.asarray(quaternion, np.float64)
    turns: Array = Rotation.from_quat(array.reshape(-1, 4)).as_rotvec().reshape(*array.shape[:-1], 3)
    return turns


def rotvec_to_sixd(rotvec: ArrayLike) -> Array:
    """Rotation vectors (..., 3) to the 6-D form (..., 6)."""
    matrix = rotvec_to_matrix(rotvec)
    return np.concatenate([matrix[..., 0], matrix[..., 1]], axis=-1)


def sixd_to_rotvec(sixd: ArrayLike) -> Array:
    """The 6-D form (..., 6), not necessarily orthonormal, to rotation vectors (..., 3).

    Zhou et al. 2019, equation 15: Gram-Schmidt on the two columns; the third is their cross product.
    """
    array = np.asarray(sixd, np.float64)
    first = _unit(array[..., :3])
    second = array[..., 3:]
    second = _unit(second - (first * second).sum(-1, keepdims=True) * first)
    return matrix_to_rotvec(np.stack([first, second, np.cross(first, second)], axis=-1))


def compose(*rotvecs: ArrayLike) -> Array:
    """The rotation vectors (..., 3) of the product of rotations: the last is applied first, as with matrices."""
    matrix = rotvec_to_matrix(rotvecs[0])
    for rotvec in rotvecs[1:]:
        matrix = matrix @ rotvec_to_matrix(rotvec)
    return matrix_to_rotvec(matrix)


def angle_between(one: ArrayLike, other: ArrayLike) -> Array:
    """The angle (...) in radians, 0 to pi, that turns one rotation into the other."""
    angle: Array = np.linalg.norm(compose(-np.asarray(one, np.float64), other), axis=-1)
    return angle


def unwrap(rotvecs: ArrayLike) -> Array:
    """The same rotations over time (T, 3) without jumps where the angle passes pi.

    A rotation has many rotation vectors, whose lengths differ by 2 pi along one axis; each frame takes the one
    nearest to the frame before.
    """
    result = np.array(rotvecs, np.float64)
    for i in range(1, len(result)):
        angle = np.linalg.norm(result[i])
        if angle < 1e-9:
            # No rotation has any axis: it is as well 2 pi about the axis of the frame before.
            before = np.linalg.norm(result[i - 1])
            axis = result[i - 1] / before if before > np.pi else np.zeros(3)
        else:
            axis = result[i] / angle
        turns = np.rint((result[i - 1] @ axis - angle) / (2 * np.pi))
        result[i] = axis * (angle + 2 * np.pi * turns)
    return result


def slerp(rotvecs: ArrayLike, times: ArrayLike, wanted: ArrayLike) -> Array:
    """Rotation vectors (T, 3) at other times, along the shortest arcs; the first and the last are held.

    Args:
        rotvecs: (N, 3), at least one.
        times: (N,) increasing.
        wanted: (T,).
    """
    array, at, wanted = (np.asarray(values, np.float64) for values in (rotvecs, times, wanted))
    if len(array) == 1:
        return np.repeat(array, len(wanted), axis=0)
    turns: Array = Slerp(at, Rotation.from_rotvec(array))(np.clip(wanted, at[0], at[-1])).as_rotvec()
    return turns


def rotation_columns(space: MotionSpace) -> NDArray[np.intp]:
    """The positions (R, 3) of the space's rotation vectors.

    Raises:
        InputError: A column in radians has no two others beside it that make it a rotation vector.
    """
    triples = []
    for i, column in enumerate(space.columns):
        if column.unit != "rad" or not column.name.endswith(".x"):
            continue
        stem = re.sub(r"\.x$", "", column.name)
        if space.names[i : i + 3] == (f"{stem}.x", f"{stem}.y", f"{stem}.z"):
            triples.append((i, i + 1, i + 2))
    found = np.array(triples, np.intp).reshape(-1, 3)
    alone = {i for i, column in enumerate(space.columns) if column.unit == "rad"} - set(found.ravel().tolist())
    if alone:
        raise InputError(
            f"motion space {space.name!r}: column {space.names[min(alone)]!r} is in radians but not part of a "
            "rotation vector (three columns in a row, '.x', '.y', '.z')"
        )
    return found


def continuous_quaternions(rotvecs: ArrayLike) -> Array:
    """Rotation vectors over time (T, 3) to quaternions (T, 4) whose signs do not flip from frame to frame."""
    quaternions = rotvec_to_quaternion(rotvecs)
    flips = np.where((quaternions[1:] * quaternions[:-1]).sum(-1) < 0, -1.0, 1.0)
    quaternions[1:] *= np.cumprod(flips)[:, None]
    return quaternions


def _unit(vector: Array) -> Array:
    unit: Array = vector / np.linalg.norm(vector, axis=-1, keepdims=True)
    return unit
