"""`scene.glb`: both people, moving, for any glTF viewer, Blender, Unity or Unreal.

Each person is a skinned mesh with a skeleton of torso, three neck bones, head and eyes (for `arkit-body` also spine,
arms and fingers) under a root node, which holds the seat: where the person is and the torso's yaw. The torso sways
with the motion's `translation`; a joint that stays put, the `base`, keeps feet on the floor and, of those who sit, hips
on the seat. The 52 ARKit shapes are morph targets under their own names (``extras.targetNames``); glTF viewers and
engines play them by the animation, and a face tracker can drive them instead. Parts that no shape moves are a mesh of
their own, so that the morph targets stay small; targets are sparse. Metres, +Y up, as everywhere in visavis.

Names have no blanks and none of ``[ ] . : /``, which three.js takes out of the names of nodes: what one reads here is
what one finds there. The frame rate, which glTF has no place for, is in the extras of the scene and the animation.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pygltflib as gl
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

import visavis
from visavis.bodies.anchoring import Anchoring
from visavis.bodies.anny import AnnyBody
from visavis.bodies.figure import PARTS, Figure
from visavis.bodies.identity import JOINTS
from visavis.bodies.normals import VertexNormals, vertex_normals
from visavis.bodies.showing import shown_as
from visavis.conversation.conversation import Conversation, Participant
from visavis.errors import InputError
from visavis.files import atomic_write
from visavis.formats.glb import GlbBuilder, compact_integers, shares, srgb_to_linear
from visavis.formats.gltf_stage import add_stage
from visavis.motion.motion import Motion
from visavis.motion.rotations import continuous_quaternions
from visavis.motion.seat import Seat
from visavis.motion.spaces import ARKIT_SHAPES
from visavis.reporter import Update
from visavis.scene.at_rest import at_rest
from visavis.scene.knees import knees_aside

SMALLEST_MOVE = 5e-5
"""Metres; a morph target leaves out the vertices that it moves less than this."""
SMALLEST_TURN = 0.06
"""Likewise for normals, as the length of the change of a unit vector."""

# Roughness of the surfaces; people have no metal in them.
_ROUGHNESS = {"skin": 0.55, "eyes": 0.12, "teeth": 0.3, "tongue": 0.4, "lashes": 0.9, "hair": 0.6, "shirt": 0.9,
              "trousers": 0.9, "shoes": 0.6}  # fmt: skip
_THIN = {"lashes", "hair", "shirt", "trousers"}


@dataclass(frozen=True)
class Piece:
    """A part of a figure that becomes one primitive.

    Attributes:
        part: One of `visavis.bodies.figure.PARTS`.
        vertices: (n,) indices of the figure's vertices.
        faces: (f, 3) indices into `vertices`.
        shaped: Whether any ARKit shape moves it.
    """

    part: str
    vertices: NDArray[np.int64]
    faces: NDArray[np.int64]
    shaped: bool


def write_glb(conversation: Conversation, path: str | Path) -> Path:
    """Writes both people, their motion, cameras and lights as a binary glTF 2.0 file.

    Args:
        conversation: Both people have `arkit` or `arkit-body` motion and a seat.
        path: The file; it appears when it is complete.

    Raises:
        InputError: Somebody has no motion, no seat or motion in another space, or the file cannot be written.
    """
    from visavis.bodies.appearance import default_appearances

    moving = [_checked(conversation, letter, person) for letter, person in zip("AB", conversation, strict=True)]
    builder = GlbBuilder(f"visavis {visavis.__version__}")
    materials = _materials(builder)
    channels: list[gl.AnimationChannel] = []
    rate = {"fps": moving[0][0].fps, "frames": max(len(motion) for motion, _ in moving)}
    animation = gl.Animation(name="conversation", samplers=[], channels=channels, extras=rate)
    seats = (moving[0][1], moving[1][1])
    figures: list[Figure] = []
    for name, person, usual, (motion, seat), aside in zip(
        ("person_a", "person_b"), conversation, default_appearances(), moving, knees_aside(seats), strict=True
    ):
        appearance: Mapping[str, Any] = person.appearance or usual
        body = AnnyBody(appearance, seated=seat.seated, knees_aside=aside, space=motion.space)
        anchoring = Anchoring(body, seat)
        figure = _on_the_floor(body.figure, anchoring)
        figures.append(figure)
        nodes = _add_person(builder, name, figure, seat, motion, materials)
        if len(motion):
            _animate(builder, animation, nodes, body, anchoring, motion)
    if channels:
        builder.gltf.animations.append(animation)
    hips = [seat.position[1] - float(np.subtract(*f.joints[[4, 0], 1])) for f, seat in zip(figures, seats, strict=True)]
    add_stage(builder, seats, figures, hips)
    builder.gltf.scenes[0].extras = {"conversation": conversation.id, "duration": conversation.duration, **rate}
    path = Path(path)
    with atomic_write(path) as temporary:
        temporary.write_bytes(builder.to_bytes())
    return path


def write(conversation: Conversation, paths: Sequence[Path], _update: Update) -> Sequence[str]:
    """Of the format ``glb``: whoever has no motion is shown at rest."""
    write_glb(at_rest(conversation), paths[0])
    return ()


def pieces_of(figure: Figure) -> list[Piece]:
    """Splits a figure by part, and each part into what the shapes move and what they do not."""
    moved = np.zeros(len(figure.rest), bool)
    moved[figure.shaped] = (np.linalg.norm(figure.deltas, axis=-1) >= SMALLEST_MOVE).any(0)
    part_of_face = figure.parts[figure.faces[:, 0]]
    shaped_face = moved[figure.faces].any(1)
    pieces = []
    for number, part in enumerate(PARTS):
        for shaped in (True, False):
            faces = figure.faces[(part_of_face == number) & (shaped_face == shaped)]
            if len(faces):
                vertices, local = np.unique(faces, return_inverse=True)
                pieces.append(Piece(part, vertices, local.reshape(-1, 3), shaped))
    return pieces


def _checked(conversation: Conversation, letter: str, person: Participant) -> tuple[Motion, Seat]:
    where = f"conversation {conversation.id!r}, participant {letter}"
    if person.motion is None or person.seat is None:
        raise InputError(f"{where} has no {'motion' if person.motion is None else 'seat'}, so it cannot be shown")
    if shown_as(person.motion.space) is None:
        raise InputError(f"{where}: a scene needs 'arkit' or 'arkit-body' motion, not {person.motion.space.name!r}")
    return person.motion, person.seat


def _materials(builder: GlbBuilder) -> dict[str, int]:
    for part in PARTS:
        surface = gl.PbrMetallicRoughness(metallicFactor=0.0, roughnessFactor=_ROUGHNESS[part])
        builder.gltf.materials.append(
            gl.Material(name=part, pbrMetallicRoughness=surface, doubleSided=part in _THIN or None)
        )
    return {part: i for i, part in enumerate(PARTS)}


def _on_the_floor(figure: Figure, anchoring: Anchoring) -> Figure:
    """The figure with a first column of weights for the base, and legs as long as the seat's height wants them."""
    follows = anchoring.follows[:, None]
    weights = np.concatenate([1 - follows, follows * figure.weights], axis=1).astype(np.float32)
    rest = figure.unposed()
    rest[:, 1] -= anchoring.lowered
    return replace(figure, rest=rest, weights=weights)


