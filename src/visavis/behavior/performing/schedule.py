"""From events to the moves of one hand: preparation, stroke, hold, retraction (Kendon 1980; McNeill 1992; Kita 1998).

Strokes arrive when the plan says. Whatever lies between them follows: a hand is made ready in time, holds what it has
shown for a while, goes on to the next gesture if that is near, and goes back to rest if it is not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.spatial.transform import Rotation

from visavis.behavior.performing.build import Build
from visavis.behavior.performing.poses import Pose, as_point
from visavis.behavior.performing.strokes import AHEAD, MEDIAL, Stroke

CHAINED = 0.8
"""Seconds between two gestures below which the hand does not go back to rest."""

LONGEST_HOLD = 2.0
"""Seconds after which a hand in the air goes back to rest, whatever the plan says."""

TURNED = np.radians(110.0)
"""Hands that turn by more go through a middle position, thumbs up, as forearms do."""

FASTEST, TURNING = 1.8, 11.0
"""Metres and radians a second at the peak of a move; where that is too slow to arrive in time, the way is cut short."""

PEAK = 1.875
"""Peak over mean speed of a minimum-jerk move (Flash & Hogan 1985)."""

OVER = (0.015, 0.05, 0.02)
"""Metres by which a hand is raised on its way from one rest to another."""

SPRINGS_BACK = 0.6
"""Seconds to the next stroke below which a hand does not spring back from one, as it is raised again anyway."""

_SHORTEST = 0.12
"""Seconds between two strokes of a hand at least; nearer ones are one."""


@dataclass(frozen=True)
class Move:
    """A way to a pose from wherever the hand is, from `start` to `end` in seconds."""

    start: float
    end: float
    pose: Pose


@dataclass(frozen=True)
class Plan:
    """Where one hand begins, and how it moves; moves end in order."""

    first: Pose
    moves: tuple[Move, ...]


@dataclass(frozen=True)
class RestChange:
    """From `time` (seconds) on, the hand rests so."""

    time: float
    pose: Pose


def seconds_for(one: Pose, other: Pose) -> float:
    """How long a hand takes at ease from one pose to another.

    About 0.3 s plus half a second per metre, as free reaches do (peak speeds of 1-1.5 m/s in conversation).
    """
    apart = float(np.linalg.norm(np.subtract(one.wrist, other.wrist)))
    return 0.30 + 0.60 * apart


class Scheduler:
    """Plans the moves of one hand, in order of time."""

    def __init__(self, build: Build, rests: Sequence[RestChange]) -> None:
        self._build, self._rests = build, list(rests[1:])
        self._first = self._pose = self._rest = rests[0].pose
        self._moves: list[Move] = []
        self._free = -np.inf  # when the next move may begin
        self._up = False  # whether the hand is in the air after a stroke

    def plan(self, strokes: Sequence[Stroke], seconds: float) -> Plan:
        """The moves that make these strokes, whose apexes are in order, within so many seconds."""
        strokes = _apart(strokes)
        for stroke, after in zip(strokes, [*strokes[1:], None], strict=False):
            if not self._up:
                self._settle(self._begin(stroke))
            self._perform(stroke)
            if after is None or after.apex - stroke.apex > SPRINGS_BACK:
                self._spring_back(stroke)
            if after is None or not _chained(stroke, after):
                self._retract(stroke)
        self._settle(seconds + 10.0)
        return Plan(self._first, tuple(self._moves))

    def _begin(self, stroke: Stroke) -> float:
        """When the hand leaves its rest."""
        latest = stroke.apex - 0.6 * stroke.seconds - seconds_for(self._pose, stroke.ready)
        return max(min(stroke.event.start, latest), self._free)

    def _settle(self, until: float) -> None:
        """Changes of rest that there is time for; of others only the outcome is kept."""
        while self._rests and self._rests[0].time < until:
            change = self._rests.pop(0)
            self._rest = change.pose
            start = max(change.time, self._free)
            takes = 1.5 * seconds_for(self._pose, change.pose) + 0.15
            if change.pose != self._pose and start + takes < until - 0.1:
                middle = np.mean([self._pose.wrist, change.pose.wrist], axis=0) + np.array(OVER)
                over = replace(change.pose, wrist=as_point(middle), shape="relaxed", carried=0.3)
                self._go(start, start + 0.65 * takes, over)
                self._go(start + 0.35 * takes, start + takes, change.pose)
                self._free = start + takes

    def _perform(self, stroke: Stroke) -> None:
        """Preparation and stroke."""
        apex, takes = stroke.apex, stroke.seconds
        need = seconds_for(self._pose, stroke.ready)
        begin = self._begin(stroke) if not self._up else max(self._free, apex - 0.7 * takes - need)
        room = apex - begin
        if room < 1.5 * takes:
            takes = room / 1.5
        self._go_round(begin, apex - 0.6 * takes, self._partly(stroke.ready, room - 0.6 * takes))
        self._go(apex - takes, apex, self._partly(stroke.pose, takes))
        self._free, self._up = apex + 0.04, True

    def _spring_back(self, stroke: Stroke) -> None:
        """The hand gives way a little after a stroke that stops short."""
        if stroke.recoil:
            pose = _between(self._build, self._pose, stroke.ready, stroke.recoil)
            self._go(stroke.apex + 0.02, stroke.apex + 0.22, replace(pose, shape=self._pose.shape))

    def _partly(self, pose: Pose, seconds: float) -> Pose:
        """The pose, or as far on the way to it as there is time for."""
        far = np.linalg.norm(np.subtract(pose.wrist, self._pose.wrist)) / FASTEST
        turned = (self._pose.turn(self._build).inv() * pose.turn(self._build)).magnitude() / TURNING
        share = seconds / max(PEAK * float(max(far, turned)), 1e-9)
        return pose if share >= 1 else _between(self._build, self._pose, pose, max(0.0, share))

    def _retract(self, stroke: Stroke) -> None:
        """Back to rest by the event's end, but after no longer a hold than people make."""
        apex = stroke.apex
        while self._rests and self._rests[0].time < apex + 0.3:
            self._rest = self._rests.pop(0).pose
        takes = 1.3 * seconds_for(self._pose, self._rest)
        hold = stroke.patience * (LONGEST_HOLD - 0.2)
        start = max(apex + 0.24, min(stroke.event.end - takes, apex + hold))
        self._go_round(start, start + takes, self._rest)
        self._free, self._up = start + 0.7 * takes, False

    def _go_round(self, start: float, end: float, pose: Pose) -> None:
        """A move which, if it turns the hand far, goes through a middle position."""
        turned = (self._pose.turn(self._build).inv() * pose.turn(self._build)).magnitude()
        if turned > TURNED:
            middle = replace(_between(self._build, self._pose, pose, 0.45), along=AHEAD, palm=MEDIAL, shape="relaxed")
            self._go(start, start + 0.6 * (end - start), middle)
            start += 0.25 * (end - start)
        self._go(start, end, pose)

    def _go(self, start: float, end: float, pose: Pose) -> None:
        if self._moves:
            start, end = max(start, self._moves[-1].start), max(end, self._moves[-1].end)
        self._moves.append(Move(start, end, pose))
        self._pose = pose


