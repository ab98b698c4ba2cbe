"""Dresses an identity: skin, eyes, teeth, hair and clothes as one figure with colours.

Every part is a mesh whose attributes (shapes, skinning weights) come from the base mesh, so all parts move together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from visavis.bodies.figure import PARTS, Figure
from visavis.bodies.hair import hair_shell
from visavis.bodies.identity import JOINTS, Identity
from visavis.bodies.paint import colour, eye_colours, paint_skin

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Piece:
    """A part of a figure before all are joined.

    Attributes:
        name: One of `PARTS`.
        points: (n, 3).
        faces: (f, 3).
        deltas: (52, n, 3).
        weights: (n, 7).
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
    """Head, neck and hands: what clothes leave free, finely subdivided and painted."""
    skin = _subdivided(_piece(identity, "skin", _uncovered(identity)))
    return replace(
        skin, colours=paint_skin(skin.points, skin.uv, normals(skin.points, skin.faces), identity, appearance)
    )


def _uncovered(identity: Identity) -> NDArray[np.int64]:
    """Quads of the body that are not well inside the body suit."""
    body, suit = identity.groups["body"], identity.groups["helper-tights"]
    body = body[identity.height[body].mean(1) > 0.2 * identity.height.max()]
    collar = _collar(identity, identity.vertices[suit].mean(1), drop=0.035)
    suit_vertices = np.unique(suit[collar])
    distance, _ = cKDTree(identity.vertices[suit_vertices]).query(identity.vertices)
    wrist = np.minimum(*(np.linalg.norm(identity.vertices - identity.bones[f"wrist.{s}"], axis=1) for s in "LR"))
    inside = (distance < 0.02) & (wrist > 0.05)
    neck = np.linalg.norm(identity.vertices - identity.bones["neck01"], axis=1)
    return body[~inside[body].all(1) | (neck[body] < 0.14).any(1)]


def _collar(identity: Identity, points: Array, drop: float) -> NDArray[np.bool_]:
    """Which points are below a neckline that is `drop` metres lower at the front than a crew neck's."""
    neck = identity.bones["neck01"]
    forward = np.clip((points[:, 2] - neck[2] + 0.06) / 0.12, 0, 1)
    line = neck[1] + 0.035 - (0.055 + drop) * forward
    near = np.hypot(points[:, 0] - neck[0], points[:, 2] - neck[2]) < 0.16
    return ~near | (points[:, 1] < line)


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
    import pyvista as pv

    mesh = pv.PolyData(piece.points, np.hstack([np.full((len(piece.faces), 1), 3), piece.faces]))
    count = len(piece.points)
    mesh["deltas"] = np.ascontiguousarray(piece.deltas.transpose(1, 0, 2)).reshape(count, -1)
    mesh["weights"], mesh["uv"], mesh["colours"] = piece.weights, piece.uv, piece.colours
    fine = mesh.subdivide(1, "loop")
    return Piece(
        piece.name,
        np.asarray(fine.points, float),
        np.asarray(fine.faces, np.int64).reshape(-1, 4)[:, 1:],
        np.asarray(fine["deltas"]).reshape(fine.n_points, -1, 3).transpose(1, 0, 2),
        np.asarray(fine["weights"]),
        np.asarray(fine["colours"]),
        np.asarray(fine["uv"]),
    )


def normals(points: Array, faces: NDArray[np.int64]) -> Array:
    """Unit normals of the vertices, (n, 3), weighted by the area of the triangles around."""
    corners = points[faces]
    across = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    summed = np.zeros_like(points)
    for corner in range(3):
        np.add.at(summed, faces[:, corner], across)
    return summed / np.maximum(np.linalg.norm(summed, axis=1, keepdims=True), 1e-12)


def _rigid(name: str, points: Array, faces: NDArray[np.int64], colours: Array, joint: str) -> Piece:
    weights = np.zeros((len(points), len(JOINTS)))
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
        pieces.append(_rigid("eyes", points, faces, eye_colours(theta.ravel(), phi.ravel(), appearance), f"eye.{side}"))
    return pieces


