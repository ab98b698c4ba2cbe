"""One person's face as `arkit` motion without gaps, and the track of where and how well it was visible."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from visavis.conversation import Track
from visavis.motion import ARKIT, Motion
from visavis.motion.gaze import FULL_LOOK, LOOK_SHAPES, eye_look_shapes
from visavis.motion.rotations import slerp
from visavis.motion.smoothing import savitzky_golay
from visavis.perception.faces.following import IRISES, PARTED, QUALITY, SCORES
from visavis.perception.faces.people import Person
from visavis.perception.faces.placing import Placed
from visavis.perception.faces.quality import COLUMNS

FPS = 25.0
_SHAPE_WINDOW, _POSE_WINDOW = 5, 7
"""Frames of the smoothing; a parabola over five keeps the lips' closures, one over seven a nod's."""
_IRIS_YAW, _IRIS_PITCH = 4.9, 6.1
"""Radians that eyes turn while the irises move as far as the eyes are apart; 3.6 to 5.6 and 4.7 to 8.7 were found."""
_IRIS_REST, _LOOK_DOWN = 0.0265, np.radians(8.0)
"""Of eyes that look straight ahead: how far above their corners the irises are, and how far down the scores look."""
_CLOSED = 0.5
"""Of ``eyeBlink``, past which nothing is seen of where the eyes look."""
_REST = 25.0
"""Percentile of a score that is taken for a face at rest."""
_EYES_HIGH, _BROWS_HIGH = 0.5, 0.3
"""Scores that are never taken for eyes, or brows, at rest."""
_ALIKE = 0.5
"""Difference of both eyes' ``eyeBlink`` up to which both are shut alike: winks are rare, doubtful scores are not."""
_JAW, _PARTED = 0.25, 1.5
"""What the score for ``jawOpen`` counts for beside the parted lips, and the jaw's shape per distance of the eyes that
lips are parted: 1.0 to 1.7 fits the scores of real people whose mouths are open, 1.3 to 3 rendered faces."""
_QUICK = ("eyeBlinkLeft", "eyeBlinkRight")
"""Shapes left as they are: a blink may last three frames."""
_MOUTH = ("jawOpen", "mouthClose")
_SQUINTS = ("eyeSquintLeft", "eyeSquintRight")
_BROWS = ("browInnerUp", "browOuterUpLeft", "browOuterUpRight")


def to_motion(person: Person, placed: Placed) -> Motion:
    """Motion at 25 fps, (T, 67), of somebody who was seen.

    Where the face was not seen, or a still picture of it, the motion passes from what was seen before to what was seen
    after, and holds the first and the last.

    The scores are MediaPipe's, but for the eight ``eyeLook`` shapes, which follow from the eyes' rotations, for blinks,
    see `lids`, for narrowed eyes and raised brows, see `from_rest`, and for the jaw, see `jaw`.

    Args:
        person: What was seen.
        placed: The head at the frames in which the face was seen.
    """
    where = np.flatnonzero(person.seen)
    frames = np.arange(len(person.seen))
    scores = person.values[where][:, SCORES].copy()
    scores[:, ARKIT.indices(_QUICK)] = lids(scores[:, ARKIT.indices(_QUICK)])
    for names, high in ((_SQUINTS, _EYES_HIGH), (_BROWS, _BROWS_HIGH)):
        scores[:, ARKIT.indices(names)] = from_rest(scores[:, ARKIT.indices(names)], high)
    scores[:, ARKIT.indices(_MOUTH)] = jaw(scores[:, ARKIT.indices(_MOUTH)], person.values[where][:, PARTED])
    open_eyes = scores[:, ARKIT.indices(_QUICK)].mean(1) < _CLOSED
    looking = where[open_eyes] if open_eyes.any() else where
    eye = eye_rotation(scores, person.values[where][:, IRISES])[np.isin(where, looking)]
    values = np.zeros((len(frames), ARKIT.dim), np.float32)
    values[:, ARKIT.indices("expression")] = _between(scores, where, frames)
    values[:, ARKIT.indices("translation")] = _between(placed.translation, where, frames)
    for name, rotations in (("neck", placed.neck), ("head", placed.head)):
        values[:, ARKIT.indices(name)] = slerp(rotations, where, frames)
    values[:, ARKIT.indices("eyes")] = np.tile(slerp(eye, looking, frames), 2)
    motion = _smooth(Motion(values, FPS, ARKIT))
    left, right = motion["eyes"][:, :3], motion["eyes"][:, 3:]
    return motion.with_columns(LOOK_SHAPES, eye_look_shapes(left, right))


