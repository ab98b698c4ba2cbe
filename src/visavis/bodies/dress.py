"""Dresses an identity: skin, eyes, teeth, hair and clothes as one figure with colours.

Every part is a mesh whose attributes (shapes, skinning weights) come from the base mesh, so all parts move together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from visavis.bodies.clothes import clothes, outside_neckline
from visavis.bodies.figure import PARTS, Figure
from visavis.bodies.hair import hair_shell, hairline_share
from visavis.bodies.identity import JOINTS, Identity
from visavis.bodies.normals import vertex_normals
from visavis.bodies.occlusion import sky_light
from visavis.bodies.paint import colour, eye_colours, paint_skin, tooth_colours
from visavis.bodies.pieces import Piece, merged, piece_of, rigid, subdivided
from visavis.motion.spaces import ARKIT_SHAPES

Array = NDArray[np.float64]

TEETH_LOWER, TEETH_BACK = 0.002, 0.0015
"""Metres by which teeth are lower than in the base mesh, whose lips hide the upper ones even in a laugh, and farther
back, else they shine between closed lips."""

OFF_EYE = 0.0004
"""Metres that raised cheeks keep from the eyeball."""

BOTH = ("Left", "Right")


def dress(identity: Identity, appearance: Mapping[str, Any]) -> Figure:
    """All parts of one person.

    Args:
        identity: The bare, posed base mesh.
        appearance: Complete.
    """
    skin = paint_skin_piece(identity, appearance)
    pieces = [skin, *_eyes(identity, appearance), *_mouth(identity), _lashes(identity)]
    pieces += [p for p in (hair_piece(identity, skin, appearance),) if p is not None]
    pieces += clothes(identity, appearance)
    return _join(pieces, identity)


def paint_skin_piece(identity: Identity, appearance: Mapping[str, Any]) -> Piece:
    """Head and neck, finely subdivided, and hands: what clothes leave free, painted."""
    quads = _uncovered(identity, appearance)
    near_head = (np.linalg.norm(identity.vertices - identity.joints[JOINTS.index("head")], axis=1) < 0.35)[quads]
    head = subdivided(piece_of(identity, "skin", quads[near_head.all(1)]))
    hands = piece_of(identity, "skin", quads[~near_head.all(1)])
    skin = _clear_of_eyes(merged(head, hands), identity)
    scalp = hairline_share(skin.points, identity, appearance)
    normal = vertex_normals(skin.points, skin.faces)
    return replace(skin, colours=paint_skin(skin.points, skin.uv, normal, scalp, identity, appearance))


def _clear_of_eyes(skin: Piece, identity: Identity) -> Piece:
    """Cheeks raised as far as they go under narrowed lids push the skin into the eyeball: here only up to it."""
    squint = [[ARKIT_SHAPES.index(f"{shape}{side}") for side in BOTH] for shape in ("cheekSquint", "eyeSquint")]
    deltas = skin.deltas.copy()
    raised = skin.points + deltas[np.ravel(squint)].sum(0)
    for side in "LR":
        centre, radius = _eyeball(identity, side)
        away = raised - centre
        distance = np.linalg.norm(away, axis=1)
        # Lids lie in the eyeball from the beginning with what of them is hidden.
        kept = np.minimum(np.linalg.norm(skin.points - centre, axis=1), radius + OFF_EYE)
        deep = np.where(kept > radius, np.clip(kept - distance, 0, None), 0)
        deltas[squint[0]["LR".index(side)]] += (deep / np.maximum(distance, 1e-9))[:, None] * away
    return replace(skin, deltas=deltas)


def _eyeball(identity: Identity, side: str) -> tuple[Array, float]:
    """Its centre and radius, without the cornea."""
    centre = identity.joints[JOINTS.index(f"eye.{side}")]
    ball = identity.vertices[np.unique(identity.groups[f"helper-{side.lower()}-eye"])]
    return centre, float(np.linalg.norm(ball - centre, axis=1).mean())


def _uncovered(identity: Identity, appearance: Mapping[str, Any]) -> NDArray[np.int64]:
    """Quads of the body that are not well inside the clothes."""
    body = identity.groups["body"]
    body = body[identity.height[body].mean(1) > 0.2 * identity.height.max()]
    free = outside_neckline(identity, identity.vertices, appearance) < 0.05
    for side in "LR":
        free |= np.linalg.norm(identity.vertices - identity.bones[f"wrist.{side}"], axis=1) < 0.06
        hand = [name for name in identity.bones if name.startswith(("finger", "metacarpal")) and name.endswith(side)]
        distance, _ = cKDTree(np.stack([identity.bones[name] for name in hand])).query(identity.vertices)
        free |= distance < 0.045
    bare: NDArray[np.int64] = body[free[body].any(1)]
    return bare


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
    for side in "LR":
        centre, radius = _eyeball(identity, side)
        points = centre + radius * unit * bulge[:, None]
        colours = eye_colours(theta.ravel(), phi.ravel(), appearance)
        pieces.append(rigid("eyes", points, faces, colours, f"eye.{side}", identity))
    return pieces


def _mouth(identity: Identity) -> list[Piece]:
    return [_teeth(identity, upper=True), _teeth(identity, upper=False), _tongue(identity)]


def _teeth(identity: Identity, *, upper: bool) -> Piece:
    """One row."""
    piece = piece_of(identity, "teeth", identity.groups[f"helper-{'upper' if upper else 'lower'}-teeth"])
    points = piece.points * (0.94, 1, 1) - (0, TEETH_LOWER, TEETH_BACK)
    row = subdivided(subdivided(replace(piece, points=points)))
    return replace(row, colours=tooth_colours(row.points, vertex_normals(row.points, row.faces), upper))


def _tongue(identity: Identity) -> Piece:
    """It lies on the floor of the mouth, not against the palate, and is in the mouth's own shadow behind."""
    piece = piece_of(identity, "tongue", identity.groups["helper-tongue"])
    low, back, tip = piece.points[:, 1].min(), piece.points[:, 2].min(), piece.points[:, 2].max()
    points = piece.points * (1.1, 0.55, 1) + (0, 0.45 * low, 0)
    shade = 0.30 + 0.70 * (points[:, 2:] - back) / (tip - back)
    return subdivided(replace(piece, points=points, colours=colour("#b0605c") * shade))


def _lashes(identity: Identity) -> Piece:
    """The upper lashes, shortened: at full length they read as thick make-up from afar."""
    piece = piece_of(
        identity, "lashes", np.concatenate([identity.groups[f"helper-{side}-eyelashes-2"] for side in "lr"])
    )
    body = identity.vertices[np.unique(identity.groups["body"])]
    _, nearest = cKDTree(body).query(piece.points)
    points = piece.points + 0.45 * (body[nearest] - piece.points)
    return replace(piece, points=points, colours=np.tile(colour("#1c1310"), (len(points), 1)))


def hair_piece(identity: Identity, skin: Piece, appearance: Mapping[str, Any]) -> Piece | None:
    """The hair, which follows the head."""
    shell = hair_shell(skin.points, identity, appearance)
    return None if shell is None else rigid("hair", *shell, "head", identity)


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
    for part, least in (("eyes", 0.9), ("teeth", 0.9), ("tongue", 0.4), ("lashes", 0.5)):
        floor[parts == PARTS.index(part)] = least
    return np.clip(light, floor, 1)