def _mouth(identity: Identity) -> list[Piece]:
    pieces = []
    for name, groups, rgb in (
        ("teeth", ("helper-upper-teeth", "helper-lower-teeth"), "#e9e2d2"),
        ("tongue", ("helper-tongue",), "#b0605c"),
    ):
        piece = _piece(identity, name, np.concatenate([identity.groups[group] for group in groups]))
        piece = replace(piece, colours=np.tile(colour(rgb), (len(piece.points), 1)))
        pieces.append(_subdivided(piece))
    return pieces


def _lashes(identity: Identity) -> Piece:
    groups = [identity.groups[f"helper-{side}-eyelashes-{row}"] for side in "lr" for row in (1, 2)]
    piece = _piece(identity, "lashes", np.concatenate(groups))
    return replace(piece, colours=np.tile(colour("#1c1310"), (len(piece.points), 1)))


def hair_piece(identity: Identity, skin: Piece, appearance: Mapping[str, Any]) -> Piece | None:
    """The hair, which follows the head."""
    shell = hair_shell(skin.points, identity, appearance)
    return None if shell is None else _rigid("hair", *shell, "head")


def _clothes(identity: Identity, appearance: Mapping[str, Any]) -> list[Piece]:
    """Shirt, trousers and shoes from the base mesh's body suit, smoothed and pushed outwards until they hang."""
    suit = identity.groups["helper-tights"]
    height = identity.height[suit].mean(1)
    waist = _height_of(identity, "root") + 0.035
    ankle = _height_of(identity, "foot.L") + 0.02
    below_collar = _collar(identity, identity.vertices[suit].mean(1), drop=0.035)
    cuts = {
        "shirt": (height > waist - 0.06) & below_collar,
        "trousers": (height < waist + 0.02) & (height > ankle - 0.03),
        "shoes": height < ankle,
    }
    # Layers: the shirt hangs over the trousers, the trousers over the shoes.
    outward = {"shirt": 0.011, "trousers": 0.006, "shoes": 0.003}
    smooth = {"shirt": 60, "trousers": 40, "shoes": 0}
    return [
        _garment(_piece(identity, name, suit[chosen]), outward[name], smooth[name], colour(appearance[name]))
        for name, chosen in cuts.items()
    ]


def _height_of(identity: Identity, bone: str) -> float:
    """How high a bone is before posing; vertices near it tell."""
    body = np.unique(identity.groups["body"])
    nearest = np.argsort(np.linalg.norm(identity.vertices[body] - identity.bones[bone], axis=1))[:30]
    return float(identity.height[body[nearest]].mean())


def _garment(piece: Piece, outward: float, smooth: int, rgb: Array) -> Piece:
    import pyvista as pv

    points = piece.points
    if smooth:
        mesh = pv.PolyData(points, np.hstack([np.full((len(piece.faces), 1), 3), piece.faces]))
        points = np.asarray(mesh.smooth_taubin(n_iter=smooth, pass_band=0.05, boundary_smoothing=True).points, float)
    points = points + outward * normals(points, piece.faces)
    # A smoothed cloth must not sink into the body it covers.
    inward = np.einsum("ij,ij->i", piece.points - points, normals(piece.points, piece.faces))
    points = points + np.clip(inward + 0.4 * outward, 0, None)[:, None] * normals(piece.points, piece.faces)
    return _subdivided(replace(piece, points=points, colours=np.tile(rgb, (len(points), 1))))


def _join(pieces: list[Piece], identity: Identity) -> Figure:
    starts = np.cumsum([0, *(len(piece.points) for piece in pieces)])
    deltas = np.concatenate([piece.deltas for piece in pieces], axis=1)
    shaped = np.flatnonzero(np.abs(deltas).max((0, 2)) > 1e-6)
    weights = np.concatenate([piece.weights for piece in pieces])
    return Figure(
        rest=np.concatenate([piece.points for piece in pieces]).astype(np.float32),
        faces=np.concatenate([piece.faces + start for piece, start in zip(pieces, starts, strict=False)]),
        colours=np.concatenate([piece.colours for piece in pieces]).astype(np.float32),
        weights=(weights / weights.sum(1, keepdims=True)).astype(np.float32),
        joints=identity.joints.astype(np.float32),
        shaped=shaped,
        deltas=deltas[:, shaped].astype(np.float32),
        parts=np.concatenate([np.full(len(piece.points), PARTS.index(piece.name)) for piece in pieces]),
    )
