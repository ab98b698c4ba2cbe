"""The surroundings in `scene.glb`: cameras, lights, a floor with shadows, chairs and a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pygltflib as gl
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from visavis.bodies.figure import Figure
from visavis.formats.glb import GlbBuilder, compact_integers, shares, srgb_to_linear
from visavis.motion.seat import Seat
from visavis.rendering.floor import floor, shadows
from visavis.rendering.furniture import Solid, furniture
from visavis.scene.cameras import Camera, close_up, two_shot

FLOOR_RADIUS = 2.0
"""Metres of floor around the two people."""


def add_stage(builder: GlbBuilder, seats: Sequence[Seat], figures: Sequence[Figure], hips: Sequence[float]) -> None:
    """Adds three cameras, three lights, the floor and the furniture of the video.

    Args:
        builder: Takes the nodes.
        seats: The two people's.
        figures: The two people's; their feet darken the floor.
        hips: How high above the floor their hip joints are, metres.
    """
    wide = two_shot(seats)
    _add_camera(builder, "two-shot", wide)
    _add_camera(builder, "close-up-a", close_up(seats, 0))
    _add_camera(builder, "close-up-b", close_up(seats, 1))
    a, b = (np.array(seat.position) for seat in seats)
    middle = (a + b) / 2
    _add_lights(builder, middle, wide)
    things = furniture(seats, hips)
    dark = shadows(figures, seats, things)
    ground, light = floor(seats, FLOOR_RADIUS + float(np.linalg.norm(b - a)) / 2, dark)
    _add_solid(builder, ground, light)
    for thing in things:
        _add_solid(builder, thing)


def _add_camera(builder: GlbBuilder, name: str, camera: Camera) -> None:
    """A camera node; a glTF camera looks along its -Z with +Y up."""
    right, up, view = camera.axes
    turn = Rotation.from_matrix(np.stack([right, up, -view], axis=1)).as_quat()
    lens = gl.Perspective(yfov=float(np.radians(camera.fov_deg)), znear=0.05, zfar=100.0, aspectRatio=16 / 9)
    builder.gltf.cameras.append(gl.Camera(name=name, type="perspective", perspective=lens))
    index = len(builder.gltf.cameras) - 1
    builder.node(name, camera=index, translation=list(camera.position), rotation=turn.tolist())


def _add_lights(builder: GlbBuilder, middle: NDArray[Any], wide: Camera) -> None:
    """Key, fill and back light for somebody who looks through the two-shot camera (KHR_lights_punctual).

    A surface that gets pi lux is white at an exposure of 1, as three.js, Unity and the like have it, and as Blender has
    it with the lighting mode "Unitless" (4 pi W for each candela). Blender's own mode wants 683 times as much (one watt
    for 683 lumens), with which everything would be white everywhere else.
    """
    right, _, view = wide.axes
    lights = {
        "key-light": (1.5 * right - 2.5 * view + [0, 1.2, 0], 20.0, [1.0, 0.95, 0.88]),
        "fill-light": (-1.5 * right - 2.5 * view + [0, 0.6, 0], 9.0, [0.86, 0.92, 1.0]),
        "back-light": (2.0 * view + [0, 1.4, 0], 14.0, [1.0, 1.0, 1.0]),
    }
    described = [{"type": "point", "name": n, "color": c, "intensity": power} for n, (_, power, c) in lights.items()]
    builder.gltf.extensionsUsed.append("KHR_lights_punctual")
    builder.gltf.extensions["KHR_lights_punctual"] = {"lights": described}
    for i, (name, (offset, _, _)) in enumerate(lights.items()):
        place = (middle + offset).tolist()
        builder.node(name, translation=place, extensions={"KHR_lights_punctual": {"light": i}})


def _add_solid(builder: GlbBuilder, solid: Solid, light: NDArray[Any] | None = None) -> None:
    """A thing as a node of its own; `light` (n,) darkens its points, where given."""
    name = solid.name.replace(" ", "-").lower()
    colour = srgb_to_linear(np.array(solid.colour)).tolist()
    surface = gl.PbrMetallicRoughness(baseColorFactor=[*colour, 1.0], metallicFactor=0.0, roughnessFactor=0.9)
    builder.gltf.materials.append(gl.Material(name=name, pbrMetallicRoughness=surface))

    def attribute(values: NDArray[Any], *, bounds: bool = False) -> int:
        return builder.accessor(values.astype(np.float32), "VEC3", bounds=bounds, target=gl.ARRAY_BUFFER)

    attributes = gl.Attributes(POSITION=attribute(solid.points, bounds=True), NORMAL=attribute(solid.normals))
    if light is not None:
        grey = shares(np.append(np.tile(light[:, None], 3), np.ones((len(light), 1)), axis=1), np.uint16)
        attributes.COLOR_0 = builder.accessor(grey, "VEC4", normalized=True, target=gl.ARRAY_BUFFER)
    indices = compact_integers(solid.faces.ravel(), len(solid.points))
    primitive = gl.Primitive(
        attributes=attributes,
        indices=builder.accessor(indices, "SCALAR", target=gl.ELEMENT_ARRAY_BUFFER),
        material=len(builder.gltf.materials) - 1,
    )
    builder.gltf.meshes.append(gl.Mesh(name=name, primitives=[primitive]))
    builder.node(name, mesh=len(builder.gltf.meshes) - 1)
