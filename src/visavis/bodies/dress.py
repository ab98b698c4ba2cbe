"""Dresses an identity: skin, eyes, teeth, hair and clothes as one figure with colours.

Every part is a mesh whose attributes (shapes, skinning weights) come from the base mesh, so all parts move together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from visavis.bodies.figure import PARTS, Figure
from visavis.bodies.hair import hair_shell, hairline_share
from visavis.bodies.identity import JOINTS, Identity
from visavis.bodies.normals import vertex_normals
from visavis.bodies.occlusion import sky_light
from visavis.bodies.paint import colour, eye_colours, paint_skin, tooth_shade

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Piece:
    """A part of a figure before all are joined.

    Attributes:
        name: One of `PARTS`.
        points: (n, 3).
        faces: (f, 3).
        deltas: (52, n, 3).
        weights: (n, J).
        colours: (n, 3), 0 to 1.
        uv: (n, 2).
    """

    name: str
    points: Array
    faces: NDArray[np.int64]
    deltas: Array
    weights: Array
    colours: Array
    uv: Array


def dress(identity: Identity, appearance: Mapping[str, Any]) -> Figure:
    """All parts of one person.

    Args:
        identity: The bare, posed base mesh.
        appearance: Complete.
    """
    skin = paint_skin_piece(identity, appearance)
    pieces = [skin, *_eyes(identity, appearance), *_mouth(identity), _lashes(identity)]
    pieces += [p for p in (hair_piece(identity, skin, appearance),) if p is not None]
    pieces += _clothes(identity, appearance)
    return _join(pieces, identity)


def paint_skin_piece(identity: Identity, appearance: Mapping[str, Any]) -> Piece:
    """Head and neck, finely subdivided, and hands: what clothes leave free, painted."""
    quads = _uncovered(identity, appearance)
    near_head = (np.linalg.norm(identity.vertices - identity.joints[JOINTS.index("head")], axis=1) < 0.35)[quads]
    head = _subdivided(_piece(identity, "skin", quads[near_head.all(1)]))
    hands = _piece(identity, "skin", quads[~near_head.all(1)])
    skin = _merged(head, hands)
    scalp = hairline_share(skin.points, identity, appearance)
    normal = vertex_normals(skin.points, skin.faces)
    return replace(skin, colours=paint_skin(skin.points, skin.uv, normal, scalp, identity, appearance))


def _merged(a: Piece, b: Piece) -> Piece:
    return Piece(
        a.name,
        np.concatenate([a.points, b.points]),
        np.concatenate([a.faces, b.faces + len(a.points)]),
        np.concatenate([a.deltas, b.deltas], axis=1),
        np.concatenate([a.weights, b.weights]),
        np.concatenate([a.colours, b.colours]),
        np.concatenate([a.uv, b.uv]),
    )


def _uncovered(identity: Identity, appearance: Mapping[str, Any]) -> NDArray[np.int64]:
    """Quads of the body that are not well inside the clothes."""
    body = identity.groups["body"]
    body = body[identity.height[body].mean(1) > 0.2 * identity.height.max()]
    free = _neckline(identity, identity.vertices, appearance) < 0.05
    for side in "LR":
        free |= np.linalg.norm(identity.vertices - identity.bones[f"wrist.{side}"], axis=1) < 0.05
        hand = [name for name in identity.bones if name.startswith(("finger", "metacarpal")) and name.endswith(side)]
        distance, _ = cKDTree(np.stack([identity.bones[name] for name in hand])).query(identity.vertices)
        free |= distance < 0.045
    bare: NDArray[np.int64] = body[free[body].any(1)]
    return bare


def _neckline(identity: Identity, points: Array, appearance: Mapping[str, Any]) -> Array:
    """How far points are outside the neck hole of the shirt, metres; negative within it and above.

    The hole is a cylinder around the neck, as when cloth is cut out with the person seen from above.
    """
    neck = identity.bones["neck01"]
    radius = 0.092 if appearance["gender"] >= 0.5 else 0.080
    across = np.hypot(points[:, 0] - neck[0], 0.92 * (points[:, 2] - neck[2] - 0.008)) - radius
    across = np.where(points[:, 1] > neck[1] - 0.16, across, np.maximum(across, 0.05))
    outside: Array = np.where(points[:, 1] > neck[1] + 0.05, np.minimum(across, -0.01), across)
    return outside


def _piece(identity: Identity, name: str, quads: NDArray[np.int64]) -> Piece:
    used, faces = np.unique(quads, return_inverse=True)
    faces = faces.reshape(quads.shape)
    triangles = np.concatenate([faces[:, [0, 1, 2]], faces[:, [0, 2, 3]]])
    return Piece(
        name,
        identity.vertices[used],
        triangles,
        identity.deltas[:, used],
        identity.weights[used],
        np.zeros((len(used), 3)),
        identity.uv[used],
    )


def _subdivided(piece: Piece) -> Piece:
    """One step of Loop subdivision; all attributes follow."""
    return _from_mesh(piece.name, _with_data(piece).subdivide(1, "loop"))


def _with_data(piece: Piece) -> Any:
    import pyvista as pv

    mesh = pv.PolyData(piece.points, np.hstack([np.full((len(piece.faces), 1), 3), piece.faces]))
    count = len(piece.points)
    mesh["deltas"] = np.ascontiguousarray(piece.deltas.transpose(1, 0, 2)).reshape(count, -1)
    mesh["weights"], mesh["uv"], mesh["colours"] = piece.weights, piece.uv, piece.colours
    return mesh


def _from_mesh(name: str, mesh: Any) -> Piece:
    return Piece(
        name,
        np.asarray(mesh.points, float),
        np.asarray(mesh.faces, np.int64).reshape(-1, 4)[:, 1:],
        np.asarray(mesh["deltas"]).reshape(mesh.n_points, -1, 3).transpose(1, 0, 2),
        np.asarray(mesh["weights"]),
        np.asarray(mesh["colours"]),
        np.asarray(mesh["uv"]),
    )


def _rigid(name: str, points: Array, faces: NDArray[np.int64], colours: Array, joint: str, identity: Identity) -> Piece:
    weights = np.zeros((len(points), identity.weights.shape[1]))
    weights[:, JOINTS.index(joint)] = 1
    return Piece(name, points, faces, np.zeros((52, len(points), 3)), weights, colours, np.zeros((len(points), 2)))


def _eyes(identity: Identity, appearance: Mapping[str, Any]) -> list[Piece]:
    """Two balls finer than the base mesh's, with a bulging cornea, an iris and a pupil; they turn but do not deform."""
    polar = np.radians(
        [0, 3, 6, 8, 9.5, 10.5, 12, 15, 18, 21, 23, 24, 25, 27, 30, 36, 44, 54, 66, 80, 100, 125, 150, 180]
    )
    around = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    theta, phi = np.meshgrid(polar, around, indexing="ij")
    unit = np.stack([np.sin(theta) * np.cos(phi), np.sin(theta) * np.sin(phi), np.cos(theta)], -1).reshape(-1, 3)
    bulge = 1 + 0.035 * np.clip(np.cos(np.pi / 2 * np.clip(theta.ravel() / np.radians(27), 0, 1)), 0, 1)
    rows, columns = len(polar), len(around)
    a = (np.arange(rows - 1)[:, None] * columns + np.arange(columns)).ravel()
    b = (np.arange(rows - 1)[:, None] * columns + (np.arange(columns) + 1) % columns).ravel()
    faces = np.concatenate([np.stack([a, a + columns, b], 1), np.stack([b, a + columns, b + columns], 1)])
    pieces = []
    for side, helper in (("L", "helper-l-eye"), ("R", "helper-r-eye")):
        centre = identity.joints[JOINTS.index(f"eye.{side}")]
        radius = np.linalg.norm(identity.vertices[np.unique(identity.groups[helper])] - centre, axis=1).mean()
        points = centre + radius * unit * bulge[:, None]
        colours = eye_colours(theta.ravel(), phi.ravel(), appearance)
        pieces.append(_rigid("eyes", points, faces, colours, f"eye.{side}", identity))
    return pieces


