"""Face tracklets: each face tracked from frame to frame for as long as possible without a break."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial

import numpy as np
from numpy.typing import NDArray

from visavis.media.ahead import ahead
from visavis.motion.rotations import matrix_to_rotvec
from visavis.perception.faces import boxes
from visavis.perception.faces.embedding import aligned, alignment, embed
from visavis.perception.faces.finder import FaceFinder
from visavis.perception.faces.landmarks import Face, Landmarker
from visavis.perception.faces.pose import Camera, head_pose
from visavis.perception.faces.quality import quality
from visavis.perception.faces.shots import ShotCuts
from visavis.perception.faces.stillness import Look, changes

MOST_AT_ONCE = 4
"""Faces followed at the same time, the largest ones found."""

_WINDOW = 2.2
"""Side of the window in which a face is looked for, in faces; wide enough to move, too narrow for a neighbour."""
_SEARCH_EVERY, _SEARCH_ALONE, _SEARCH_SMALL = 25, 8, 25
"""Pictures between searches of the whole picture: as a rule, with fewer than two faces, and for small faces then."""
_EMBED_EVERY = 50
_PATIENCE = 5
"""Pictures for which a face may be out of sight before it counts as lost."""
_JUMP = 0.2
"""Overlap of a face's boxes in two pictures in a row below which it is not the same face."""
_TWICE = 0.5
"""Overlap from which two followers sit on one face."""
_OTHER = 0.25
"""Cosine of two embeddings below which a follower has slipped from one person to another."""
_SHORTEST = 3
SCORES, ROTATION, EYES, IRISES, QUALITY = slice(0, 52), slice(52, 55), slice(55, 58), slice(58, 60), slice(60, 67)
PARTED, CHANGES = 67, slice(68, 71)
"""Columns of `Tracklet.values`."""
WIDTH = 71


@dataclass(frozen=True)
class Tracklet:
    """A face that was followed without a break: one person, within one shot.

    Attributes:
        shot: Number of the shot, from 0.
        frames: (N,) numbers of the pictures in which it was seen, growing.
        values: float32 (N, 71): 52 ARKit scores; rotation vector of the head, midpoint of the eyes and place of the
            irises as in `pose.Pose`; what `quality.quality` tells, after the face's box; how far the lips are parted,
            as in `pose.Pose`; how the face changes, as `stillness.changes` tells.
        embeddings: (E, 128) of length 1, E >= 1.
        weights: (E,) what each is worth, by how well the face was seen.
    """

    shot: int
    frames: NDArray[np.intp]
    values: NDArray[np.float32]
    embeddings: NDArray[np.float32]
    weights: NDArray[np.float32]


@dataclass
class _Follower:
    """One face while it is followed."""

    landmarker: Landmarker
    window: boxes.Box
    box: boxes.Box
    shot: int
    face: Face | None = None  # when it was last seen
    missed: int = 0
    doubtful: bool = True
    frames: list[int] = field(default_factory=list)
    values: list[NDArray[np.float32]] = field(default_factory=list)
    looks: list[Look] = field(default_factory=list)
    moved: list[float] = field(default_factory=list)  # overlap with the box before
    checked: int = 0  # how many frames had been seen when the embedding was last looked at
    embeddings: list[NDArray[np.float32]] = field(default_factory=list)
    weights: list[float] = field(default_factory=list)

    def recentre(self) -> None:
        """Moves the window after the face, where it comes near an edge or has grown or shrunk."""
        wanted = boxes.square(self.box, _WINDOW)
        side = boxes.longest(self.window)
        off = np.abs(boxes.centre(self.window) - boxes.centre(self.box)).max()
        if off > 0.3 * boxes.longest(self.box) or not 0.7 < boxes.longest(wanted) / side < 1.4:
            self.window = wanted
            self.landmarker.forget()

    def tracklet(self, count: int | None = None) -> Tracklet | None:
        """What was seen, the first `count` frames of it; None if that is too little to go by."""
        frames, values, looks = self.frames[:count], self.values[:count], self.looks[:count]
        if len(frames) < _SHORTEST or not self.embeddings:
            return None
        return Tracklet(
            self.shot,
            np.array(frames, np.intp),
            np.column_stack([np.stack(values), changes(looks)]),
            np.stack(self.embeddings),
            np.array(self.weights, np.float32),
        )


