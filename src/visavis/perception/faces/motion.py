"""One person's face as `arkit` motion without gaps, and the track that says where it was seen and how well."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation, Slerp

from visavis.conversation import Track
from visavis.motion import ARKIT, Motion
from visavis.motion.gaze import FULL_LOOK, LOOK_SHAPES, eye_look_shapes
from visavis.motion.smoothing import savitzky_golay
from visavis.perception.faces.following import QUALITY, SCORES
from visavis.perception.faces.people import Person
from visavis.perception.faces.placing import Placed
from visavis.perception.faces.quality import COLUMNS

FPS = 25.0
_SHAPE_WINDOW, _POSE_WINDOW = 5, 7
"""Frames of the smoothing; a parabola over five keeps the lips' closures, one over seven a nod's."""
_QUICK = ("eyeBlinkLeft", "eyeBlinkRight")
"""Shapes left as they are: a blink may last three frames."""


def to_motion(person: Person, placed: Placed) -> tuple[Motion, Track]:
    """Motion at 25 fps and the track ``face``.

    Where the face was not seen the motion passes from what was seen before to what was seen after, and holds the first
    and the last; the track's mask says where.

    The scores are MediaPipe's. Those of the eight ``eyeLook`` shapes become eye rotations with `FULL_LOOK`, the
    mean of both eyes, and back, so that shapes and rotations agree.

    Args:
        person: What was seen.
        placed: The head at the frames in which the face was seen.

    Returns:
        The motion (T, 67), and a `Track` with `COLUMNS`.
    """
    where = np.flatnonzero(person.seen)
    frames = np.arange(len(person.seen))
    scores = person.values[where][:, SCORES]
    eye = eye_rotation(scores)
    values = np.zeros((len(frames), ARKIT.dim), np.float32)
    values[:, ARKIT.indices("expression")] = _between(scores, where, frames)
    values[:, ARKIT.indices("translation")] = _between(placed.translation, where, frames)
    for name, rotations in (("neck", placed.neck), ("head", placed.head)):
        values[:, ARKIT.indices(name)] = _rotations_between(rotations, where, frames)
    values[:, ARKIT.indices("eyes")] = np.tile(_rotations_between(eye, where, frames), 2)
    motion = _smooth(Motion(values, FPS, ARKIT))
    left, right = motion["eyes"][:, :3], motion["eyes"][:, 3:]
    motion = motion.with_columns(LOOK_SHAPES, eye_look_shapes(left, right))
    return motion, Track(person.values[:, QUALITY], FPS, COLUMNS, person.seen)


def eye_rotation(scores: NDArray[np.float32]) -> NDArray[np.float64]:
    """Rotation vectors (N, 3) of the eyes, the same for both, from scores (N, 52).

    The inverse of `visavis.motion.gaze.eye_look_shapes`; averaging both eyes halves the noise and gives up
    convergence, which the scores do not tell.
    """
    look = {name: scores[:, ARKIT.index(name)].astype(np.float64) for name in LOOK_SHAPES}
    down, left = (np.zeros(len(scores)) for _ in range(2))
    for side, outward in (("Left", 1.0), ("Right", -1.0)):
        down += look[f"eyeLookDown{side}"] * FULL_LOOK["down"] - look[f"eyeLookUp{side}"] * FULL_LOOK["up"]
        left += outward * (look[f"eyeLookOut{side}"] * FULL_LOOK["out"] - look[f"eyeLookIn{side}"] * FULL_LOOK["in"])
    return np.stack([down / 2, left / 2, np.zeros(len(scores))], 1)


def _smooth(motion: Motion) -> Motion:
    shapes = savitzky_golay(motion, _SHAPE_WINDOW)["expression"].clip(0, 1)
    result = savitzky_golay(motion, _POSE_WINDOW).with_columns("expression", shapes)
    return result.with_columns(_QUICK, motion[_QUICK])


def _between(values: NDArray, where: NDArray[np.intp], frames: NDArray[np.intp]) -> NDArray[np.float64]:
    return np.stack([np.interp(frames, where, column) for column in values.T], 1)


def _rotations_between(rotvecs: NDArray, where: NDArray[np.intp], frames: NDArray[np.intp]) -> NDArray[np.float64]:
    if len(where) == 1:
        return np.repeat(rotvecs, len(frames), 0)
    return Slerp(where, Rotation.from_rotvec(rotvecs))(np.clip(frames, where[0], where[-1])).as_rotvec()
