"""Shirt, trousers and shoes: the base mesh's body suit, smoothed, pushed outwards and cut to length; cuffs close it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from visavis.bodies.cuffs import cuff
from visavis.bodies.identity import NO_ARM, Identity
from visavis.bodies.normals import surface_of, vertex_normals
from visavis.bodies.paint import colour
from visavis.bodies.pieces import Piece, clipped, piece_of, rigid, subdivided

Array = NDArray[np.float64]

SLEEVE, SLEEVE_END, CLOSE = 0.10, 0.015, 0.002
"""Metres above the wrist from which sleeves narrow, at which they end, under a cuff, and which they then keep from the
skin."""


def clothes(identity: Identity, appearance: Mapping[str, Any]) -> list[Piece]:
    """Shirt, trousers and shoes from the base mesh's body suit, smoothed, pushed outwards and cut to length."""
    suit = identity.groups["helper-tights"]
    # Standing, hems are level where they hang; sitting, where they were level before the legs bent.
    standing = identity.bones["lowerleg01.L"][1] < identity.bones["root"][1] - 0.2
    below_waist = identity.height < identity.bone_height["root"] + 0.05  # sleeves now hang lower, but are not meant
    level = np.where(standing & below_waist, identity.vertices[:, 1], identity.height)
    middle = level[suit].mean(1)
    hem = (identity.bones["root"][1] if standing else identity.bone_height["root"]) - 0.03
    ankle = (identity.bones["foot.L"][1] if standing else identity.bone_height["foot.L"]) + 0.015
    arm = _arms(identity)

    def made(name: str, low: float, high: float, outward: float, smooth: int) -> Piece:
        quads = suit[(middle > low - 0.08) & (middle < high + 0.08)]
        piece = piece_of(identity, name, quads)
        above_wrist = identity.above_wrist[np.unique(quads)]
        start = level[np.unique(quads)] - piece.points[:, 1]

        def inside(points: Array) -> Array:
            """How far inside the cut points are, metres."""
            height = start + points[:, 1]
            neck = outside_neckline(identity, points, appearance) if name == "shirt" else np.ones(len(points))
            depth: Array = np.minimum.reduce([height - low, high - height, neck])
            return depth

        return _garment(piece, inside, above_wrist, outward, smooth, colour(appearance[name]), arm)

    return [
        made("shirt", hem, 9.0, 0.009, 60),
        *(_cuff(identity, arm, side, colour(appearance["shirt"])) for side in "LR"),
        made("trousers", ankle - 0.03, hem + 0.012, 0.005, 30),
        made("shoes", -1.0, ankle, 0.002, 0),
    ]


def _garment(
    piece: Piece,
    inside: Callable[[Array], Array],
    above_wrist: Array,
    outward: float,
    smooth: int,
    rgb: Array,
    arms: Piece,
) -> Piece:
    """Cloth over a piece of the body suit.

    Args:
        piece: Of the body suit, a little larger than the garment.
        inside: How far the cloth's vertices are from the cut, metres; the garment is where this is positive.
        above_wrist: How far they are from the wrist, metres: sleeves end there.
        outward: Metres between the body suit and the cloth.
        smooth: Rounds of smoothing.
        rgb: Its colour.
        arms: The skin that sleeves close around.
    """
    points = piece.points
    if smooth:
        mesh = surface_of(points, piece.faces)
        points = np.asarray(mesh.smooth_taubin(n_iter=smooth, pass_band=0.05, boundary_smoothing=True).points, float)
    # Smoothed cloth must not sink into the body it covers.
    out = vertex_normals(piece.points, piece.faces)
    points = points + np.clip(np.einsum("ij,ij->i", piece.points - points, out), 0, None)[:, None] * out
    depth = inside(points)
    points = points + (outward * np.clip(0.45 + depth / 0.05, 0.45, 1))[:, None] * vertex_normals(points, piece.faces)
    # What is known of the vertices travels as colours, since those follow when the mesh is divided and cut.
    known = np.column_stack([depth, above_wrist, np.zeros(len(depth))])
    cloth = subdivided(replace(piece, points=points, colours=known))
    cloth = _closed_around(cloth, arms)
    depth = np.minimum(cloth.colours[:, 0], cloth.colours[:, 1] - SLEEVE_END)
    cut = clipped(replace(cloth, colours=np.tile(depth[:, None], 3)), depth)
    seam = 1 - 0.16 * np.exp(-((np.maximum(cut.colours[:, :1], 0) / 0.009) ** 2))
    return replace(cut, colours=seam * rgb)


