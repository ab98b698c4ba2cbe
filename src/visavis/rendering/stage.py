"""The room in which two bodies are drawn: lights, floor, furniture, three cameras, one picture."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from visavis.bodies import AnnyBody
from visavis.bodies.figure import PARTS, Figure
from visavis.motion.seat import Seat
from visavis.rendering import room, shading
from visavis.rendering.labels import Label
from visavis.rendering.offscreen import use_offscreen
from visavis.rendering.script import Script
from visavis.scene.cameras import Camera, close_up, two_shot
from visavis.scene.knees import knees_aside

Array = NDArray[np.float32]

OVERSAMPLING = 1.5
SEAM = (247, 243, 238)
BATCH = 16  # frames whose vertices are computed at once
GAP = 4  # pixels between the views


@dataclass(frozen=True)
class Panel:
    """A part of the picture: pixels from the left and the top, and the camera that fills it."""

    x: int
    y: int
    width: int
    height: int
    camera: Camera


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
        use_offscreen()
        import pyvista as pv

        self.script = script
        self.people = [
            Actor(AnnyBody(appearance, seated=seat.seated, knees_aside=aside, space=space), seat)
            for appearance, seat, aside, space in zip(
                script.appearances, script.seats, knees_aside(script.seats), script.spaces, strict=True
            )
        ]
        self.size = size
        self.panels = layout(size, script.seats)
        self._plotter = pv.Plotter(off_screen=True, window_size=list(size), border=False)
        self._window = cast(Any, self._plotter.render_window)
        self._window.SetMultiSamples(0)
        self._window.SetSize(*(round(OVERSAMPLING * side) for side in size))
        for renderer in list(self._window.GetRenderers()):
            self._window.RemoveRenderer(renderer)
        renderers = [self._renderer(panel) for panel in self.panels]
        cameras, figures = [panel.camera for panel in self.panels], [actor.body.figure for actor in self.people]
        for thing in room.furnish(script.seats, cameras, figures, self._hips()):
            for renderer in renderers:
                renderer.AddActor(thing)
        self._labels = [
            Label(name, panel.x, panel.y + panel.height)
            for name, panel in zip(script.names, self.panels[1:], strict=True)
        ]
        self._surfaces = [self._draw_person(actor, renderers) for actor in self.people]

    def _draw_person(self, actor: Actor, renderers: Sequence[Any]) -> list[_Surface]:
        """One mesh per material, shown by all cameras."""
        figure = actor.body.figure
        surfaces = []
        for material in shading.MATERIALS:
            used = np.isin(figure.parts, [PARTS.index(part) for part in material.parts])
            vertices = np.flatnonzero(used)
            renumbered = np.cumsum(used) - 1
            surfaces.append(_Surface(vertices, renumbered[actor.faces[used[actor.faces[:, 0]]]], figure))
            for renderer in renderers:
                renderer.AddActor(_actor(surfaces[-1].mesh, material))
        return surfaces

    def _renderer(self, panel: Panel) -> Any:
        from vtkmodules.vtkRenderingCore import vtkLight, vtkRenderer

        width, height = self.size
        renderer = vtkRenderer()
        renderer.SetViewport(
            panel.x / width,
            1 - (panel.y + panel.height) / height,
            (panel.x + panel.width) / width,
            1 - panel.y / height,
        )
        renderer.SetBackground(*room.WALL)
        camera = renderer.GetActiveCamera()
        camera.SetPosition(*panel.camera.position)
        camera.SetFocalPoint(*panel.camera.target)
        camera.SetViewUp(0, 1, 0)
        camera.SetViewAngle(panel.camera.fov_deg)
        camera.SetClippingRange(0.2, 40)
        # The shader has its own lights; VTK only passes normals on when there is one.
        renderer.AutomaticLightCreationOff()
        renderer.AddLight(vtkLight())
        self._window.AddRenderer(renderer)
        return renderer

    def _hips(self) -> list[float]:
        """How high the seated people's hip joints are."""
        return [
            actor.seat.position[1] - float(np.subtract(*actor.body.figure.joints[[4, 0], 1])) for actor in self.people
        ]

    def frames(self, start: int, stop: int) -> Iterator[NDArray[np.uint8]]:
        """The pictures of frames `start` to `stop` (exclusive), uint8 (height, width, 3)."""
        for first in range(start, stop, BATCH):
            last = min(first + BATCH, stop)
            both = zip(self.people, self.script.values, strict=True)
            points = [actor.points(values[first:last]) for actor, values in both]
            for i in range(last - first):
                yield self.draw([p[i] for p in points], self.script.speaking[:, first + i])

    def draw(self, points: Sequence[Array], speaking: Array) -> NDArray[np.uint8]:
        """One picture, uint8 (height, width, 3).

        Args:
            points: The two people's vertices, (V, 3) each.
            speaking: How surely each of the two speaks, (2,).
        """
        for actor, surfaces, vertices in zip(self.people, self._surfaces, points, strict=True):
            normals = actor.normals(vertices)
            for surface in surfaces:
                surface.move(vertices, normals)
        self._window.Render()
        picture = self._pixels()
        wide, first, second = self.panels
        picture[:, wide.width : first.x] = SEAM
        picture[first.height : second.y, wide.width :] = SEAM
        for label, share in zip(self._labels, speaking, strict=True):
            label.draw(picture, float(share))
        return picture

    def _pixels(self) -> NDArray[np.uint8]:
        """The window, reduced to the size asked for: drawing larger is the cheapest way to smooth edges here."""
        from PIL import Image
        from vtkmodules.util.numpy_support import vtk_to_numpy
        from vtkmodules.vtkCommonCore import vtkUnsignedCharArray

        width, height = self._window.GetSize()
        pixels = vtkUnsignedCharArray()
        self._window.GetPixelData(0, 0, width - 1, height - 1, 0, pixels, 0)
        large = Image.fromarray(np.ascontiguousarray(vtk_to_numpy(pixels).reshape(height, width, 3)[::-1]))
        return np.array(large.resize(self.size, Image.Resampling.BILINEAR))

    def close(self) -> None:
        """Frees the window."""
        self._plotter.close()


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


