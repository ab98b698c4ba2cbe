"""Clips for training the motion-text encoder: simulated listeners, varied beyond their usual behaviour.

Many clips are reactions as simulated; others mix two reactions, or put muscles together in combinations that no
emotion has, or are cut from simulated conversations. What a clip shows is measured on the finished motion, so
captions hold whatever it was made from.
"""

from __future__ import annotations

import sys
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from itertools import pairwise
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from visavis.behavior.curves import FPS, add_bump
from visavis.models.retrieval.facts import FACTS, Facts, measure_parts
from visavis.models.retrieval.features import features
from visavis.motion import ARKIT, Motion
from visavis.motion.resampling import at_frames
from visavis.motion.rotations import compose
from visavis.reading import read_arrays
from visavis.reporter import Update
from visavis.simulation.dyads.simulator import simulate
from visavis.simulation.reactions.expressions import expressions
from visavis.simulation.reactions.listener import draw_reaction

LENGTHS = (50, 75, 100, 150, 200, 300, 400)
"""Frames that clips may have: 2 to 16 s."""
SHARES = {"reaction": 0.4, "mixture": 0.18, "muscles": 0.38, "conversation": 0.04}
"""What clips are made from."""
SHARD = 250
"""Clips per file."""
VERSION = 5
"""Raised whenever the same seed gives other clips, features or facts: those kept by earlier code are then not taken."""

_MUSCLES: tuple[tuple[str, ...], ...] = (
    ("mouthSmileLeft", "mouthSmileRight"), ("mouthSmileLeft", "mouthDimpleLeft"), ("mouthSmileRight",),
    ("mouthSmileLeft", "mouthSmileRight", "cheekSquintLeft", "cheekSquintRight", "eyeSquintLeft", "eyeSquintRight"),
    ("mouthSmileLeft", "mouthSmileRight", "mouthUpperUpLeft", "mouthUpperUpRight", "jawOpen"),
    ("browInnerUp",), ("browInnerUp", "browOuterUpLeft", "browOuterUpRight"), ("browOuterUpLeft",),
    ("browOuterUpRight",), ("browDownLeft", "browDownRight"), ("eyeWideLeft", "eyeWideRight"),
    ("eyeSquintLeft", "eyeSquintRight"), ("eyeBlinkLeft", "eyeBlinkRight"), ("jawOpen",), ("mouthPucker",),
    ("mouthPucker", "mouthFunnel"),
    ("mouthPressLeft", "mouthPressRight"), ("mouthRollLower", "mouthRollUpper"),
    ("mouthFrownLeft", "mouthFrownRight"), ("mouthFrownLeft", "mouthFrownRight", "mouthShrugLower"),
    ("mouthShrugLower",), ("mouthStretchLeft", "mouthStretchRight"), ("noseSneerLeft", "noseSneerRight"),
    ("noseSneerLeft", "noseSneerRight", "mouthUpperUpLeft", "mouthUpperUpRight"),
    ("mouthUpperUpLeft", "mouthUpperUpRight"), ("cheekPuff",),
)  # fmt: skip
"""Shapes that move together."""
_LOOKS = ARKIT.indices([n for n in ARKIT.names[:52] if n.startswith(("eyeLook", "eyeBlink"))])
_FACE = np.setdiff1d(np.arange(52), _LOOKS)


@dataclass
class ClipSet:
    """Clips and what they show.

    Attributes:
        rows: Features (T, F) of each clip, float16.
        facts: Facts (1 + P) of each clip: of the whole, then of its parts.
        kinds: What each was made from.
    """

    rows: list[NDArray[np.float16]]
    facts: list[list[Facts]]
    kinds: list[str]

    def __len__(self) -> int:
        return len(self.rows)


def draw_clip(seed: tuple[int, ...], kind: str | None = None, frames: int | None = None) -> tuple[Motion, str]:
    """One clip.

    Args:
        seed: Decides everything.
        kind: One of `SHARES`; drawn unless given.
        frames: At 25 per second; drawn unless given.
    """
    rng = np.random.default_rng(seed)
    kind = kind or str(rng.choice(list(SHARES), p=list(SHARES.values())))
    frames = frames or int(rng.choice(LENGTHS, p=(0.1, 0.1, 0.15, 0.15, 0.25, 0.1, 0.15)))
    if kind == "conversation":
        talk = simulate(int(rng.integers(2**31)), frames / FPS + 4.0)
        whole = talk.participants[int(rng.integers(2))].motion
        assert whole is not None
        start = int(rng.integers(0, len(whole) - frames + 1))
        return _recorded(whole.slice(start, start + frames), rng), kind
    names = list(expressions())
    motion = _speeded(rng, str(rng.choice(names)), frames) if kind != "muscles" else _resting(rng, frames)
    if kind == "mixture":
        other = _speeded(rng, str(rng.choice(names)), frames)
        motion = _over(motion, other.values[:, :52] * rng.uniform(0.3, 1.0))
    if kind == "muscles" or rng.random() < 0.15:
        motion = _moved(motion, rng)
    return _recorded(motion, rng), kind


