"""The room around two people: floor, walls, chairs and a table, in plain warm colours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from visavis.motion.seat import Seat
from visavis.rendering import shading
from visavis.scene.cameras import Camera

Array = NDArray[np.float64]

WALL = (0.865, 0.815, 0.755)
_FLOOR = np.array([0.77, 0.685, 0.59])
_WOOD = (0.56, 0.41, 0.29)
_TABLE = (0.80, 0.71, 0.60)


def furnish(seats: Sequence[Seat], cameras: Sequence[Camera], hips: Sequence[float]) -> list[Any]:
    """VTK actors of all that does not move.

    Args:
        seats: The two people's.
        cameras: All of them stand inside the room.
        hips: How high each person's hip joints are, metres; chairs reach up to there.
    """
    middle = np.mean([seat.position for seat in seats], axis=0) * (1, 0, 1)
    reach = max(float(np.linalg.norm((np.array(c.position) - middle) * (1, 0, 1))) for c in cameras)
    radius = float(max(3.2, reach + 1.0))
    things = [_floor(seats, middle, radius), _wall(middle, radius)]
    for seat, hip in zip(seats, hips, strict=True):
        if seat.seated:
            things += [_solid(mesh, _WOOD) for mesh in _chair(seat, hip)]
    return things + [_solid(mesh, _TABLE) for mesh in _table(seats, hips)]


def _floor(seats: Sequence[Seat], middle: Array, radius: float) -> Any:
    """A disc that darkens under the people's feet and towards the wall."""
    import pyvista as pv

    disc = pv.Disc(center=middle, inner=0.0, outer=radius + 0.1, normal=(0, 1, 0), r_res=60, c_res=72)
    points = np.asarray(disc.points)
    shade = np.ones(len(points))
    for seat in seats:
        feet = np.array(seat.position) + (0.25 if seat.seated else 0.05) * seat.forward
        away = np.hypot(points[:, 0] - feet[0], points[:, 2] - feet[2])
        shade *= 1 - 0.42 * np.exp(-((away / 0.28) ** 2)) - 0.12 * np.exp(-((away / 0.7) ** 2))
    edge = np.clip(np.hypot(*(points - middle)[:, [0, 2]].T) / radius, 0, 1) ** 3
    return _unlit(disc, shade[:, None] * (_FLOOR * (1 - 0.10 * edge[:, None])))


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


def _chair(seat: Seat, hip: float) -> list[Any]:
    """Seat, backrest and four legs under a seated person."""
    import pyvista as pv

    # The body's hip joints are in the middle of the flesh: the board is a hand's breadth below.
    board = hip - 0.105
    hips = np.array(seat.position) - 0.045 * seat.forward
    side = np.array([np.cos(seat.yaw), 0.0, -np.sin(seat.yaw)])

    def box(width: float, height: float, depth: float, right: float, up: float, forward: float) -> Any:
        cube = pv.Cube(center=(0, 0, 0), x_length=width, y_length=height, z_length=depth)
        points = np.asarray(cube.points) + np.array([right, up, forward])
        cube.points = (
            points[:, :1] * side + points[:, 1:2] * (0, 1, 0) + points[:, 2:] * seat.forward + hips * (1, 0, 1)
        )
        return cube

    legs = [box(0.035, board, 0.035, x, board / 2, z) for x in (-0.19, 0.19) for z in (-0.17, 0.20)]
    return [box(0.44, 0.035, 0.44, 0, board - 0.0175, 0.02), box(0.42, 0.22, 0.025, 0, board + 0.42, -0.215), *legs] + [
        box(0.03, 0.5, 0.025, x, board + 0.25, -0.215) for x in (-0.18, 0.18)
    ]


def _table(seats: Sequence[Seat], hips: Sequence[float]) -> list[Any]:
    """A round table between two seated people who face each other with room for one."""
    import pyvista as pv

    a, b = (np.array(seat.position) * (1, 0, 1) for seat in seats)
    apart = float(np.linalg.norm(b - a))
    facing = all(
        seat.seated and seat.forward @ (other - own) > 0.7 * apart
        for seat, own, other in ((seats[0], a, b), (seats[1], b, a))
    )
    radius = apart / 2 - 0.42
    if not facing or radius < 0.2:
        return []
    top = float(np.mean(hips)) + 0.19
    board: dict[str, Any] = {"radius": min(radius, 0.6), "height": 0.03, "resolution": 64}
    foot: dict[str, Any] = {"radius": 0.035, "height": top - 0.02, "resolution": 24}
    return [
        pv.Cylinder(center=(a + b) / 2 + np.array([0, level, 0]), direction=(0, 1, 0), **shape)
        for level, shape in ((top, board), (top / 2 - 0.01, foot))
    ]


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


def _solid(mesh: Any, rgb: tuple[float, float, float]) -> Any:
    mesh = mesh.triangulate().compute_normals(split_vertices=True, feature_angle=40)
    level = np.asarray(mesh.points)[:, 1:2]
    light = np.clip(0.55 + 0.6 * level, 0, 0.9)
    actor = _actor(mesh, np.hstack([np.tile(rgb, (mesh.n_points, 1)), light]))
    shading.apply(actor, shading.WOOD)
    return actor
