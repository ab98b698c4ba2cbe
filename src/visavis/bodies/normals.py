"""Vertex normals of a mesh."""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

Real = TypeVar("Real", np.float32, np.float64)


class VertexNormals:
    """Unit normals for any number of poses of one mesh: the mean over the triangles around, weighted by area.

    A vertex around which no triangle has an area has no normal: it gets zeros.
    """

    def __init__(self, faces: NDArray[np.int64], count: int) -> None:
        """Args: faces: (F, 3). count: Number of vertices."""
        self._faces = faces
        triangles = np.repeat(np.arange(len(faces)), 3)
        ones = np.ones(faces.size, np.float32)
        self._around = csr_matrix((ones, (faces.ravel(), triangles)), shape=(count, len(faces)))

    def __call__(self, points: NDArray[Real]) -> NDArray[Real]:
        """Normals (V, 3) of vertices (V, 3), in their precision."""
        a, b, c = (points[self._faces[:, corner]] for corner in range(3))
        summed = self._around @ np.cross(b - a, c - a)
        length = np.linalg.norm(summed, axis=1, keepdims=True)
        unit: NDArray[Real] = (summed / np.maximum(length, 1e-12)).astype(points.dtype)
        return unit


def vertex_normals(points: NDArray[Real], faces: NDArray[np.int64]) -> NDArray[Real]:
    """The normals of one pose; see `VertexNormals`."""
    return VertexNormals(faces, len(points))(points)


def surface_of(points: NDArray[Real], faces: NDArray[np.int64]) -> Any:
    """The mesh as PyVista has it, for what it can do with meshes."""
    import pyvista as pv

    return pv.PolyData(points, np.hstack([np.full((len(faces), 1), 3), faces]))