def make_clips(
    folder: Path, count: int, seed: int, parts: int, *, workers: int = 1,
    update: Update = lambda _share: None,
) -> ClipSet:  # fmt: skip
    """Clips from seeds, kept in a folder and taken from there the next time.

    Args:
        folder: Where to keep them.
        count: How many.
        seed: Decides them.
        parts: P, of which facts are measured besides those of the whole.
        workers: Processes that make them.
        update: Takes the share done.
    """
    folder.mkdir(parents=True, exist_ok=True)
    tasks = [
        (folder / f"clips-v{VERSION}-{seed}-{parts}-{start}-{stop}.npz", seed, start, stop, parts)
        for start, stop in pairwise([*range(0, count, SHARD), count])
    ]
    missing = [task for task in tasks if not task[0].is_file()]
    done = len(tasks) - len(missing)
    if workers > 1 and len(missing) > 1:
        with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
            for made in as_completed([pool.submit(_make, *task) for task in missing]):
                made.result()
                done += 1
                update(done / len(tasks))
    else:
        for task in missing:
            _make(*task)
            done += 1
            update(done / len(tasks))
    clips = ClipSet([], [], [])
    for path, *_ in tasks:
        _read(path, clips)
    return clips


def clip_set(motions: list[tuple[Motion, str]], parts: int) -> ClipSet:
    """Features and facts of motions, kept nowhere."""
    rows = [features(motion, parts).astype(np.float16) for motion, _ in motions]
    return ClipSet(rows, [measure_parts(motion, parts) for motion, _ in motions], [kind for _, kind in motions])


def _make(path: Path, seed: int, start: int, stop: int, parts: int) -> None:
    clips = clip_set([draw_clip((seed, i)) for i in range(start, stop)], parts)
    shapes = list(clips.facts[0][0].shares)
    working = path.with_suffix(".tmp.npz")
    np.savez(
        working,
        rows=np.concatenate(clips.rows),
        lengths=[len(rows) for rows in clips.rows],
        facts=np.array([[facts.vector for facts in each] for each in clips.facts], np.float32),
        shares=np.array([[[f.shares[s] for s in shapes] for f in each] for each in clips.facts], np.float32),
        shapes=shapes,
        kinds=clips.kinds,
    )
    working.replace(path)


def _read(path: Path, into: ClipSet) -> None:
    stored = read_arrays(path, largest=sys.maxsize)
    into.rows += np.split(stored["rows"], np.cumsum(stored["lengths"])[:-1])
    shapes = [str(s) for s in stored["shapes"]]
    for strengths, shares in zip(stored["facts"], stored["shares"], strict=True):
        into.facts.append(
            [
                Facts(dict(zip(FACTS, s.tolist(), strict=True)), dict(zip(shapes, h.tolist(), strict=True)))
                for s, h in zip(strengths, shares, strict=True)
            ]
        )
    into.kinds += [str(kind) for kind in stored["kinds"]]


def _speeded(rng: np.random.Generator, name: str, frames: int) -> Motion:
    """A reaction somewhat quicker or slower, stronger or weaker than drawn."""
    rate = float(np.exp(rng.normal(0.0, 0.12)))
    # The clip lies anywhere in a longer reaction, so that it may begin with the expression at its full.
    lead = int(rng.integers(0, 100)) if rng.random() < 0.6 else 0
    source = draw_reaction(rng, name, int(np.ceil((frames + lead) * rate)) + 2)
    motion = at_frames(source, (np.arange(frames, dtype=np.float64) + lead) * rate)
    gain = float(np.clip(np.exp(rng.normal(-0.1, 0.35)), 0.2, 1.4))
    values = motion.values.copy()
    values[:, _FACE] = np.clip(values[:, _FACE] * gain, 0, 1)
    return motion.with_columns(ARKIT.names, values)


