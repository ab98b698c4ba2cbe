"""Parts of a figure before all are joined: meshes whose attributes stay with them when they are divided and cut."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from visavis.bodies.identity import JOINTS, Identity
from visavis.bodies.normals import surface_of

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


def piece_of(identity: Identity, name: str, quads: NDArray[np.int64]) -> Piece:
    """Quads (f, 4) of the base mesh as a part, still without colour."""
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


def subdivided(piece: Piece) -> Piece:
    """One step of Loop subdivision; all attributes follow."""
    return _from_mesh(piece.name, _with_data(piece).subdivide(1, "loop"))


def _with_data(piece: Piece) -> Any:
    mesh = surface_of(piece.points, piece.faces)
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


def rigid(name: str, points: Array, faces: NDArray[np.int64], colours: Array, joint: str, identity: Identity) -> Piece:
    """A part that keeps its shape and follows one bone."""
    weights = np.zeros((len(points), identity.weights.shape[1]))
    weights[:, JOINTS.index(joint)] = 1
    return Piece(name, points, faces, np.zeros((52, len(points), 3)), weights, colours, np.zeros((len(points), 2)))


def merged(a: Piece, b: Piece) -> Piece:
    """Two parts as one, with the name of the first."""
    return Piece(
        a.name,
        np.concatenate([a.points, b.points]),
        np.concatenate([a.faces, b.faces + len(a.points)]),
        np.concatenate([a.deltas, b.deltas], axis=1),
        np.concatenate([a.weights, b.weights]),
        np.concatenate([a.colours, b.colours]),
        np.concatenate([a.uv, b.uv]),
    )


def clipped(piece: Piece, inside: Array) -> Piece:
    """What of a piece lies where `inside` is positive, cut through the triangles."""
    mesh = _with_data(piece)
    mesh["inside"] = inside
    return _from_mesh(piece.name, mesh.clip_scalar(scalars="inside", value=0.0, invert=False).triangulate())