def to_track(person: Person) -> Track:
    """The track ``face``, with `COLUMNS`: valid where the living face was seen, ``still`` where a picture of it was."""
    return Track(np.column_stack([person.values[:, QUALITY], person.still]), FPS, COLUMNS, person.seen)


def lids(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    """How far each eye is shut, (N, 2) in 0 to 1: alike unless they differ much.

    Args:
        scores: (N, 2) ``eyeBlink`` of MediaPipe.
    """
    shut = from_rest(scores, _EYES_HIGH)
    apart = shut[:, :1] - shut[:, 1:]
    wink = np.sign(apart) * (np.abs(apart) - _ALIKE).clip(0) / (1 - _ALIKE)
    each: NDArray[np.float32] = (shut.mean(1, keepdims=True) + wink * (0.5, -0.5)).clip(0, 1).astype(np.float32)
    return each


def from_rest(scores: NDArray[np.float32], high: float) -> NDArray[np.float32]:
    """Scores (N, K) as differences from the face at rest, which is not the same for everybody.

    The lower quartile over time is subtracted: of people with open eyes and faces at rest it was found at 0.00 to 0.34
    for ``eyeBlink``, 0.02 to 0.49 for ``eyeSquint``, 0.00 to 0.7 for raised brows, depending on the build of the face,
    glasses and how the head is turned. Without this, whoever has narrow eyes would be shown with eyes shut.

    Args:
        scores: (N, K) of MediaPipe, 0 to 1.
        high: What is never taken for rest: whoever smiles or wonders all the time does.
    """
    rest = np.minimum(np.percentile(scores, _REST, axis=0), high)
    scaled: NDArray[np.float32] = ((scores - rest) / (1 - rest)).clip(0, 1).astype(np.float32)
    return scaled


def jaw(scores: NDArray[np.float32], parted: NDArray[np.float32]) -> NDArray[np.float32]:
    """``jawOpen`` and ``mouthClose`` (N, 2), from their scores and from how far the lips are parted.

    MediaPipe's score misses mouths that are a little open, and those of bearded people who look down altogether;
    the landmarks of the lips do not. Lips are never closed further than the jaw is open.

    Args:
        scores: (N, 2) of MediaPipe.
        parted: (N,) as in `pose.Pose`.
    """
    opened = (_JAW * scores[:, 0] + (1 - _JAW) * _PARTED * parted).clip(0, 1)
    return np.stack([opened, np.minimum(scores[:, 1], opened)], 1).astype(np.float32)


def eye_rotation(scores: NDArray[np.float32], irises: NDArray[np.float32]) -> NDArray[np.float64]:
    """Rotation vectors (N, 3) of the eyes, the same for both: one number for two eyes is steadier.

    Sideways, the irises tell; up and down, where lids cover them, the mean of irises and ``eyeLook`` scores. The
    numbers lie between what fits rendered faces of known gaze and what fits real people who look into the camera; with
    `_LOOK_DOWN` and `_IRIS_REST` both kinds look, on average, where they should.

    Args:
        scores: (N, 52) of MediaPipe.
        irises: (N, 2) as in `pose.Pose`.
    """
    looks = {name: scores[:, ARKIT.index(name)].astype(np.float64) for name in LOOK_SHAPES}
    down = sum(looks[f"eyeLookDown{side}"] * FULL_LOOK["down"] for side in ("Left", "Right")) / 2
    up = sum(looks[f"eyeLookUp{side}"] * FULL_LOOK["up"] for side in ("Left", "Right")) / 2
    pitch = (down - up - _LOOK_DOWN + _IRIS_PITCH * (_IRIS_REST - irises[:, 1])) / 2
    return np.stack([pitch, _IRIS_YAW * irises[:, 0], np.zeros(len(scores))], 1)


def _smooth(motion: Motion) -> Motion:
    shapes = savitzky_golay(motion, _SHAPE_WINDOW)["expression"].clip(0, 1)
    result = savitzky_golay(motion, _POSE_WINDOW).with_columns("expression", shapes)
    return result.with_columns(_QUICK, motion[_QUICK])


def _between(values: NDArray[np.floating], where: NDArray[np.intp], frames: NDArray[np.intp]) -> NDArray[np.float64]:
    return np.stack([np.interp(frames, where, column) for column in values.T], 1)
