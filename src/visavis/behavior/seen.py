"""What a moving person does, as events: read off motion, so that the other can answer it."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import numpy as np

from visavis.behavior.events import KINDS, Event
from visavis.behavior.limits import possible
from visavis.behavior.performing.eyes import partner_direction
from visavis.behavior.performing.head import NOD, SHAKE
from visavis.conversation import Interval, Participant
from visavis.motion import ARKIT, Motion, Seat
from visavis.motion.events import blinks, nods, shakes, smiles
from visavis.motion.gaze import gaze_direction, yaw_pitch
from visavis.motion.mapping import can_become
from visavis.motion.runs import runs

UNSEEN = frozenset({"laugh", "mood", "posture", "gesture"})
"""Kinds of events that are told by voice, words and hands rather than by head and face."""
NEAR = np.radians(10.0)
"""Angle from the partner's eyes within which the gaze is at the partner; a face at 1 m spans as much either way."""
SETTLES = 0.12
"""Seconds that a look lasts at least; the eyes do not see while they jump."""


def seen_events(motion: Motion, seat: Seat, partner: Seat) -> list[Event]:
    """Looks, blinks, smiles, nods and shakes of one person, in order of start.

    Args:
        motion: With ARKit's shapes, head and eyes; of others nothing is seen.
        seat: The person's.
        partner: The other's, who is taken to sit still.
    """
    if not can_become(motion.space, ARKIT) or len(motion) < 2:
        return []
    fps, found = motion.fps, _looks(motion, seat, partner)
    lids, mouth = (motion[[f"{name}Left", f"{name}Right"]].mean(1) for name in ("eyeBlink", "mouthSmile"))
    pitch, yaw = motion["neck.x"] + motion["head.x"], motion["neck.y"] + motion["head.y"]
    for kind, label, spans, curve, usual in (
        ("blink", "", blinks(motion), lids, 1.0),
        ("smile", "", smiles(motion), mouth, 1.0),
        ("nod", "concord", nods(motion), pitch, NOD),
        ("shake", "discord", shakes(motion), yaw, 2 * SHAKE),
    ):
        for start, end in spans.tolist():
            part = curve[int(start * fps) : int(end * fps) + 1]
            size = float(part.max() if usual == 1.0 else np.ptp(part) / usual) if len(part) else 0.0
            found.append(Event(kind, start, end, label, **possible(kind, label, {"strength": min(2.0, size)})))
    return sorted(found, key=lambda event: event.start)


def as_seen(person: Participant, motion: Motion, partner: Seat) -> Mapping[str, tuple[Interval, ...]]:
    """A person's events as the motion shows them, in place of what was planned for the face and the head.

    Hands and trunk are not seen by `seen_events`, nor is what is felt; of these, the plan's events are kept.

    Args:
        person: With the plan's events, and a seat.
        motion: How the person really moves.
        partner: The other's seat.
    """
    assert person.seat is not None
    shown: dict[str, tuple[Interval, ...]] = {kind: () for kind in KINDS if kind not in UNSEEN}
    for event in seen_events(motion, person.seat, partner):
        shown[event.kind] += (Interval(event.label, event.start, event.end, event.details),)
    return {**person.events, **shown}


def _looks(motion: Motion, seat: Seat, partner: Seat) -> list[Event]:
    toward = partner_direction(seat, partner)
    turned = np.stack(yaw_pitch(gaze_direction(motion, seat) @ _turn(seat.yaw)), 1)
    beside = (turned - toward + np.pi) % (2 * np.pi) - np.pi
    at_partner = np.hypot(beside[:, 0], beside[:, 1]) < NEAR
    shortest = round(SETTLES * motion.fps)
    for mask in (at_partner, ~at_partner):  # what is shorter belongs to what is around it
        for start, stop in runs(mask):
            if stop - start < shortest and start > 0 and stop < len(mask):
                at_partner[start:stop] = ~at_partner[start:stop]
    edges = [0, *(np.flatnonzero(np.diff(at_partner)) + 1).tolist(), len(at_partner)]
    found = []
    for start, stop in pairwise(edges):
        times = start / motion.fps, stop / motion.fps
        x, y = np.median(beside[start:stop], axis=0)
        label, aim = ("partner", {}) if at_partner[start] else ("away", {"x": float(x), "y": float(y)})
        found.append(Event("look", *times, label, **possible("look", label, aim)))
    return found


def _turn(yaw: float) -> np.ndarray:
    """What turns rows of world vectors into the frame of a torso with that yaw."""
    cos, sin = np.cos(yaw), np.sin(yaw)
    return np.array([[cos, 0.0, sin], [0.0, 1.0, 0.0], [-sin, 0.0, cos]])
