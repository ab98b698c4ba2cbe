"""What a face and a head visibly do, measured on motion: the degree to which each of a fixed list of facts holds.

A strength is 0 where nothing is to be seen, 0.5 where anybody sees it, 1 where it is as strong as it gets. Facts are
shapes (a smile, brows drawn together), movements (nods, a tilted head), looks (eyes elsewhere) and readings, which are
what people call certain facts together: raised inner brows with the mouth's corners down are sad (Ekman and Friesen
1978, Facial Action Coding System; Ekman 1992, An argument for basic emotions); `readings` has their rules.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d
from scipy.signal import butter, sosfiltfilt

from visavis.errors import InputError
from visavis.models.retrieval.readings import READINGS, read
from visavis.motion import ARKIT, Motion
from visavis.motion.events import blinks, nods, shakes
from visavis.motion.resampling import resample
from visavis.motion.rotations import compose, rotvec_to_matrix

Array = NDArray[np.float64]

FPS = 25.0
"""Frames per second at which facts are measured."""
PRESENT = 0.25
"""From this strength on, a fact is worth saying."""
_LAUGHTER = butter(2, (3.0, 7.0), "bandpass", fs=FPS, output="sos")
PEAK = 1.0
"""Seconds of the strongest moments that decide how strong a shape is."""

SHAPES: dict[str, tuple[float, float, float]] = {
    "smile": (0.12, 0.35, 0.75),
    "one-sided smile": (0.13, 0.26, 0.45),
    "open smile": (0.1, 0.3, 0.55),
    "cheeks raised": (0.12, 0.35, 0.7),
    "eyes narrowed": (0.15, 0.4, 0.75),
    "lids low": (0.2, 0.4, 0.65),
    "eyes closed": (0.6, 0.85, 1.0),
    "eyes wide": (0.12, 0.3, 0.6),
    "brows raised": (0.15, 0.35, 0.7),
    "inner brows raised": (0.12, 0.3, 0.6),
    "one brow raised": (0.15, 0.3, 0.55),
    "brows drawn together": (0.15, 0.35, 0.7),
    "lips pressed": (0.12, 0.3, 0.6),
    "lips pursed": (0.25, 0.5, 0.8),
    "corners down": (0.1, 0.25, 0.55),
    "chin raised": (0.15, 0.35, 0.65),
    "mouth open": (0.15, 0.35, 0.6),
    "lips stretched": (0.15, 0.35, 0.65),
    "nose wrinkled": (0.12, 0.3, 0.6),
    "upper lip raised": (0.2, 0.38, 0.65),
    "cheeks puffed": (0.15, 0.4, 0.75),
}
"""Level of each shape (0-1, of ARKit's coefficients) at which its strength is 0, 0.5 and 1."""

MOVES: dict[str, tuple[float, float, float]] = {
    "laugh": (0.35, 0.75, 1.2),
    "nod": (0.2, 1.2, 4.0),
    "slow nod": (0.2, 1.2, 4.0),
    "quick nod": (0.2, 1.2, 4.0),
    "head shake": (0.2, 1.0, 3.0),
    "head tilted": (5.0, 10.0, 18.0),
    "head down": (7.0, 15.0, 26.0),
    "head up": (5.0, 11.0, 20.0),
    "head turned": (12.0, 24.0, 42.0),
    "eyes on the speaker": (0.45, 0.75, 0.97),
    "looks away": (0.12, 0.45, 0.85),
    "eyes down": (0.1, 0.4, 0.8),
    "eyes up": (0.08, 0.3, 0.6),
    "blinks often": (28.0, 45.0, 75.0),
    "still": (-9.0, -4.5, -1.8),
    "lively": (7.0, 13.0, 26.0),
}
"""The same of movements: seconds of nods and shakes, degrees of the head, shares of the time of looks, blinks a
minute, and the mean speed of the head in degrees per second (negative where less is more)."""

SLOW, QUICK = 1.9, 2.6
"""Cycles per second below which a nod is slow, and above which it is quick."""
_SHAPES = 52
"""ARKit's shapes come first among the columns."""

FACTS: tuple[str, ...] = (*SHAPES, *MOVES, *READINGS)
"""All facts, in the order of `Facts.vector`."""


@dataclass(frozen=True)
class Facts:
    """What a stretch of motion shows.

    Attributes:
        strengths: By fact, 0 to 1; all of `FACTS`.
        shares: By shape, the share of the time in which it is at least half as strong as at its strongest.
    """

    strengths: Mapping[str, float]
    shares: Mapping[str, float]

    def __getitem__(self, name: str) -> float:
        return self.strengths[name]

    @property
    def vector(self) -> Array:
        """Strengths (F,), in the order of `FACTS`."""
        return np.array([self.strengths[name] for name in FACTS])

    @property
    def shown(self) -> tuple[str, ...]:
        """Those worth saying, the strongest first."""
        return tuple(sorted((f for f in FACTS if self[f] >= PRESENT), key=lambda f: -self[f]))


def measure(motion: Motion) -> Facts:
    """How far each fact holds over a whole motion.

    Where the speaker is, motion does not say; `resting_gaze` guesses it.

    Args:
        motion: `arkit` or a space with its columns, at least 3 frames; any frame rate.

    Raises:
        InputError: The space has not the columns, or the motion is too short.
    """
    return measure_parts(motion, 0)[0]


def measure_parts(motion: Motion, parts: int) -> list[Facts]:
    """Facts of a whole motion, then of each of so many equal parts in time.

    Args:
        motion: As for `measure`, at least 3 frames in each part.
        parts: How many.

    Raises:
        InputError: The space has not the columns, or the motion is too short.
    """
    moving = at_own_rate(motion, max(parts, 1))
    rest = resting_gaze(moving)
    edges = np.round(np.linspace(0, len(moving), parts + 1)).astype(int)
    pieces = [moving, *(moving.slice(a, b) for a, b in pairwise(edges) if parts)]
    return [_facts(piece, rest) for piece in pieces]


def at_own_rate(motion: Motion, parts: int = 1) -> Motion:
    """ARKit's columns of a motion at `FPS`.

    Raises:
        InputError: There are not all of them, or fewer than 3 frames for each part.
    """
    missing = [name for name in ARKIT.names if name not in motion.space.names]
    if missing:
        raise InputError(
            f"motion of space {motion.space.name!r} has no {missing[0]!r}; faces are read from the columns of 'arkit'"
        )
    if motion.space.columns != ARKIT.columns:
        motion = Motion(motion[ARKIT.names], motion.fps, ARKIT)
    motion = resample(motion, FPS)
    if len(motion) < 3 * parts:
        raise InputError(f"a clip of {motion.duration:.2f} s is too short; at least {3 * parts / FPS:.2f} s are needed")
    return motion


def _facts(motion: Motion, rest: Array) -> Facts:
    shapes = _shapes(motion)
    strengths = {name: _scaled(_peak(signal), SHAPES[name]) for name, signal in shapes.items()}
    strengths |= {name: _scaled(value, MOVES[name]) for name, value in _moves(motion, shapes, rest).items()}
    strengths |= read(strengths, tuple(SHAPES))
    shares = {name: float(np.mean(signal > 0.5 * max(_peak(signal), 1e-3))) for name, signal in shapes.items()}
    return Facts({name: strengths[name] for name in FACTS}, shares)


def _scaled(value: float, at: tuple[float, float, float]) -> float:
    return float(np.interp(value, at, (0.0, 0.5, 1.0)))


def _peak(signal: Array) -> float:
    """Mean over the strongest second, or the strongest 40% of less."""
    count = max(1, min(round(PEAK * FPS), round(0.4 * len(signal))))
    return float(np.sort(signal)[-count:].mean())


def _shapes(motion: Motion) -> dict[str, Array]:
    """Signals (T,) of the shapes, without what is too quick to be an expression."""
    smooth = gaussian_filter1d(motion.values[:, :_SHAPES].astype(np.float64), 0.12 * FPS, axis=0)

    def one(name: str) -> Array:
        shape: Array = smooth[:, ARKIT.index(name)]
        return shape

    def sides(name: str) -> tuple[Array, Array]:
        return one(f"{name}Left"), one(f"{name}Right")

    def both(name: str) -> Array:
        left, right = sides(name)
        return (left + right) / 2

    def apart(name: str) -> Array:
        left, right = sides(name)
        return abs(left - right)

    smile, lids, jaw, upper = both("mouthSmile"), both("eyeBlink"), one("jawOpen"), both("mouthUpperUp")
    inner, outer, down = one("browInnerUp"), both("browOuterUp"), both("browDown")
    level = np.minimum(*sides("browOuterUp"))
    # Blinks are no low lids: what lasts less than about a third of a second is taken off.
    held = gaussian_filter1d(_opened(lids, round(0.36 * FPS)), 2.0)
    pressed = np.maximum(both("mouthPress"), 0.8 * (one("mouthRollLower") + one("mouthRollUpper")) / 2)
    return {
        "smile": smile,
        "one-sided smile": apart("mouthSmile") + 0.5 * apart("mouthDimple"),
        "open smile": np.minimum(smile, 1.2 * np.maximum(upper, jaw)),
        "cheeks raised": both("cheekSquint"),
        "eyes narrowed": both("eyeSquint") * np.clip(1 - held, 0, 1),
        "lids low": np.where(held > 0.75, 0.0, held),
        "eyes closed": held,
        "eyes wide": both("eyeWide"),
        "brows raised": np.minimum(level, 1.5 * np.maximum(inner, 0.6 * level)),
        "inner brows raised": np.clip(inner - 0.8 * outer, 0, 1),
        "one brow raised": apart("browOuterUp"),
        "brows drawn together": down,
        "lips pressed": pressed,
        "lips pursed": one("mouthPucker"),
        "corners down": np.clip(both("mouthFrown") - 0.5 * smile, 0, 1),
        "chin raised": one("mouthShrugLower"),
        "mouth open": np.clip(jaw - one("mouthClose"), 0, 1),
        "lips stretched": both("mouthStretch"),
        "nose wrinkled": both("noseSneer"),
        "upper lip raised": np.clip(upper - 0.5 * smile - 0.3 * jaw, 0, 1),
        "cheeks puffed": one("cheekPuff"),
    }


def _opened(signal: Array, frames: int) -> Array:
    """The signal without peaks that are narrower than `frames` (morphological opening)."""
    from scipy.ndimage import grey_opening

    opened: Array = grey_opening(signal, min(frames, len(signal)))
    return opened


@dataclass(frozen=True)
class GazeAngles:
    """Where head and eyes point, (T, 2) in degrees of yaw (to the person's left) and pitch (downwards).

    Attributes:
        gaze: Of both eyes, relative to the torso.
        nose: Of the head, relative to the torso.
        eyes: Of both eyes, relative to the head.
        roll: Of the head (T,).
    """

    gaze: Array
    nose: Array
    eyes: Array
    roll: Array


def gaze_angles(motion: Motion) -> GazeAngles:
    """Where head and eyes of `arkit` motion point."""
    head = rotvec_to_matrix(compose(motion["neck"], motion["head"]))
    sides = [rotvec_to_matrix(motion[[f"{eye}Eye.{a}" for a in "xyz"]])[..., 2] for eye in ("left", "right")]
    eyes = sides[0] + sides[1]
    gaze = np.einsum("tij,tj->ti", head, eyes)
    roll = np.degrees(np.arctan2(head[:, 1, 0], head[:, 1, 1]))
    return GazeAngles(_angles(gaze), _angles(head[:, :, 2]), _angles(eyes), roll)


def resting_gaze(motion: Motion) -> Array:
    """Where the speaker probably is: yaw and pitch (2,) in degrees, relative to the torso.

    There the eyes rest most while they look straight out of the head, at most 40 degrees above, 12 below and 40 to
    the side of straight ahead. Who looks at the lap all the time is taken to look down, but who looks aside all the
    time, with head and eyes, is taken to face a speaker there.

    Args:
        motion: `arkit`.
    """
    look = gaze_angles(motion)
    weight = np.exp(-np.sum((look.eyes / 14) ** 2, axis=1)) + 1e-3
    step = max(1, len(motion) // 60)
    near = np.exp(-np.sum((look.gaze[:, None] - look.gaze[None, ::step]) ** 2, axis=-1) / (2 * 6.0**2))
    densest = look.gaze[(near @ weight[::step] * weight).argmax()]
    gaze: Array = np.clip(densest, (-40.0, -40.0), (40.0, 12.0))
    return gaze


def head_gestures(motion: Motion, nose: Array) -> dict[str, Array]:
    """When the head nods and shakes: seconds (N, 2) from and to, by fact.

    Args:
        motion: `arkit` at `FPS`.
        nose: Of its `looks`.
    """
    nodding = nods(motion)
    speeds = _cycles(nose[:, 1], nodding)
    return {
        "nod": nodding,
        "slow nod": nodding[speeds < SLOW],
        "quick nod": nodding[speeds > QUICK],
        "head shake": shakes(motion),
    }


def _moves(motion: Motion, shapes: Mapping[str, Array], rest: Array) -> dict[str, float]:
    look = gaze_angles(motion)
    gaze, nose = look.gaze, look.nose
    seen = gaussian_filter1d(gaze - rest, 1.5, axis=0)
    posed = gaussian_filter1d(nose - rest, 0.2 * FPS, axis=0)
    roll = gaussian_filter1d(look.roll, 0.2 * FPS)
    off = np.hypot(*seen.T)
    gestures = {name: float(np.diff(found, axis=1).sum()) for name, found in head_gestures(motion, nose).items()}
    minutes = max(motion.duration, 4.0) / 60
    return {
        "laugh": _peak(_laughing(motion, shapes)),
        **gestures,
        "head tilted": _peak(abs(roll)),
        "head down": _lasting(posed[:, 1]),
        "head up": _lasting(-posed[:, 1]),
        "head turned": _lasting(abs(posed[:, 0])),
        "eyes on the speaker": float(np.mean(off < 11)),
        "looks away": float(np.mean(off > 14)),
        "eyes down": float(np.mean(seen[:, 1] > 12)),
        "eyes up": float(np.mean(seen[:, 1] < -10)),
        "blinks often": len(blinks(motion)) / minutes,
        "still": -float(_speed(nose, roll).mean()),
        "lively": float(_speed(nose, roll).mean()),
    }


def _angles(directions: Array) -> Array:
    """Yaw (to the person's left) and pitch (downwards) of directions (T, 3), degrees (T, 2)."""
    x, y, z = directions.T
    angles: Array = np.degrees(np.stack([np.arctan2(x, z), np.arctan2(-y, np.hypot(x, z))], 1))
    return angles


def _lasting(angle: Array) -> float:
    """An angle that is kept for a quarter of the time."""
    return float(np.quantile(angle, 0.75))


def _speed(nose: Array, roll: Array) -> Array:
    """How fast the head turns (T,), degrees per second."""
    speed: Array = np.linalg.norm(np.gradient(gaussian_filter1d(np.c_[nose, roll], 1.5, axis=0), axis=0), axis=1) * FPS
    return speed


def _cycles(pitch: Array, intervals: Array) -> Array:
    """Down-and-up cycles per second (N,) within intervals."""
    found = []
    for start, stop in intervals:
        part = np.gradient(gaussian_filter1d(pitch[int(start * FPS) : int(np.ceil(stop * FPS))], 1.0))
        turns = np.count_nonzero(np.diff(np.sign(part)))
        found.append(turns / 2 / max(stop - start - 0.24, 0.2))  # the intervals have a margin of 0.12 s
    return np.array(found)


def _laughing(motion: Motion, shapes: Mapping[str, Array]) -> Array:
    """A smile with a mouth that opens, and the more so where jaw or head shake at 3 to 7 Hz (T,)."""
    open_mouth = np.minimum(shapes["smile"] / 0.5, shapes["mouth open"] / 0.2)
    if len(motion) < 2 * FPS:
        return 0.6 * open_mouth
    shaking = gaussian_filter1d(abs(sosfiltfilt(_LAUGHTER, motion["jawOpen"].astype(np.float64))), 0.3 * FPS)
    laughing: Array = open_mouth * np.clip(0.45 + shaking / 0.03, 0, 1.1)
    return laughing
