"""One person as the renderer sees it: where the vertices are, and one surface per material."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from visavis.bodies import AnnyBody
from visavis.bodies.anchoring import Anchoring
from visavis.bodies.figure import PARTS, Figure
from visavis.bodies.normals import VertexNormals
from visavis.motion.seat import Seat
from visavis.rendering import shading

Array = NDArray[np.float32]


class Actor:
    """One person: the body, where it stands and how its vertices reach the renderer."""

    def __init__(self, body: AnnyBody, seat: Seat) -> None:
        self.body, self.seat = body, seat
        figure = body.figure
        self.faces = figure.faces
        self._anchoring = Anchoring(body, seat)
        self._surfaces: list[_Surface] = []
        self.normals = VertexNormals(self.faces, len(figure.rest))

    def points(self, values: Array) -> Array:
        """Vertices (B, V, 3) in the room for values (B, D); feet stay on the floor, hips on the seat."""
        import torch

        with torch.inference_mode():
            points = self.body.vertices(torch.from_numpy(values), self.seat.yaw).numpy()
        anchoring = self._anchoring
        sway = Rotation.from_euler("y", self.seat.yaw).apply(anchoring.sway(values)).astype(np.float32)
        points -= (1 - anchoring.follows[:, None]) * sway[:, None]
        points[..., 1] -= anchoring.lowered
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
