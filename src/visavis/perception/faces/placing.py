"""From camera views to people in one room: seats, and heads relative to torsos.

A picture tells how a head is turned towards the camera, not how the torso stands or where the camera is. The house's
convention (see `visavis.motion.spaces`) needs both, so they are inferred once per shot:

* The camera of a shot in which both people are seen defines the room: +X to the right of the picture, +Y up, +Z towards
  the viewer, the origin on the floor midway between the two heads, whose mean height is taken to be 1.6 m. Person A, on
  the left, sits at negative x. People in a split screen get the places that the picture suggests.
* Where both are never seen together, as in shot and reverse shot, they sit face to face at 1 m.
* A torso faces where the head mostly faces; only what is within 15 degrees of the camera's direction counts as a turn
  of the head, since people turn their whole body to whom they talk to for long, and cameras are put where people face.
* Other cameras are turned about the vertical so that in each shot the person's usual yaw and place are the same. Shots
  shorter than a few seconds borrow from the others. Cameras are taken to be level.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from visavis.motion.gaze import EYE_MIDPOINT, NECK_TO_HEAD, split_head
from visavis.motion.seat import Seat, face_to_face
from visavis.perception.faces.following import EYES, ROTATION
from visavis.perception.faces.people import Person

Array = NDArray[np.float64]

_HEIGHT = 1.6
_HEAD_TURN = np.radians(15.0)
_BORROWED = 125.0
"""Frames' worth of weight that the whole video has in what is usual in one shot."""
_NEAREST, _FARTHEST = 0.6, 3.0
"""Metres between two heads; split screens and long lenses suggest less and more."""


@dataclass(frozen=True)
class Placed:
    """One person in the room, at the frames in which the face was seen.

    Attributes:
        seat: Where and which way.
        neck: (N, 3) rotation vectors relative to the torso.
        head: (N, 3) relative to the neck.
        translation: (N, 3) metres, in the room.
    """

    seat: Seat
    neck: Array
    head: Array
    translation: Array


def place(people: Sequence[Person]) -> list[Placed | None]:
    """Seats one or two people and turns what the cameras saw into the house's frame of reference.

    Whoever was never seen alive has no place: a picture on a wall or a screen is no place in the room.
    """
    views = [_View(person) if person.seen.any() else None for person in people]
    shot = _shared_shot(people)
    known = [view for view in views if view is not None]
    seats = face_to_face() if shot is None else _seats_from_picture(known, shot)
    return [
        None if view is None else view.placed(seat, view.usual_yaw(shot))
        for view, seat in zip(views, seats, strict=False)
    ]


def _shared_shot(people: Sequence[Person]) -> int | None:
    """The shot in which both people are seen together for the longest time."""
    if len(people) < 2:
        return None
    together = people[0].seen & people[1].seen & (people[0].shots == people[1].shots)
    return int(np.bincount(people[0].shots[together]).argmax()) if together.any() else None


def _torso(yaw: float) -> float:
    """Which way the torso faces, radians in the camera's frame, of somebody whose head usually faces `yaw`."""
    return float(np.sign(yaw) * max(0.0, abs(yaw) - _HEAD_TURN))


def _seats_from_picture(views: Sequence[_View], shot: int) -> tuple[Seat, ...]:
    """Where two people are who are seen at once, and which way their torsos face."""
    first, second = (view.usual_place(shot) for view in views)
    apart = second - first
    distance = float(np.hypot(apart[0], apart[2]))
    apart *= np.clip(distance, _NEAREST, _FARTHEST) / max(distance, 1e-6)
    middle = np.array([0.0, _HEIGHT, 0.0])
    places = ((middle + side * apart / 2).tolist() for side in (-1, 1))
    return tuple(Seat(p, _torso(view.usual_yaw(shot))) for p, view in zip(places, views, strict=True))


class _View:
    """One person as the cameras saw them."""

    def __init__(self, person: Person) -> None:
        where = np.flatnonzero(person.seen)
        self.shots = person.shots[where]
        self.turned = Rotation.from_rotvec(person.values[where, ROTATION].astype(np.float64))
        self.eyes = person.values[where, EYES].astype(np.float64)
        forward = self.turned.apply([0.0, 0.0, 1.0])
        self.yaw = np.arctan2(forward[:, 0], forward[:, 2])
        # From the eyes back to the head joint; the neck's part follows once the torso is known.
        self.joint = self.eyes - self.turned.apply(EYE_MIDPOINT)

    def usual_yaw(self, shot: int | None) -> float:
        """The median yaw in a shot, drawn to that of the whole video where the shot is short; None is the video."""
        overall = float(np.median(self.yaw))
        inside = self.yaw[self.shots == shot]
        if not len(inside):
            return overall
        return (len(inside) * float(np.median(inside)) + _BORROWED * overall) / (len(inside) + _BORROWED)

    def usual_place(self, shot: int) -> Array:
        """The median place of the head joint in a shot, metres in the camera's frame."""
        place: Array = np.median(self.joint[self.shots == shot], axis=0)
        return place

    def placed(self, seat: Seat, usual: float) -> Placed:
        """In the room, given the seat and the person's usual yaw before the camera that defines the room."""
        head, joint = np.zeros((2, len(self.yaw), 3))
        for shot in np.unique(self.shots):
            inside = self.shots == shot
            torso = _torso(usual) + self.usual_yaw(int(shot)) - usual  # in the frame of this shot's camera
            to_torso = Rotation.from_euler("y", -torso)
            head[inside] = (to_torso * self.turned[inside]).as_rotvec()
            joint[inside] = to_torso.apply(self.joint[inside] - self.usual_place(int(shot)))
        neck, rest = split_head(head)
        bend = Rotation.from_rotvec(neck).apply(NECK_TO_HEAD) - NECK_TO_HEAD
        offset = joint - bend
        offset -= np.median(offset, axis=0)
        return Placed(seat, neck, rest, Rotation.from_euler("y", seat.yaw).apply(offset) + seat.position)
