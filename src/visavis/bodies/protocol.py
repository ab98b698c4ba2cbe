"""What every body can do: motion in, vertices in room coordinates out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from visavis.motion.space import MotionSpace

if TYPE_CHECKING:
    from torch import Tensor


@runtime_checkable
class BodyModel(Protocol):
    """A person whose vertices a motion array moves.

    Attributes:
        space: The motion space that drives the body.
        faces: int64 (F, 3), triangles, counter-clockwise seen from outside.
        lip_vertices: Indices of the vertices that speaking moves most.
        upper_face_vertices: Indices of the vertices of eyes, brows and forehead.
    """

    space: MotionSpace
    faces: NDArray[np.int64]
    lip_vertices: NDArray[np.intp]
    upper_face_vertices: NDArray[np.intp]

    def vertices(self, values: Tensor, yaw: Tensor | float = 0.0) -> Tensor:
        """Vertices in metres in the room's frame, differentiable in `values`.

        Args:
            values: (..., D), D columns of `space`.
            yaw: Which way the torso faces, radians about +Y; a number or (...).

        Returns:
            (..., V, 3).
        """
        ...
