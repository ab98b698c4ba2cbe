"""What stands around the two people of `scene.glb`: cameras, lights, a floor and something to sit on."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pygltflib as gl
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from visavis.motion.seat import Seat
from visavis.rendering.glb import GlbBuilder
from visavis.scene.cameras import Camera, close_up, two_shot

SIDES = 64


def add_stage(builder: GlbBuilder, seats: Sequence[Seat], hips: Sequence[float]) -> None:
    """Adds three cameras, three lights, the floor, and a stool for everybody who sits.

    Args:
        builder: Takes the nodes.
        seats: The two people's.
        hips: How high above the floor their hips rest, metres.
    """
    wide = two_shot(seats)
    _add_camera(builder, "two-shot", wide)
    _add_camera(builder, "close-up A", close_up(seats, 0))
    _add_camera(builder, "close-up B", close_up(seats, 1))
    a, b = (np.array(seat.position) for seat in seats)
    middle = (a + b) / 2
    _add_lights(builder, middle, wide)
    reach = 2.0 + float(np.linalg.norm(b - a))
    _add_turned(builder, "floor", [(reach, 0.0), (0.0, 0.0)], (0.42, 0.40, 0.38), middle * [1, 0, 1])
    for letter, seat, height in zip("AB", seats, hips, strict=True):
        if seat.seated:
            shape = [(0.15, 0.0), (0.14, height - 0.06), (0.19, height - 0.06), (0.2, height - 0.02), (0.19, height),
                     (0.0, height)]  # fmt: skip
            # Hips are behind the head of somebody who sits upright.
            place = np.array(seat.position) * [1, 0, 1] - 0.06 * seat.forward
            _add_turned(builder, f"stool {letter}", shape, (0.36, 0.24, 0.15), place)


def _add_camera(builder: GlbBuilder, name: str, camera: Camera) -> None:
    """A camera node; a glTF camera looks along its -Z with +Y up."""
    right, up, view = camera.axes
    turn = Rotation.from_matrix(np.stack([right, up, -view], axis=1)).as_quat()
    lens = gl.Perspective(yfov=float(np.radians(camera.fov_deg)), znear=0.05, zfar=100.0, aspectRatio=16 / 9)
    builder.gltf.cameras.append(gl.Camera(name=name, type="perspective", perspective=lens))
    index = len(builder.gltf.cameras) - 1
    builder.node(name, camera=index, translation=list(camera.position), rotation=turn.tolist())


def _add_lights(builder: GlbBuilder, middle: NDArray, wide: Camera) -> None:
    """Key, fill and back light for somebody who looks through the two-shot camera (KHR_lights_punctual, candela)."""
    right, _, view = wide.axes
    lights = {
        "key light": (1.5 * right - 2.5 * view + [0, 1.2, 0], 20.0, [1.0, 0.95, 0.88]),
        "fill light": (-1.5 * right - 2.5 * view + [0, 0.6, 0], 9.0, [0.86, 0.92, 1.0]),
        "back light": (2.0 * view + [0, 1.4, 0], 14.0, [1.0, 1.0, 1.0]),
    }
    described = [{"type": "point", "name": n, "color": c, "intensity": power} for n, (_, power, c) in lights.items()]
    builder.gltf.extensionsUsed.append("KHR_lights_punctual")
    builder.gltf.extensions["KHR_lights_punctual"] = {"lights": described}
    for i, (name, (offset, _, _)) in enumerate(lights.items()):
        place = (middle + offset).tolist()
        builder.node(name, translation=place, extensions={"KHR_lights_punctual": {"light": i}})


def _add_turned(
    builder: GlbBuilder,
    name: str,
    profile: list[tuple[float, float]],
    colour: tuple[float, float, float],
    place: NDArray,
) -> None:
    """A solid of revolution about +Y.

    Args:
        builder: Takes the node.
        name: Of node, mesh and material.
        profile: Radius and height from the bottom to the top, metres; edges between its segments are sharp.
        colour: Linear red, green and blue.
        place: Of the node.
    """
    angles = np.linspace(0, 2 * np.pi, SIDES, endpoint=False)
    ring = np.stack([np.sin(angles), np.zeros(SIDES), np.cos(angles)], axis=1)
    points, normals, faces = [], [], []
    for i, ((r0, y0), (r1, y1)) in enumerate(pairwise(profile)):
        out, up = np.array([y1 - y0, r0 - r1]) / np.hypot(y1 - y0, r0 - r1)
        normal = ring * out + [0, up, 0]
        points += [ring * r0 + [0, y0, 0], ring * r1 + [0, y1, 0]]
        normals += [normal, normal]
        low = 2 * SIDES * i + np.arange(SIDES)
        after = 2 * SIDES * i + (np.arange(SIDES) + 1) % SIDES
        if r0 > 0:
            faces.append(np.stack([low, after, after + SIDES], axis=1))
        if r1 > 0:
            faces.append(np.stack([low, after + SIDES, low + SIDES], axis=1))
    surface = gl.PbrMetallicRoughness(baseColorFactor=[*colour, 1.0], metallicFactor=0.0, roughnessFactor=0.95)
    builder.gltf.materials.append(gl.Material(name=name, pbrMetallicRoughness=surface))

    def attribute(rows: list[NDArray], *, bounds: bool = False) -> int:
        values = np.concatenate(rows).astype(np.float32)
        return builder.accessor(values, "VEC3", bounds=bounds, target=gl.ARRAY_BUFFER)

    indices = np.concatenate(faces).ravel().astype(np.uint16)
    primitive = gl.Primitive(
        attributes=gl.Attributes(POSITION=attribute(points, bounds=True), NORMAL=attribute(normals)),
        indices=builder.accessor(indices, "SCALAR", target=gl.ELEMENT_ARRAY_BUFFER),
        material=len(builder.gltf.materials) - 1,
    )
    builder.gltf.meshes.append(gl.Mesh(name=name, primitives=[primitive]))
    builder.node(name, mesh=len(builder.gltf.meshes) - 1, translation=place.tolist())
