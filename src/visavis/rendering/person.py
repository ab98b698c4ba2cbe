"""One person as the renderer sees it: where the vertices are, and one surface per material."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from visavis.bodies import AnnyBody
from visavis.bodies.figure import PARTS, Figure
from visavis.motion.seat import Seat
from visavis.rendering import shading

Array = NDArray[np.float32]


class Actor:
    """One person: the body, where it stands and how its vertices reach the renderer."""

    def __init__(self, body: AnnyBody, seat: Seat) -> None:
        self.body, self.seat = body, seat
        figure = body.figure
        self.faces = figure.faces
        self._home = np.array(seat.position, np.float32)
        hip, head = figure.joints[0, 1], figure.joints[4, 1]
        height = figure.rest[:, 1]
        low, high = (hip + 0.05, hip + 0.45) if seat.seated else (0.05, hip)
        # How far a vertex follows the swaying head: not at all at the floor (or the seat), fully at the chest.
        self._follows = np.maximum(np.clip((height - low) / (high - low), 0, 1), figure.arms)[:, None]
        knee = 0.9 * (hip - 0.05)
        self._above_legs = np.maximum(np.clip(height / knee, 0, 1), figure.arms)
        self._sole = float(seat.position[1] - head)
        self._surfaces: list[_Surface] = []
        self._incidence = _incidence(self.faces, len(figure.rest))

    def points(self, values: Array) -> Array:
        """Vertices (B, V, 3) in the room for values (B, D); feet stay on the floor, hips on the seat."""
        import torch

        with torch.inference_mode():
            points = self.body.vertices(torch.from_numpy(values), self.seat.yaw).numpy()
            lean = self.body.lean(torch.from_numpy(values)).numpy()
        sway = values[:, self.body.space.indices("translation")] - self._home
        sway = (sway - Rotation.from_euler("y", self.seat.yaw).apply(lean)).astype(np.float32)[:, None]
        points -= (1 - self._follows) * sway
        points[..., 1] -= (1 - self._above_legs) * self._sole
        return points

    def enter(self, renderers: Sequence[Any]) -> None:
        """Shows the person to cameras, one mesh per material; `move` says where the vertices are."""
        figure = self.body.figure
        self._surfaces = []
        for material in shading.MATERIALS:
            used = np.isin(figure.parts, [PARTS.index(part) for part in material.parts])
            vertices = np.flatnonzero(used)
            renumbered = np.cumsum(used) - 1
            self._surfaces.append(_Surface(vertices, renumbered[self.faces[used[self.faces[:, 0]]]], figure))
            for renderer in renderers:
                renderer.AddActor(_vtk_actor(self._surfaces[-1].mesh, material))

    def move(self, points: Array) -> None:
        """Puts the vertices (V, 3) where they are to be drawn."""
        normals = self.normals(points)
        for surface in self._surfaces:
            surface.move(points, normals)

    def normals(self, points: Array) -> Array:
        """Unit normals (V, 3)."""
        corners = points[self.faces]
        across = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        summed = self._incidence @ across
        return summed / np.maximum(np.linalg.norm(summed, axis=1, keepdims=True), 1e-12)


def _incidence(faces: NDArray[np.int64], count: int) -> Any:
    """Sparse (V, F): which triangles meet in a vertex."""
    from scipy.sparse import csr_matrix

    columns = np.repeat(np.arange(len(faces)), 3)
    return csr_matrix((np.ones(faces.size, np.float32), (faces.ravel(), columns)), shape=(count, len(faces)))


class _Surface:
    """A mesh of one material, whose points and normals are written in place."""

    def __init__(self, vertices: NDArray[np.intp], faces: NDArray[np.int64], figure: Figure) -> None:
        import pyvista as pv

        self.vertices = slice(int(vertices[0]), int(vertices[-1]) + 1)
        self.mesh: Any = pv.PolyData(figure.rest[self.vertices].copy(), np.hstack([np.full((len(faces), 1), 3), faces]))
        self.mesh["rgba"] = (255 * np.column_stack([figure.colours, figure.light])[self.vertices]).astype(np.uint8)
        self.mesh.point_data["Normals"] = np.zeros_like(figure.rest[self.vertices])
        self.mesh.point_data.active_normals_name = "Normals"

    def move(self, points: Array, normals: Array) -> None:
        self.mesh.points[:] = points[self.vertices]
        self.mesh.point_data["Normals"][:] = normals[self.vertices]
        self.mesh.GetPoints().Modified()
        self.mesh.GetPointData().GetNormals().Modified()
        self.mesh.Modified()


def _vtk_actor(mesh: Any, material: shading.Material) -> Any:
    from vtkmodules.vtkRenderingCore import vtkActor, vtkPolyDataMapper

    mapper = vtkPolyDataMapper()
    mapper.SetInputData(mesh)
    mapper.SetScalarModeToUsePointFieldData()
    mapper.SelectColorArray("rgba")
    actor = vtkActor()
    actor.SetMapper(mapper)
    shading.apply(actor, material)
    return actor