def _actor(mesh: Any, material: shading.Material) -> Any:
    from vtkmodules.vtkRenderingCore import vtkActor, vtkPolyDataMapper

    mapper = vtkPolyDataMapper()
    mapper.SetInputData(mesh)
    mapper.SetScalarModeToUsePointFieldData()
    mapper.SelectColorArray("rgba")
    actor = vtkActor()
    actor.SetMapper(mapper)
    shading.apply(actor, material)
    return actor


def layout(size: tuple[int, int], seats: tuple[Seat, Seat]) -> tuple[Panel, ...]:
    """The two-shot on the left, the close-ups above each other on the right."""
    width, height = size
    wide = round(width * 0.625) // 2 * 2
    small = width - wide - GAP
    half = (height - GAP) // 2
    first = Panel(wide + GAP, 0, small, half, close_up(seats, 0))
    second = Panel(wide + GAP, height - half, small, half, close_up(seats, 1))
    return Panel(0, 0, wide, height, _lowered(two_shot(seats, wide / height), seats)), first, second


def _lowered(camera: Camera, seats: tuple[Seat, Seat]) -> Camera:
    """The same camera, but with no more room above the heads than looks good: a squarish picture has too much."""
    away = np.linalg.norm(np.subtract(camera.target, camera.position))
    half = away * np.tan(np.radians(camera.fov_deg) / 2)
    crown = max(seat.position[1] for seat in seats) + 0.17
    down = np.array([0.0, max(0.0, camera.target[1] + 0.72 * half - crown), 0.0])
    return Camera(tuple(camera.position - down), tuple(camera.target - down), camera.fov_deg)
