"""What hands must not go through: a table, one's own trunk, thighs and head, the other person.

In the frame of one person who sits or stands upright: metres from the head joint of the straight neck, +X the person's
left, +Y up, +Z ahead. Bodies are told for the neutral figure (read off its mesh) and scaled by the trunk.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from visavis.behavior.performing.build import Build
from visavis.motion.seat import Seat
from visavis.rendering.furniture import TABLE_ABOVE_HIPS, table_radius
from visavis.scene.knees import knees_aside, span

Array = NDArray[np.float64]

BOARD = 0.026
"""Metres: how thick a table's board is."""

TRUNK = (0.175, -0.005, 0.130)
"""Half the width of the trunk, where its middle is ahead of the head joint, half its depth."""
TRUNK_TOP, TRUNK_BOTTOM = -0.14, -0.70
HEAD_MIDDLE, HEAD_RADIUS = (0.0, 0.06, 0.03), 0.115
HIP = (0.115, -0.702, -0.042)
THIGH = ((0.100, -0.685, 0.05), (0.185, -0.735, 0.43))
THIGH_RADII = (0.110, 0.062)
"""From hip to knee of the left leg."""
NO_ROOM = 0.50
"""Metres between heads in front of each other from which on hands find room to gesture."""
PARTNER_RADIUS = 0.19
"""Of an upright cylinder around another person, from the top of the head down."""


