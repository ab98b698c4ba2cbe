"""People for tests: made-up tracklets, and videos put together from real faces or drawn with the built-in body."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation

from visavis.conversation import Conversation, Participant
from visavis.media import VideoWriter, open_video
from visavis.perception.faces.following import CHANGES, EYES, IRISES, QUALITY, ROTATION, WIDTH, Tracklet
from visavis.perception.faces.people import Person


def somebody(seed: int) -> np.ndarray:
    vector = np.random.default_rng(seed).standard_normal(128)
    return (vector / np.linalg.norm(vector)).astype(np.float32)


def tracklet(
    who: int, start: int, stop: int, x: float = 0.0, shot: int = 0, noise: float = 0.04, still: bool = False
) -> Tracklet:
    """Somebody at `x` pixels for some frames; `noise` 0.04 makes cosines of about 0.8 to the person's own."""
    rng = np.random.default_rng(1000 * who + start)
    looks = somebody(who) + noise * rng.standard_normal((2, 128)).astype(np.float32)
    looks /= np.linalg.norm(looks, axis=1, keepdims=True)
    values = np.zeros((stop - start, WIDTH), np.float32)
    values[:, QUALITY] = (x, 0, x + 100, 100, 50, 1, 1)
    values[:, CHANGES] = 0 if still else 0.2
    return Tracklet(shot, np.arange(start, stop), values, looks, np.ones(2, np.float32))


def seen_person(rotvecs: np.ndarray, eyes: np.ndarray, shots: np.ndarray | int = 0) -> Person:
    """A person seen in every frame with this head in the camera's frame."""
    values = np.zeros((len(rotvecs), WIDTH), np.float32)
    values[:, ROTATION], values[:, EYES] = rotvecs, eyes
    values[:, IRISES] = (0, 0.0265)
    values[:, QUALITY] = (0, 0, 100, 100, 50, 1, 1)
    always = np.ones(len(rotvecs), bool)
    return Person(always, np.broadcast_to(shots, len(rotvecs)).copy(), values, ~always)


def degrees_apart(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.degrees((Rotation.from_rotvec(a).inv() * Rotation.from_rotvec(b)).magnitude())


def filmed(path: Path) -> Conversation:
    video = open_video(path)
    return Conversation("x", (Participant("A"), Participant("B")), video.duration).with_video(video)


def collage(path: Path, shots: list[tuple[int, dict[int, np.ndarray]]], size=(640, 360), cell: int = 240) -> Path:
    """A video of shots: frames, and which clip (N, H, W, 3) is shown at which x; clips go on from shot to shot."""
    import cv2

    at = 0
    with VideoWriter(path, size, 25.0) as writer:
        for frames, places in shots:
            for i in range(frames):
                picture = np.full((size[1], size[0], 3), 40, np.uint8)
                for x, clip in places.items():
                    face = cv2.resize(clip[(at + i) % len(clip)], (cell, cell), interpolation=cv2.INTER_AREA)
                    left, right = max(x, 0), min(x + cell, size[0])
                    picture[30 : 30 + cell, left:right] = face[:, left - x : right - x]
                writer.write(picture)
            at += frames
    return path