Seen = tuple[Face, NDArray[np.float32], Look]
"""A face, its row of `Tracklet.values` but for how it changes, and how it looks."""


class FaceFollower:
    """Finds the faces of a video and follows each as far as it can.

    Use as a context manager; what it holds is freed at the end.

    Attributes:
        shots: Shots begun so far.
    """

    def __init__(self, size: tuple[int, int], field_of_view: float, scale: float = 1.0) -> None:
        """Prepares for pictures of a size.

        Args:
            size: Width and height of the pictures that will come.
            field_of_view: Of the camera's longer side, radians.
            scale: Pixels of the video per pixel of the pictures; boxes and sizes are given in the former.
        """
        self.shots = 0
        self._camera = Camera(*size, field_of_view)
        self._scale = scale
        self._cuts = ShotCuts()
        self._finder = FaceFinder()
        self._idle: list[Landmarker] = []
        self._followers: list[_Follower] = []
        self._last_search = self._last_thorough = -(10**9)
        self._side_by_side = ThreadPoolExecutor()  # the network computes outside Python: each face has a core

    def __enter__(self) -> FaceFollower:
        return self

    def __exit__(self, *_: object) -> None:
        self._side_by_side.shutdown()
        self._finder.close()
        for landmarker in [*self._idle, *(f.landmarker for f in self._followers)]:
            landmarker.close()

    def follow(self, pictures: Iterable[NDArray[np.uint8]]) -> Iterator[Tracklet]:
        """Tracklets, in the order in which they end.

        Args:
            pictures: (H, W, 3) RGB, at a constant rate.
        """
        for number, picture in enumerate(ahead(pictures)):
            cut = self._cuts(picture)
            if cut:
                self.shots += 1
                yield from self._release(list(self._followers))
            seen = self._side_by_side.map(partial(self._look, picture), list(self._followers))
            faces = zip(list(self._followers), list(seen), strict=True)
            yield from self._release([f for f, face in faces if not self._step(f, number, face)])
            yield from self._release(self._doubles())
            if cut or self._is_time(number):
                self._search(number, picture, thorough=cut)
            yield from self._look_closer(picture)
        yield from self._release(list(self._followers))

    def _look(self, picture: NDArray[np.uint8], follower: _Follower) -> Seen | None:
        face = follower.landmarker(picture, follower.window)
        return None if face is None else self._seen(picture, face)

    def _step(self, follower: _Follower, number: int, seen: Seen | None) -> bool:
        """Goes on with what was seen of a followed face in the next picture; False where it is lost."""
        if seen is None:
            follower.missed += 1
            return follower.missed <= _PATIENCE
        same = boxes.overlap(seen[0].box, follower.box)
        if same < (_JUMP if follower.missed == 0 else _JUMP / 2):
            return False
        follower.missed = 0
        self._record(follower, number, seen, same)
        follower.recentre()
        return True

    def _seen(self, picture: NDArray[np.uint8], face: Face) -> Seen:
        pose = head_pose(face.points, self._camera)
        upright = alignment(face.points)
        size, sharpness, visible = quality(
            face, aligned(picture, upright), pose.rotation, (self._camera.width, self._camera.height)
        )
        well = (*(face.box * self._scale), size * self._scale, sharpness, visible)
        turned = matrix_to_rotvec(pose.rotation)
        row = np.concatenate([face.scores, turned, pose.eyes, pose.irises, well, [pose.parted]])
        return face, row.astype(np.float32), Look.of(picture, face.points, upright)

    def _record(self, follower: _Follower, number: int, seen: Seen, same: float) -> None:
        follower.face, row, look = seen
        follower.box = follower.face.box
        follower.frames.append(number)
        follower.values.append(row)
        follower.looks.append(look)
        follower.moved.append(same)

    def _doubles(self) -> list[_Follower]:
        """Of two followers on one face, the one that came there by the longer way; those that touch become doubtful."""
        leave: list[_Follower] = []
        for i, one in enumerate(self._followers):
            for other in self._followers[i + 1 :]:
                shared = boxes.overlap(one.box, other.box)
                if shared > _TWICE and one not in leave and other not in leave:
                    leave.append(min(one, other, key=lambda f: min(f.moved[-5:], default=1.0)))
                if shared > 0.02:
                    one.doubtful = other.doubtful = True
        return leave

    def _is_time(self, number: int) -> bool:
        since = number - self._last_search
        return since >= (_SEARCH_EVERY if len(self._followers) >= 2 else _SEARCH_ALONE)

    def _search(self, number: int, picture: NDArray[np.uint8], *, thorough: bool) -> None:
        """Looks for faces that nobody follows yet."""
        self._last_search = number
        found = self._finder(picture)
        overdue = number - self._last_thorough >= _SEARCH_SMALL
        if max(len(found), len(self._followers)) < 2 and (thorough or overdue):
            self._last_thorough = number
            found = self._finder(picture, thorough=True)
        for box in found:
            if len(self._followers) >= MOST_AT_ONCE:
                return
            if any(_covers(f.box, box) for f in self._followers):
                continue
            landmarker = self._idle.pop() if self._idle else Landmarker()
            # The detector's box reaches from brows to chin; the landmarks' is somewhat larger.
            follower = _Follower(landmarker, boxes.square(box, 1.3 * _WINDOW), box, self.shots - 1)
            face = landmarker(picture, follower.window)
            if face is None or not _covers(face.box, box) or any(_covers(f.box, face.box) for f in self._followers):
                self._give_back(landmarker)
                continue
            self._record(follower, number, self._seen(picture, face), 1.0)
            follower.recentre()
            self._followers.append(follower)

    def _look_closer(self, picture: NDArray[np.uint8]) -> Iterator[Tracklet]:
        """Embeds faces that are due, and parts what turns out to be two people."""
        for follower in list(self._followers):
            if follower.missed or follower.face is None:
                continue
            seen = len(follower.frames)
            touching = any(
                boxes.overlap(follower.box, other.box) > 0.02 for other in self._followers if other is not follower
            )
            due = seen - follower.checked >= _EMBED_EVERY or (follower.doubtful and not touching)
            if not due and follower.embeddings:
                continue
            vector = embed(aligned(picture, alignment(follower.face.points)))
            if follower.embeddings and float(vector @ _mean(follower.embeddings, follower.weights)) < _OTHER:
                since = follower.checked
                at = since + int(np.argmin(follower.moved[since:]))
                before = follower.tracklet(at)
                if before is not None:
                    yield before
                del follower.frames[:at], follower.values[:at], follower.looks[:at], follower.moved[:at]
                follower.embeddings, follower.weights = [], []
            follower.embeddings.append(vector)
            follower.weights.append(0.05 + float(follower.values[-1][QUALITY][6]))
            follower.checked, follower.doubtful = len(follower.frames), touching

    def _release(self, followers: list[_Follower]) -> Iterator[Tracklet]:
        for follower in followers:
            self._followers.remove(follower)
            self._give_back(follower.landmarker)
            tracklet = follower.tracklet()
            if tracklet is not None:
                yield tracklet

    def _give_back(self, landmarker: Landmarker) -> None:
        landmarker.forget()
        self._idle.append(landmarker)


def _covers(one: boxes.Box, other: boxes.Box) -> bool:
    """Whether two boxes, of landmarks or from the detector, are of one face."""
    middle = boxes.centre(other)
    inside = bool((middle > one[:2]).all() and (middle < one[2:]).all())
    return inside or boxes.overlap(one, other) > 0.3


def _mean(vectors: list[NDArray[np.float32]], weights: list[float]) -> NDArray[np.float32]:
    mean = np.average(vectors, axis=0, weights=weights)
    return (mean / np.linalg.norm(mean)).astype(np.float32)