# --- one person ------------------------------------------------------------------------------------------------


def _add_person(
    builder: GlbBuilder, name: str, figure: Figure, seat: Seat, motion: Motion, materials: dict[str, int]
) -> dict[str, int]:
    """Skeleton, skin and meshes; returns the nodes that move, by joint, with ``root`` and ``face``."""
    facing = Rotation.from_euler("y", seat.yaw).as_quat()
    root = builder.node(name, translation=list(seat.position), rotation=facing.tolist())
    nodes = {"root": root, "base": builder.node(f"{name}_base", parent=root)}
    origin, bones = figure.joints[JOINTS.index("head")], figure.skeleton.names
    for index in (0, *figure.skeleton.order):
        parent, place = figure.skeleton.parents[index], figure.joints[index]
        above = origin if parent < 0 else figure.joints[parent]
        owner = root if parent < 0 else nodes[bones[parent]]
        bone = f"{name}_{bones[index]}".replace(".", "_")
        nodes[bones[index]] = builder.node(bone, parent=owner, translation=(place - above).tolist())
    bind = np.tile(np.eye(4, dtype=np.float32), (1 + len(bones), 1, 1))
    bind[0, 3, :3] = -origin  # column-major: the translation is the last row
    bind[1:, :3, :3] = figure.bind.transpose(0, 2, 1)
    bind[1:, 3, :3] = -np.einsum("jab,jb->ja", figure.bind, figure.heads)
    builder.gltf.skins.append(
        gl.Skin(
            name=name,
            inverseBindMatrices=builder.accessor(bind.reshape(-1, 16), "MAT4"),
            joints=[nodes[joint] for joint in ("base", *bones)],
            skeleton=root,
        )
    )
    skin = len(builder.gltf.skins) - 1
    normals = vertex_normals(figure.rest, figure.faces)
    normals[~normals.any(1)] = (0, 1, 0)  # glTF wants unit vectors, where there is nothing to see as well
    pieces = pieces_of(figure)
    for label, shaped in (("face", True), ("body", False)):
        mine = [piece for piece in pieces if piece.shaped == shaped]
        mesh = gl.Mesh(
            name=f"{name}_{label}",
            primitives=[_primitive(builder, figure, piece, normals, materials[piece.part]) for piece in mine],
        )
        if shaped:
            mesh.weights = [0.0] * len(ARKIT_SHAPES)
            mesh.extras = {"targetNames": list(ARKIT_SHAPES)}
        builder.gltf.meshes.append(mesh)
        nodes[label] = builder.node(f"{name}_{label}", mesh=len(builder.gltf.meshes) - 1, skin=skin)
    return nodes


