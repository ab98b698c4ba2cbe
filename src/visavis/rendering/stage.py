"""The room in which two bodies are drawn: lights, floor, furniture, three cameras, one picture."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from visavis.bodies import AnnyBody
from visavis.motion.seat import Seat
from visavis.rendering.framing import View, close_up, two_shot
from visavis.rendering.script import Script

Array = NDArray[np.float32]

WALL_TOP, WALL_LOW, FLOOR = (0.80, 0.755, 0.70), (0.93, 0.885, 0.83), (0.78, 0.70, 0.61)
BATCH = 16  # frames whose vertices are computed at once
GAP = 4  # pixels between the views


@dataclass(frozen=True)
class Panel:
    """A part of the picture: pixels from the left and the top, and the camera that fills it."""

    x: int
    y: int
    width: int
    height: int
    view: View


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
        self._follows = np.clip((height - low) / (high - low), 0, 1)[:, None].astype(np.float32)
        knee = 0.9 * (hip - 0.05)
        self._above_legs = np.clip(height / knee, 0, 1).astype(np.float32)
        self._sole = float(seat.position[1] - head)
        self._incidence = _incidence(self.faces, len(figure.rest))

    def points(self, values: Array) -> Array:
        """Vertices (B, V, 3) in the room for values (B, 67); feet stay on the floor, hips on the seat."""
        import torch

        with torch.inference_mode():
            points = self.body.vertices(torch.from_numpy(values), self.seat.yaw).numpy()
        sway = values[:, None, 64:67] - self._home
        points -= (1 - self._follows) * sway
        points[..., 1] -= (1 - self._above_legs) * self._sole
        return points

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


class Stage:
    """Draws frames of one conversation.

    Args:
        script: What to show.
        size: Width and height of the picture in pixels.
    """

    def __init__(self, script: Script, size: tuple[int, int]) -> None:
        import pyvista as pv

        self.script = script
        self.people = [
            Actor(AnnyBody(appearance, seated=seat.seated), seat)
            for appearance, seat in zip(script.appearances, script.seats, strict=True)
        ]
        self.size = size
        self.panels = layout(size, (self.people[0].seat, self.people[1].seat))
        self._plotter = pv.Plotter(off_screen=True, window_size=list(size), shape=(1, 1), border=False)
        self._window = self._plotter.render_window
        self._window.SetMultiSamples(0)
        self._meshes = [self._mesh(actor) for actor in self.people]
        self._build()

    def _mesh(self, actor: Actor) -> Any:
        import pyvista as pv

        mesh = pv.PolyData(actor.body.figure.rest, np.hstack([np.full((len(actor.faces), 1), 3), actor.faces]))
        mesh["rgb"] = (255 * actor.body.figure.colours).astype(np.uint8)
        mesh.point_data["Normals"] = np.zeros_like(actor.body.figure.rest)
        mesh.point_data.active_normals_name = "Normals"
        return mesh

    def _build(self) -> None:
        from vtkmodules.vtkRenderingCore import vtkActor, vtkLight, vtkPolyDataMapper, vtkRenderer

        width, height = self.size
        for renderer in list(self._window.GetRenderers()):
            self._window.RemoveRenderer(renderer)
        for panel in self.panels:
            renderer = vtkRenderer()
            renderer.SetViewport(
                panel.x / width,
                1 - (panel.y + panel.height) / height,
                (panel.x + panel.width) / width,
                1 - panel.y / height,
            )
            renderer.SetBackground(WALL_LOW)
            renderer.SetBackground2(WALL_TOP)
            renderer.GradientBackgroundOn()
            camera = renderer.GetActiveCamera()
            camera.SetPosition(*panel.view.position)
            camera.SetFocalPoint(*panel.view.target)
            camera.SetViewUp(0, 1, 0)
            camera.SetViewAngle(panel.view.fov_deg)
            camera.SetClippingRange(0.1, 60)
            for mesh in self._meshes:
                mapper = vtkPolyDataMapper()
                mapper.SetInputData(mesh)
                mapper.SetScalarModeToUsePointFieldData()
                mapper.SelectColorArray("rgb")
                actor = vtkActor()
                actor.SetMapper(mapper)
                look = actor.GetProperty()
                look.SetInterpolationToPhong()
                look.SetAmbient(0.32)
                look.SetDiffuse(0.78)
                look.SetSpecular(0.10)
                look.SetSpecularPower(18)
                renderer.AddActor(actor)
            renderer.AutomaticLightCreationOff()
            for position, rgb, strength in (
                ((-0.9, 1.1, 1.2), (1.0, 0.95, 0.88), 0.85),
                ((1.3, 0.25, 0.9), (0.88, 0.93, 1.0), 0.35),
                ((0.4, 1.3, -1.4), (1.0, 0.97, 0.92), 0.45),
            ):
                light = vtkLight()
                light.SetLightTypeToCameraLight()
                light.SetPosition(*position)
                light.SetFocalPoint(0, 0, 0)
                light.SetColor(*rgb)
                light.SetIntensity(strength)
                renderer.AddLight(light)
            self._window.AddRenderer(renderer)

    def frames(self, start: int, stop: int) -> Iterator[NDArray[np.uint8]]:
        """The pictures of frames `start` to `stop` (exclusive), uint8 (height, width, 3); each is valid until the next."""
        for first in range(start, stop, BATCH):
            last = min(first + BATCH, stop)
            points = [
                actor.points(values[first:last]) for actor, values in zip(self.people, self.script.values, strict=True)
            ]
            for i in range(last - first):
                yield self.draw([p[i] for p in points])

    def draw(self, points: Sequence[Array]) -> NDArray[np.uint8]:
        """One picture, uint8 (height, width, 3), of the two people's vertices (V, 3)."""
        from vtkmodules.util.numpy_support import vtk_to_numpy
        from vtkmodules.vtkCommonCore import vtkUnsignedCharArray

        for actor, mesh, vertices in zip(self.people, self._meshes, points, strict=True):
            mesh.points[:] = vertices
            mesh.point_data["Normals"][:] = actor.normals(vertices)
            mesh.GetPoints().Modified()
            mesh.GetPointData().GetNormals().Modified()
            mesh.Modified()
        self._window.Render()
        width, height = self.size
        pixels = vtkUnsignedCharArray()
        self._window.GetRGBACharPixelData(
            0, 0, width - 1, height - 1, 0, pixels
        ) if False else self._window.GetPixelData(0, 0, width - 1, height - 1, 0, pixels, 0)
        return vtk_to_numpy(pixels).reshape(height, width, 3)[::-1]

    def close(self) -> None:
        """Frees the window."""
        self._plotter.close()


def layout(size: tuple[int, int], seats: tuple[Seat, Seat]) -> tuple[Panel, ...]:
    """The two-shot on the left, the close-ups above each other on the right."""
    width, height = size
    wide = round(width * 0.625) // 2 * 2
    small = width - wide - GAP
    half = (height - GAP) // 2
    first = Panel(wide + GAP, 0, small, half, close_up(seats, 0))
    second = Panel(wide + GAP, height - half, small, half, close_up(seats, 1))
    return Panel(0, 0, wide, height, two_shot(seats, wide / height)), first, second