def _mouth(identity: Identity) -> list[Piece]:
    pieces = []
    for name, groups, rgb in (
        ("teeth", ("helper-upper-teeth", "helper-lower-teeth"), "#e9e2d2"),
        ("tongue", ("helper-tongue",), "#b0605c"),
    ):
        piece = _piece(identity, name, np.concatenate([identity.groups[group] for group in groups]))
        points = piece.points
        colours = np.tile(colour(rgb), (len(points), 1))
        if name == "teeth":  # set back a little, else they shine between closed lips
            points = (points - points.mean(0)) * (0.94, 1.0, 1.0) + points.mean(0) - (0, 0, 0.002)
            piece = _subdivided(_subdivided(replace(piece, points=points, colours=colours)))
            pieces.append(replace(piece, colours=piece.colours * tooth_shade(piece.points)[:, None]))
        else:  # it lies on the floor of the mouth, not against the palate, and is in the mouth's own shadow behind
            low, back, tip = points[:, 1].min(), points[:, 2].min(), points[:, 2].max()
            points = points * (1, 0.7, 1) + (0, 0.3 * low, 0)
            shade = 0.35 + 0.65 * (points[:, 2:] - back) / (tip - back)
            pieces.append(_subdivided(replace(piece, points=points, colours=colours * shade)))
    return pieces


