"""A person's face as points, for metrics on what is visible instead of on columns."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from visavis.bodies import AnnyBody, BodyModel
from visavis.errors import InputError
from visavis.evaluation.clip import Clip
from visavis.evaluation.info import index_set_hash
from visavis.motion import Motion, MotionSpace

Points = NDArray[np.float32]

REGIONS = ("face", "lip", "upper_face", "global")
"""``face``, ``lip`` and ``upper_face`` are seen from the head, so that only expression and jaw move them; ``global``
is the face in the room, moved by everything."""

FRAMES_AT_A_TIME = 256


class Surface:
    """Points on a face that a motion moves, by region.

    Attributes:
        name: Which body, for reports.
        space: What moves it.
        points: Vertex indices of each of `REGIONS`.
        unit: Of the points; millimetres for bodies.
        rest: (N, 3) of each region but ``global``, the face at rest, from which FDD measures motion.
    """

    def __init__(
        self,
        name: str,
        space: MotionSpace,
        points: Mapping[str, NDArray[np.intp]],
        show: Callable[[Motion, str], Points],
        unit: str = "mm",
    ) -> None:
        """Any source of points.

        Args:
            name: For reports.
            space: What moves it.
            points: Vertex indices by region; regions may be missing.
            show: Takes a motion and a region and gives (T, N, 3).
            unit: Of what it gives.
        """
        self.name, self.space, self.points, self.unit = name, space, dict(points), unit
        self._show = show
        still = Motion.zeros(1, 25.0, space)
        self.rest = {region: show(still, region)[0] for region in self.points if region != "global"}

    @property
    def in_millimetres(self) -> tuple[float, str]:
        """What turns the unit into millimetres, and their name; 1 and the unit itself where that is not known."""
        return {"m": (1000.0, "mm"), "cm": (10.0, "mm")}.get(self.unit, (1.0, self.unit))

    def index_set(self, region: str) -> str:
        """Hash of the region's vertex indices."""
        return index_set_hash(self.points[region])

    def of(self, motion: Motion, region: str, clip: Clip) -> Points:
        """The region's points (T, N, 3); each motion of a clip is shown once.

        Raises:
            InputError: The motion is in another space, or the surface has no such region.
        """
        if motion.space.columns != self.space.columns:
            raise InputError(f"{clip.name}: {self.name} shows {self.space.name!r}, not {motion.space.name!r}")
        if region not in self.points:
            raise InputError(f"{self.name} has no region {region!r}; it has: {', '.join(self.points)}")
        key = ("points", id(self), id(motion), region)
        if key not in clip.cache:
            clip.cache[key] = self._show(motion, region)
        shown: Points = clip.cache[key]
        return shown


def body_surface(body: BodyModel) -> Surface:
    """The face of a body: lips and upper face as the body defines them, thinned to some hundred points each.

    Thinning (every n-th vertex of a dense mesh) changes maxima over a region by fractions of a millimetre and nothing
    else; the index sets' hashes say which points were used.
    """
    lips, upper = _thin(body.lip_vertices, 640), _thin(body.upper_face_vertices, 640)
    face = np.union1d(lips, upper)
    if isinstance(body, AnnyBody):
        skin = body.figure.part("skin")
        moved = body.figure.shaped[np.abs(body.figure.deltas).max((0, 2)) > 1e-3]  # moved by 1 mm or more
        face = _thin(np.intersect1d(skin, moved), 1280)
    points = {"face": face, "lip": lips, "upper_face": upper, "global": _thin(face, 320)}
    name = type(body).__name__
    if isinstance(body, AnnyBody):
        return Surface(name, body.space, points, _anny(body, points))
    return Surface(name, body.space, points, _posed(body, points))


def vertex_surface(
    space: MotionSpace, lips: NDArray[np.intp], upper_face: NDArray[np.intp], unit: str = "m"
) -> Surface:
    """Motion whose columns *are* vertices, x, y, z of each in turn, such as BIWI's or VOCASET's.

    Args:
        space: Displacements from the subject's template, so that rest is zero.
        lips: Indices of lip vertices, such as the 4,996 of CodeTalker's file for BIWI.
        upper_face: Indices of upper-face vertices, such as its 7,784.
        unit: Of the columns; BIWI's are rescaled and have no name.

    Raises:
        InputError: The columns are not three per vertex.
    """
    if space.dim % 3:
        raise InputError(f"space {space.name!r} has {space.dim} columns, which is not three per vertex")
    everything = np.arange(space.dim // 3)
    points = {"face": everything, "lip": lips, "upper_face": upper_face, "global": everything}
    name = f"{len(everything)} vertices"
    return Surface(name, space, points, lambda m, region: m.values.reshape(len(m), -1, 3)[:, points[region]], unit)


def _thin(indices: NDArray[np.intp], wanted: int) -> NDArray[np.intp]:
    return np.asarray(indices)[:: max(1, len(indices) // wanted)]


def _anny(body: AnnyBody, points: Mapping[str, NDArray[np.intp]]) -> Callable[[Motion, str], Points]:
    """In the head's frame a face is rest plus a sum of shapes, which is one matrix product."""
    bases = {region: body.linear_basis(subset) for region, subset in points.items() if region != "global"}

    def show(motion: Motion, region: str) -> Points:
        if region == "global":
            return _in_the_room(body, motion, points[region])
        rest, deltas = (tensor.numpy() * 1000 for tensor in bases[region])
        moved = motion["expression"] @ deltas.reshape(len(deltas), -1)
        shown: Points = (moved.reshape(len(motion), -1, 3) + rest).astype(np.float32)
        return shown

    return show


def _posed(body: BodyModel, points: Mapping[str, NDArray[np.intp]]) -> Callable[[Motion, str], Points]:
    def show(motion: Motion, region: str) -> Points:
        if region != "global":
            for group in ("neck", "head", "eyes", "translation"):
                if group in motion.space.groups:
                    motion = motion.with_columns(group, 0.0)
        return _in_the_room(body, motion, points[region])

    return show


def _in_the_room(body: BodyModel, motion: Motion, subset: NDArray[np.intp]) -> Points:
    import torch

    shown = []
    with torch.inference_mode():
        for start in range(0, len(motion), FRAMES_AT_A_TIME):
            values = torch.from_numpy(motion.values[start : start + FRAMES_AT_A_TIME])
            if isinstance(body, AnnyBody):
                vertices = body.vertices(values, subset=subset)
            else:
                vertices = body.vertices(values)[:, torch.from_numpy(np.asarray(subset))]
            shown.append(vertices.numpy() * 1000)
    return np.concatenate(shown).astype(np.float32)
