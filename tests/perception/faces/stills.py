"""Films of two faces side by side, each as living or as still as is asked for, through any codec."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import av
import cv2
import numpy as np

SIDE = 200
"""Pixels of each face's square."""
FPS = 25
Face = Callable[[int], np.ndarray]
"""The picture (SIDE, SIDE, 3) of a face at a frame."""


def film(path: Path, faces: Sequence[Face], seconds: float, codec: str = "libx264", **options: object) -> Path:
    """Writes the faces side by side, 40 pixels apart."""
    with av.open(str(path), "w") as out:
        given = {key: str(value) for key, value in options.items()}
        stream = out.add_stream(codec, rate=FPS, options=given)
        stream.width, stream.height = (SIDE + 40) * len(faces), SIDE + 80
        stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        for i in range(round(seconds * FPS)):
            picture = np.full((SIDE + 80, (SIDE + 40) * len(faces), 3), 70, np.uint8)
            for number, face in enumerate(faces):
                x = 20 + number * (SIDE + 40)
                picture[20 : 20 + SIDE, x : x + SIDE] = face(i)
            out.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        out.mux(stream.encode(None))
    return path


def living(clip: np.ndarray) -> Face:
    """A clip (N, H, W, 3) that is played to and fro."""
    small = [cv2.resize(picture, (SIDE, SIDE), interpolation=cv2.INTER_AREA) for picture in clip]
    order = [*range(len(small)), *range(len(small) - 2, 0, -1)]
    return lambda i: small[order[i % len(order)]]


def held(face: Face, at: int = 0) -> Face:
    """A photo: one picture of a face."""
    photo = face(at)
    return lambda _: photo


def zoomed(face: Face) -> Face:
    """As slide shows do it: slowly nearer and aside."""

    def show(i: int) -> np.ndarray:
        by = cv2.getRotationMatrix2D((SIDE / 2, SIDE / 2), 0, 1 + 0.0015 * i)
        by[:, 2] += (0.08 * i, -0.05 * i)
        return cv2.warpAffine(face(i), by, (SIDE, SIDE), borderMode=cv2.BORDER_REFLECT)

    return show


def filmed_by_hand(face: Face) -> Face:
    """A printed photo before a camera that is not quite steady."""

    def show(i: int) -> np.ndarray:
        by = cv2.getRotationMatrix2D((SIDE / 2, SIDE / 2), 2 * np.sin(i / 17), 1 + 0.02 * np.sin(i / 23))
        by[:, 2] += (3 * np.sin(i / 11), 2 * np.sin(i / 7))
        return noisy(lambda _: cv2.warpAffine(face(i), by, (SIDE, SIDE), borderMode=cv2.BORDER_REFLECT), 5)(i)

    return show


def noisy(face: Face, grains: float) -> Face:
    """With film grain, the same at the same frame every time, and light that flickers."""

    def show(i: int) -> np.ndarray:
        rng = np.random.default_rng(i)
        picture = face(i) * (1 + 0.04 * np.sin(1.7 * i)) + rng.normal(0, grains, (SIDE, SIDE, 1))
        return picture.clip(0, 255).astype(np.uint8)

    return show


def faded_in(face: Face, frames: int = 50) -> Face:
    return lambda i: (face(i) * min(1.0, (i + 1) / frames)).astype(np.uint8)


def renewed(face: Face, every: int) -> Face:
    """Thumbnails that are renewed now and then."""
    return lambda i: face(i // every * every)


def frozen(face: Face, start: float, stop: float) -> Face:
    """A call that shows one picture for some seconds."""
    first, last = round(start * FPS), round(stop * FPS)
    return lambda i: face(first if first <= i < last else i)


def followed_by(face: Face, other: Face, at: float) -> Face:
    return lambda i: face(i) if i < at * FPS else other(i)


def with_waveform(face: Face) -> Face:
    """Bars that dance below the chin, and words that change."""

    def show(i: int) -> np.ndarray:
        picture = face(i).copy()
        for x in range(0, SIDE, 6):
            height = 1 + round(7 * abs(np.sin(x / 9 + i / 2) * np.sin(i / 5 + x)))
            cv2.line(picture, (x, SIDE - 9 - height), (x, SIDE - 9 + height), (255, 255, 255), 3)
        cv2.putText(picture, f"word {i // 8}", (8, 14), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (255, 255, 0), 1)
        return picture

    return show