def _apart(strokes: Sequence[Stroke]) -> list[Stroke]:
    """Without strokes that come so soon after another that no hand makes both."""
    kept: list[Stroke] = []
    for stroke in sorted(strokes, key=lambda stroke: stroke.apex):
        if not kept or stroke.apex - kept[-1].apex >= _SHORTEST:
            kept.append(stroke)
    return kept


def _chained(stroke: Stroke, after: Stroke) -> bool:
    near = after.event is stroke.event or after.event.start - stroke.event.end < CHAINED
    return near and after.apex - stroke.apex < LONGEST_HOLD + 0.5


def _between(build: Build, one: Pose, other: Pose, share: float) -> Pose:
    """So far on the way from one pose to the other; the hand's shape is that of the nearer."""
    start, end = one.turn(build), other.turn(build)
    turn = start * Rotation.from_rotvec(share * (start.inv() * end).as_rotvec())
    wrist = np.array(one.wrist) + share * np.subtract(other.wrist, one.wrist)
    return Pose(
        as_point(wrist),
        as_point(turn.apply(build.along)),
        as_point(turn.apply(build.palm)),
        (one if share < 0.5 else other).shape,
        outward=(1 - share) * one.outward + share * other.outward,
        carried=(1 - share) * one.carried + share * other.carried,
        lift=(1 - share) * one.lift + share * other.lift,
    )