@dataclass(frozen=True)
class Surroundings:
    """What is around one person.

    Attributes:
        build: The person's.
        seated: Whether they sit.
        partner: (3,) the other's head joint.
        knees: Degrees by which the legs are turned to the person's left.
        top: How high the table's top is (negative: below the head joint), or None.
        edge: How far away it begins.
        radius: Of the table.
    """

    build: Build
    seated: bool
    partner: Array
    knees: float = 0.0
    top: float | None = None
    edge: float = np.inf
    radius: float = 0.0

    @property
    def table_turn(self) -> float:
        """How far to the person's left the table is, whose middle is half-way to the other person; radians."""
        return float(np.arctan2(self.partner[0], self.partner[2]))

    @property
    def cramped(self) -> bool:
        """Whether the other person is so near that there is no room for hands between the two."""
        return self.ahead < NO_ROOM

    @property
    def ahead(self) -> float:
        """Metres to the other person, if they are before one; else infinite."""
        return float(np.hypot(self.partner[0], self.partner[2])) if self.partner[2] > 0 else np.inf

    def out(self, points: Array, clearance: Array, head: Array) -> Array:
        """By how much the whole hand has to be moved so that none of its points is in anything, (T, 3).

        Args:
            points: (T, P, 3) of the hand.
            clearance: (P,) metres that each point keeps.
            head: (T, 3) where the head joint is.
        """
        way: Array = np.sum([_deepest(moves) for moves in self._ways_out(points, clearance, head)], axis=0)
        return way

    def depth(self, points: Array, head: Array) -> Array:
        """How deep each of points (T, P, 3) is in anything, metres, (T, P); 0 outside."""
        deepest: Array = np.linalg.norm(self._ways_out(points, np.zeros(points.shape[1]), head), axis=-1).max(0)
        return deepest

    def trunk_depth(self, points: Array, clearance: float, head: Array) -> Array:
        """How deep each of points (T, P, 3) is in the trunk or nearer to it than that, metres, (T, P)."""
        depth: Array = np.linalg.norm(self._out_of_trunk(points, np.full(points.shape[1], clearance), head), axis=-1)
        return depth

    def thigh(self, side: float) -> tuple[Array, Array, tuple[float, float]]:
        """Hip, knee (3,), and how thick the thigh is at both; `side` is 1 for the left, -1 for the right."""
        scale = self.build.trunk_scale
        turn = Rotation.from_euler("y", self.knees, degrees=True)
        joint = scale * np.array(HIP) * (side, 1, 1)
        hip, knee = (joint + turn.apply(scale * np.array(point) * (side, 1, 1) - joint) for point in THIGH)
        return hip, knee, (scale * THIGH_RADII[0], scale * THIGH_RADII[1])

    def _ways_out(self, points: Array, clearance: Array, head: Array) -> list[Array]:
        """For everything there is, how each point gets out of it, (T, P, 3)."""
        ways = [self._out_of_trunk(points, clearance, head), self._out_of_head(points, clearance, head)]
        ways.append(self._out_of_partner(points, clearance))
        if self.top is not None:
            ways.append(self._out_of_table(points, clearance))
        if self.seated:
            ways += [self._out_of_thigh(points, clearance, side) for side in (1.0, -1.0)]
        return ways

    def _out_of_table(self, points: Array, clearance: Array) -> Array:
        """Up, if a point is in the board or a little below it, else back over the edge."""
        assert self.top is not None
        centre = (self.edge + self.radius) * np.array([np.sin(self.table_turn), np.cos(self.table_turn)])
        across = np.linalg.norm(points[..., [0, 2]] - centre, axis=-1)
        over = np.clip((self.radius + 0.01 - across) / 0.02, 0, 1)  # no step at the edge
        up = np.clip(self.top + clearance - points[..., 1], 0, None)
        up = np.where(points[..., 1] > self.top - 0.12, up, 0.0) * over
        way: Array = up[..., None] * np.array([0.0, 1.0, 0.0])
        return way

    def _out_of_trunk(self, points: Array, clearance: Array, head: Array) -> Array:
        """Ahead or aside, out of an upright elliptic cylinder that leans with the head."""
        scale = self.build.trunk_scale
        width, middle, depth = (scale * value for value in TRUNK)
        height = points[..., 1] - head[:, None, 1]
        share = np.clip(1 + height / (-scale * TRUNK_BOTTOM), 0, 1)
        x = points[..., 0] - share * head[:, None, 0]
        z = points[..., 2] - share * head[:, None, 2] - middle
        radial = np.hypot(x / width, z / depth)
        inside = (height < scale * TRUNK_TOP) & (height > scale * TRUNK_BOTTOM - 0.1)
        away = np.stack([x / width**2, np.zeros_like(x), z / depth**2], axis=-1)
        away /= np.maximum(np.linalg.norm(away, axis=-1, keepdims=True), 1e-9)
        surface = np.hypot(x, z) / np.maximum(radial, 1e-9)  # along the ray from the middle
        deep = np.clip(surface + clearance - np.hypot(x, z), 0, None)
        way: Array = np.where(inside, deep, 0.0)[..., None] * away
        return way

    def _out_of_head(self, points: Array, clearance: Array, head: Array) -> Array:
        middle = head + self.build.trunk_scale * np.array(HEAD_MIDDLE)
        away = points - middle[:, None]
        distance = np.linalg.norm(away, axis=-1)
        deep = np.clip(self.build.trunk_scale * HEAD_RADIUS + clearance - distance, 0, None)
        way: Array = deep[..., None] * away / np.maximum(distance, 1e-9)[..., None]
        return way

    def _out_of_thigh(self, points: Array, clearance: Array, side: float) -> Array:
        """Up, out of a cone with round ends."""
        hip, knee, (thick, thin) = self.thigh(side)
        share = np.clip((points - hip) @ (knee - hip) / ((knee - hip) @ (knee - hip)), 0, 1)
        radius = thick + share * (thin - thick) + clearance
        away = points - hip - share[..., None] * (knee - hip)
        flat = np.linalg.norm(away[..., [0, 2]], axis=-1)
        top = np.sqrt(np.clip(radius**2 - flat**2, 0, None))
        deep = np.where((flat < radius) & (away[..., 1] > -radius), np.clip(top - away[..., 1], 0, None), 0.0)
        way: Array = deep[..., None] * np.array([0.0, 1.0, 0.0])
        return way

    def _out_of_partner(self, points: Array, clearance: Array) -> Array:
        """Back, out of an upright cylinder."""
        away = (points - self.partner)[..., [0, 2]]
        distance = np.linalg.norm(away, axis=-1)
        deep = np.clip(PARTNER_RADIUS + clearance - distance, 0, None)
        deep = np.where(points[..., 1] < self.partner[1] + 0.25, deep, 0.0)
        back = -self.partner * (1, 0, 1) / max(float(np.hypot(self.partner[0], self.partner[2])), 1e-9)
        way: Array = deep[..., None] * back
        return way


def _deepest(moves: Array) -> Array:
    """The longest of moves (T, P, 3) in each frame, (T, 3)."""
    longest = np.linalg.norm(moves, axis=-1).argmax(1)
    deepest: Array = moves[np.arange(len(moves)), longest]
    return deepest


def around(seats: tuple[Seat, Seat], person: int, builds: tuple[Build, Build]) -> Surroundings:
    """What is around one of two people, as videos show it: legs, and the table if there is one.

    Args:
        seats: Where both are.
        person: 0 for A, 1 for B.
        builds: Of both; a table is as high as suits both.
    """
    seat, build = seats[person], builds[person]
    partner = Rotation.from_euler("y", -seat.yaw).apply(np.subtract(seats[1 - person].position, seat.position))
    knees = knees_aside(seats)[person]
    radius = table_radius(seats)
    if not radius:
        return Surroundings(build, seat.seated, partner, knees)
    hips = [place.position[1] + owner.hips[1] for place, owner in zip(seats, builds, strict=True)]
    top = float(np.mean(hips)) + TABLE_ABOVE_HIPS - seat.position[1]
    return Surroundings(build, seat.seated, partner, knees, top, span(seats) / 2 - radius, radius)