def _lashes(identity: Identity) -> Piece:
    """The upper lashes, shortened: at full length they read as thick make-up from afar."""
    piece = _piece(identity, "lashes", np.concatenate([identity.groups[f"helper-{side}-eyelashes-2"] for side in "lr"]))
    body = identity.vertices[np.unique(identity.groups["body"])]
    _, nearest = cKDTree(body).query(piece.points)
    points = piece.points + 0.45 * (body[nearest] - piece.points)
    return replace(piece, points=points, colours=np.tile(colour("#1c1310"), (len(points), 1)))


def hair_piece(identity: Identity, skin: Piece, appearance: Mapping[str, Any]) -> Piece | None:
    """The hair, which follows the head."""
    shell = hair_shell(skin.points, identity, appearance)
    return None if shell is None else _rigid("hair", *shell, "head", identity)


def _clothes(identity: Identity, appearance: Mapping[str, Any]) -> list[Piece]:
    """Shirt, trousers and shoes from the base mesh's body suit, smoothed, pushed outwards and cut to length."""
    suit = identity.groups["helper-tights"]
    # Standing, hems are level where they hang; sitting, where they were level before the legs bent.
    standing = identity.bones["lowerleg01.L"][1] < identity.bones["root"][1] - 0.2
    below_waist = identity.height < identity.bone_height["root"] + 0.05  # sleeves now hang lower, but are not meant
    level = np.where(standing & below_waist, identity.vertices[:, 1], identity.height)
    middle = level[suit].mean(1)
    hem = (identity.bones["root"][1] if standing else identity.bone_height["root"]) - 0.03
    ankle = (identity.bones["foot.L"][1] if standing else identity.bone_height["foot.L"]) + 0.015

    def made(name: str, low: float, high: float, outward: float, smooth: int) -> Piece:
        quads = suit[(middle > low - 0.08) & (middle < high + 0.08)]
        piece = _piece(identity, name, quads)
        start = level[np.unique(quads)] - piece.points[:, 1]

        def inside(points: Array) -> Array:
            """How far inside the cut points are, metres."""
            height = start + points[:, 1]
            neck = _neckline(identity, points, appearance) if name == "shirt" else np.ones(len(points))
            depth: Array = np.minimum.reduce([height - low, high - height, neck])
            return depth

        return _garment(piece, inside, outward, smooth, colour(appearance[name]))

    return [
        made("shirt", hem, 9.0, 0.009, 60),
        made("trousers", ankle - 0.03, hem + 0.012, 0.005, 30),
        made("shoes", -1.0, ankle, 0.002, 0),
    ]