def _resting(rng: np.random.Generator, frames: int) -> Motion:
    return draw_reaction(rng, "neutral" if rng.random() < 0.7 else str(rng.choice(list(expressions()))), frames)


def _over(motion: Motion, shapes: NDArray[np.float32]) -> Motion:
    """Shapes (T, 52) on top of those that a face has; eyes and blinks stay as they are."""
    values = motion.values.copy()
    values[:, _FACE] = 1 - (1 - values[:, _FACE]) * (1 - np.clip(shapes[:, _FACE], 0, 1))
    return motion.with_columns(ARKIT.names, values)


def _moved(motion: Motion, rng: np.random.Generator) -> Motion:
    """Up to four groups of muscles that come and go, and perhaps a head that is held elsewhere, or other eyes."""
    frames = len(motion)
    values = motion.values.astype(np.float64)
    seconds = frames / FPS

    def course(height: float) -> NDArray[np.float64]:
        curve = np.zeros(frames)
        start = rng.uniform(-0.5, 0.8) * seconds
        length = rng.uniform(0.3, 1.5) * seconds if rng.random() < 0.6 else rng.uniform(0.6, 2.5)
        add_bump(curve, height, start, start + max(0.5, length), rng.uniform(0.15, 0.8), rng.uniform(0.3, 1.0))
        return curve

    for group in rng.permutation(len(_MUSCLES))[: rng.integers(0, 5)]:
        curve = course(rng.uniform(0.15, 1.0))
        for name in _MUSCLES[group]:
            most = 0.6 if name.startswith("eyeBlink") and rng.random() < 0.6 else 1.0
            column = ARKIT.index(name)
            values[:, column] = 1 - (1 - values[:, column]) * (1 - np.clip(curve * rng.uniform(0.6, 1.0), 0, most))
    if rng.random() < 0.5:
        held = np.radians(rng.normal(0.0, (12.0, 16.0, 9.0)) * (rng.random(3) < 0.5))
        turn = course(1.0)[:, None] * held
        values[:, ARKIT.indices("head")] = compose(values[:, ARKIT.indices("head")], turn)
        if rng.random() < 0.6:  # the eyes stay where they were while the head moves
            for eye in ("leftEye", "rightEye"):
                where = ARKIT.indices([f"{eye}.{axis}" for axis in "xyz"])
                values[:, where] = compose(-turn, values[:, where])
    if rng.random() < 0.4:
        aside = course(1.0)[:, None] * np.radians([*rng.normal(0.0, (16.0, 18.0)), 0.0])
        for eye in ("leftEye", "rightEye"):
            where = ARKIT.indices([f"{eye}.{axis}" for axis in "xyz"])
            values[:, where] = compose(aside, values[:, where])
    if rng.random() < 0.35:
        values[:, ARKIT.index("head.x" if rng.random() < 0.65 else "head.y")] += _swings(rng, frames)
    return motion.with_columns(ARKIT.names, values)


def _swings(rng: np.random.Generator, frames: int) -> NDArray[np.float64]:
    """An angle (T,), radians, that swings a few times, as heads do that nod or shake."""
    times = np.arange(frames) / FPS
    angle = np.zeros(frames)
    for _ in range(int(rng.integers(1, 4))):
        hertz, cycles = rng.uniform(0.9, 3.6), int(rng.integers(1, 5))
        start = rng.uniform(0, max(0.2, frames / FPS - cycles / hertz))
        phase = np.clip((times - start) * hertz, 0, cycles)
        angle += np.radians(rng.uniform(3, 14)) * 0.5 * (1 - np.cos(2 * np.pi * phase)) * 0.9**phase
    return angle


def _recorded(motion: Motion, rng: np.random.Generator) -> Motion:
    """As a tracker might have seen it: a face that is never quite at rest, and jitter."""
    values = motion.values.astype(np.float64)
    frames = len(values)
    if rng.random() < 0.6:
        offset = np.clip(rng.normal(0.0, 0.03, len(_FACE)), 0, 0.1) * (rng.random(len(_FACE)) < 0.5)
        jitter = gaussian_filter1d(rng.standard_normal((frames, len(_FACE))), 0.7, axis=0) * rng.uniform(0, 0.02)
        values[:, _FACE] = np.clip(values[:, _FACE] + offset + jitter * (values[:, _FACE] > 0.02), 0, 1)
        head = ARKIT.indices("head")
        values[:, head] += gaussian_filter1d(rng.standard_normal((frames, 3)), 1.0, axis=0) * np.radians(0.25)
    return motion.with_columns(ARKIT.names, values)