def _primitive(
    builder: GlbBuilder, figure: Figure, piece: Piece, normals: NDArray[np.float32], material: int
) -> gl.Primitive:
    joints, weights = _four_joints(figure.weights[piece.vertices])
    colours = np.ones((len(piece.vertices), 4))
    colours[:, :3] = srgb_to_linear(figure.colours[piece.vertices])

    def attribute(values: NDArray[Any], kind: Any, **fields: Any) -> int:
        return builder.accessor(values, kind, target=gl.ARRAY_BUFFER, **fields)

    faces = compact_integers(piece.faces.ravel(), len(piece.vertices))
    return gl.Primitive(
        attributes=gl.Attributes(
            POSITION=attribute(figure.rest[piece.vertices], "VEC3", bounds=True),
            NORMAL=attribute(normals[piece.vertices], "VEC3"),
            COLOR_0=attribute(shares(colours, np.uint16), "VEC4", normalized=True),
            JOINTS_0=attribute(joints, "VEC4"),
            WEIGHTS_0=attribute(weights, "VEC4", normalized=True),
        ),
        indices=builder.accessor(faces, "SCALAR", target=gl.ELEMENT_ARRAY_BUFFER),
        material=material,
        targets=_targets(builder, figure, piece) if piece.shaped else None,
    )


def _targets(builder: GlbBuilder, figure: Figure, piece: Piece) -> list[gl.Attributes]:
    """One sparse morph target per ARKit shape: where vertices go and how normals turn."""
    rows = np.searchsorted(figure.shaped, piece.vertices)
    known = (rows < len(figure.shaped)) & (figure.shaped[np.minimum(rows, len(figure.shaped) - 1)] == piece.vertices)
    rest = figure.rest[piece.vertices]
    normals = VertexNormals(piece.faces, len(rest))
    still = normals(rest)
    targets = []
    for deltas in figure.deltas:
        moves = np.zeros_like(rest)
        moves[known] = deltas[rows[known]]
        turns = normals(rest + moves) - still
        moving = np.flatnonzero(np.linalg.norm(moves, axis=1) >= SMALLEST_MOVE)
        turning = np.flatnonzero(np.linalg.norm(turns, axis=1) >= SMALLEST_TURN)
        targets.append(
            gl.Attributes(
                POSITION=builder.sparse(moving, moves[moving], len(rest)),
                NORMAL=builder.sparse(turning, turns[turning], len(rest)),
            )
        )
    return targets


def _four_joints(weights: NDArray[np.float32]) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Four joints for each vertex and their weights in 255ths, which sum to 255; viewers take no more than four.

    A vertex with more gives up a bone in the middle of the neck. The neck bends evenly, so that half of the bone above
    and half of the bone below do the same, to first order.
    """
    weights = weights.copy()
    first, second = (1 + JOINTS.index(name) for name in ("neck01", "neck02"))  # after the base
    crowded = (weights > 0).sum(1) > 4
    for middle, others in ((first, weights[:, first] <= weights[:, second]), (second, True)):
        rows = crowded & others & (weights[:, middle] > 0)
        half = weights[rows, middle] / 2
        weights[rows, middle - 1] += half
        weights[rows, middle + 1] += half
        weights[rows, middle] = 0
        crowded = (weights > 0).sum(1) > 4
    order = np.argsort(-weights, axis=1)[:, :4]
    strong = np.take_along_axis(weights, order, 1)
    parts = shares(strong / strong.sum(1, keepdims=True), np.uint8).astype(int)
    parts[:, 0] += 255 - parts.sum(1)
    order[parts == 0] = 0  # a joint without weight is written as joint 0
    return order.astype(np.uint8), parts.astype(np.uint8)


# --- motion ----------------------------------------------------------------------------------------------------


def _animate(
    builder: GlbBuilder,
    animation: gl.Animation,
    nodes: dict[str, int],
    body: AnnyBody,
    anchoring: Anchoring,
    motion: Motion,
) -> None:
    """Channels for every joint that moves and for the morph weights; one key per frame."""
    import torch

    times = builder.accessor(motion.times.astype(np.float32), "SCALAR", bounds=True)

    def play(output: int, path: str, *joints: str) -> None:
        animation.samplers.append(gl.AnimationSampler(input=times, output=output, interpolation="LINEAR"))
        sampler = len(animation.samplers) - 1
        for joint in joints:
            target = gl.AnimationChannelTarget(node=nodes[joint], path=path)
            animation.channels.append(gl.AnimationChannel(sampler=sampler, target=target))

    joints, values = body.figure.joints, torch.from_numpy(motion.values)
    hip = anchoring.sway(motion.values) + joints[0] - joints[JOINTS.index("head")]
    play(builder.accessor(hip.astype(np.float32), "VEC3"), "translation", "torso")
    alike: dict[int, tuple[Any, list[str]]] = {}  # bones that share a rotation share the stored keys
    for bone, turn in body.skeleton.own_turns(values).items():
        alike.setdefault(id(turn), (turn, []))[1].append(bone)
    for turn, bones in alike.values():
        keys = continuous_quaternions(turn.numpy()).astype(np.float32)
        play(builder.accessor(keys, "VEC4"), "rotation", *bones)
    play(builder.accessor(motion["expression"].ravel(), "SCALAR"), "weights", "face")