def _garment(piece: Piece, inside: Callable[[Array], Array], outward: float, smooth: int, rgb: Array) -> Piece:
    """Cloth over a piece of the body suit.

    Args:
        piece: Of the body suit, a little larger than the garment.
        inside: How far the cloth's vertices are from the cut, metres; the garment is where this is positive.
        outward: Metres between the body suit and the cloth.
        smooth: Rounds of smoothing.
        rgb: Its colour.
    """
    import pyvista as pv

    points = piece.points
    if smooth:
        mesh = pv.PolyData(points, np.hstack([np.full((len(piece.faces), 1), 3), piece.faces]))
        points = np.asarray(mesh.smooth_taubin(n_iter=smooth, pass_band=0.05, boundary_smoothing=True).points, float)
    # Smoothed cloth must not sink into the body it covers.
    out = vertex_normals(piece.points, piece.faces)
    points = points + np.clip(np.einsum("ij,ij->i", piece.points - points, out), 0, None)[:, None] * out
    depth = inside(points)
    points = points + (outward * np.clip(0.45 + depth / 0.05, 0.45, 1))[:, None] * vertex_normals(points, piece.faces)
    cloth = _subdivided(replace(piece, points=points, colours=np.tile(depth[:, None], 3)))
    cut = _clipped(cloth, cloth.colours[:, 0])
    seam = 1 - 0.16 * np.exp(-((np.maximum(cut.colours[:, :1], 0) / 0.009) ** 2))
    return replace(cut, colours=seam * rgb)


def _clipped(piece: Piece, inside: Array) -> Piece:
    """What of a piece lies where `inside` is positive, cut through the triangles."""
    mesh = _with_data(piece)
    mesh["inside"] = inside
    return _from_mesh(piece.name, mesh.clip_scalar(scalars="inside", value=0.0, invert=False).triangulate())


def _join(pieces: list[Piece], identity: Identity) -> Figure:
    starts = np.cumsum([0, *(len(piece.points) for piece in pieces)])
    deltas = np.concatenate([piece.deltas for piece in pieces], axis=1)
    shaped = np.flatnonzero(np.abs(deltas).max((0, 2)) > 1e-6)
    weights = np.concatenate([piece.weights for piece in pieces])
    points = np.concatenate([piece.points for piece in pieces])
    faces = np.concatenate([piece.faces + start for piece, start in zip(pieces, starts, strict=False)])
    light = sky_light(points, vertex_normals(points, faces), faces)
    parts = np.concatenate([np.full(len(piece.points), PARTS.index(piece.name)) for piece in pieces])
    return Figure(
        rest=points.astype(np.float32),
        faces=faces,
        colours=np.concatenate([piece.colours for piece in pieces]).astype(np.float32),
        light=_lit(light, parts).astype(np.float32),
        weights=(weights / weights.sum(1, keepdims=True)).astype(np.float32),
        joints=identity.joints.astype(np.float32),
        heads=identity.heads.astype(np.float32),
        bind=identity.bind.astype(np.float32),
        shaped=shaped,
        deltas=deltas[:, shaped].astype(np.float32),
        parts=parts,
    )


def _lit(light: Array, parts: NDArray[np.int64]) -> Array:
    """What is computed at rest must not darken what opens later: eyes and mouth."""
    floor = np.zeros(len(light))
    for part, least in (("eyes", 0.9), ("teeth", 0.5), ("tongue", 0.4), ("lashes", 0.5)):
        floor[parts == PARTS.index(part)] = least
    return np.clip(light, floor, 1)