def _arms(identity: Identity) -> Piece:
    """Skin from the elbows to the fingers; its colours say how far it is from the wrist."""
    body = identity.groups["body"]
    quads = body[(identity.above_wrist[body] < NO_ARM).all(1)]
    return replace(
        piece_of(identity, "skin", quads), colours=np.tile(identity.above_wrist[np.unique(quads)][:, None], 3)
    )


def _cuff(identity: Identity, arms: Piece, side: str, rgb: Array) -> Piece:
    """Moves as the skin does that it lies on."""
    elbow, wrist = (identity.bones[f"{bone}.{side}"] for bone in ("lowerarm02", "wrist"))
    points, faces, shade = cuff(arms.points, arms.faces, elbow, wrist)
    _, nearest = cKDTree(arms.points).query(points, k=4)
    piece = rigid("shirt", points, faces, 0.94 * shade[:, None] * rgb, "torso", identity)
    return replace(piece, weights=arms.weights[nearest].mean(1))


def _closed_around(cloth: Piece, arms: Piece) -> Piece:
    """Sleeves that narrow to the arms and bend as these do.

    Args:
        cloth: With sleeves as wide as those of the body suit; the second of its colours says how far it is from the
            wrist, and afterwards how far the skin is that it lies on.
        arms: The skin under the sleeves.
    """
    drawn = np.flatnonzero(cloth.colours[:, 1] < SLEEVE)
    if not len(drawn):
        return cloth
    cells, nearest = surface_of(arms.points, arms.faces).find_closest_cell(
        cloth.points[drawn], return_closest_point=True
    )
    corners = arms.faces[cells]
    nearness = 1 / (np.linalg.norm(arms.points[corners] - nearest[:, None], axis=2) + 1e-4)
    nearness /= nearness.sum(1, keepdims=True)

    def there(values: Array) -> Array:
        """Values of the skin's vertices at the nearest points."""
        between: Array = np.einsum("nc,nck->nk", nearness, values[corners])
        return between

    normal = there(vertex_normals(arms.points, arms.faces))
    close = nearest + CLOSE * normal / np.linalg.norm(normal, axis=1, keepdims=True)
    above = there(arms.colours)[:, 0]
    share = np.clip(1 - above / SLEEVE, 0, 1)
    share = (share**2 * (3 - 2 * share))[:, None]
    points, weights, known = cloth.points.copy(), cloth.weights.copy(), cloth.colours.copy()
    points[drawn] += share * (close - points[drawn])
    weights[drawn] += share * (there(arms.weights) - weights[drawn])
    known[drawn, 1] = above
    return replace(cloth, points=points, weights=weights, colours=known)


def outside_neckline(identity: Identity, points: Array, appearance: Mapping[str, Any]) -> Array:
    """How far points are outside the neck hole of the shirt, metres; negative within it and above.

    The hole is a cylinder around the neck, as when cloth is cut out with the person seen from above.
    """
    neck = identity.bones["neck01"]
    radius = 0.092 if appearance["gender"] >= 0.5 else 0.080
    across = np.hypot(points[:, 0] - neck[0], 0.92 * (points[:, 2] - neck[2] - 0.008)) - radius
    across = np.where(points[:, 1] > neck[1] - 0.16, across, np.maximum(across, 0.05))
    outside: Array = np.where(points[:, 1] > neck[1] + 0.05, np.minimum(across, -0.01), across)
    return outside
