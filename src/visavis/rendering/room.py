"""The room around two people in the video: floor, wall, chairs and a table, in plain warm colours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from visavis.bodies.figure import Figure
from visavis.motion.seat import Seat
from visavis.rendering import shading
from visavis.rendering.floor import floor, shadows
from visavis.rendering.furniture import Solid, furniture
from visavis.scene.cameras import Camera

Array = NDArray[np.float64]

WALL = (0.865, 0.815, 0.755)


def furnish(
    seats: Sequence[Seat], cameras: Sequence[Camera], figures: Sequence[Figure], hips: Sequence[float]
) -> list[Any]:
    """VTK actors of all that does not move.

    Args:
        seats: The two people's.
        cameras: All of them stand inside the room.
        figures: The two people's; their feet darken the floor.
        hips: How high each person's hip joints are, metres; chairs reach up to there.
    """
    middle = np.mean([seat.position for seat in seats], axis=0) * (1, 0, 1)
    reach = max(float(np.linalg.norm((np.array(c.position) - middle) * (1, 0, 1))) for c in cameras)
    radius = float(max(3.2, reach + 1.0))
    things = furniture(seats, hips)
    ground = _floor(*floor(seats, radius + 0.1, shadows(figures, seats, things)), middle, radius)
    return [ground, _wall(middle, radius), *map(_solid, things)]


def _floor(solid: Solid, light: Array, middle: Array, radius: float) -> Any:
    """The floor, which darkens towards the wall as well."""
    edge = np.clip(np.hypot(*(solid.points - middle)[:, [0, 2]].T) / radius, 0, 1) ** 3
    return _unlit(_mesh(solid), (light * (1 - 0.10 * edge))[:, None] * np.array(solid.colour))


def _wall(middle: Array, radius: float) -> Any:
    """A round wall, lighter at eye level than at its foot and under the ceiling."""
    import pyvista as pv

    height = 4.0
    upright = np.linspace(0, height, 49)
    around = np.linspace(0, 2 * np.pi, 97)
    level, turn = np.meshgrid(upright, around, indexing="ij")
    grid = pv.StructuredGrid(middle[0] + radius * np.sin(turn), level, middle[2] + radius * np.cos(turn))
    wall = grid.extract_surface(algorithm="dataset_surface")
    points = np.asarray(wall.points)
    level = points[:, 1]
    turn = np.arctan2(points[:, 0] - middle[0], points[:, 2] - middle[2])
    glow = np.exp(-(((level - 1.55) / 1.1) ** 2)) * (0.94 + 0.06 * np.cos(3 * turn + 0.6))
    foot = np.clip(level / 0.5, 0, 1)
    return _unlit(wall, np.array(WALL) * ((0.80 + 0.27 * glow) * (0.93 + 0.07 * foot))[:, None])


def _actor(mesh: Any, rgba: Array) -> Any:
    from vtkmodules.vtkRenderingCore import vtkActor, vtkPolyDataMapper

    mesh["rgba"] = np.clip(255 * rgba, 0, 255).astype(np.uint8)
    mapper = vtkPolyDataMapper()
    mapper.SetInputData(mesh)
    mapper.SetScalarModeToUsePointFieldData()
    mapper.SelectColorArray("rgba")
    actor = vtkActor()
    actor.SetMapper(mapper)
    return actor


def _unlit(mesh: Any, rgb: Array) -> Any:
    actor = _actor(mesh.triangulate(), rgb)
    actor.GetProperty().LightingOff()
    return actor


def _solid(solid: Solid) -> Any:
    mesh = _mesh(solid)
    mesh.point_data["Normals"] = solid.normals
    mesh.point_data.active_normals_name = "Normals"
    light = np.clip(0.55 + 0.6 * solid.points[:, 1:2], 0, 0.9)
    actor = _actor(mesh, np.hstack([np.tile(solid.colour, (len(light), 1)), light]))
    shading.apply(actor, shading.WOOD)
    return actor


def _mesh(solid: Solid) -> Any:
    import pyvista as pv

    return pv.PolyData(solid.points, np.hstack([np.full((len(solid.faces), 1), 3), solid.faces]))
