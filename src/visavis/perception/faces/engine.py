"""MediaPipe without its log output, and the canonical face of its landmarks."""

from __future__ import annotations

import os
import signal
import sys
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from threading import RLock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from visavis.assets import resolve
from visavis.errors import MissingExtraError

Array = NDArray[np.float64]

_DETECTOR = "face_detector.tflite"
_GEOMETRY = "geometry_pipeline_metadata_landmarks.binarypb"


def load(what: str = "face tracking") -> tuple[Any, Any]:
    """The modules ``mediapipe`` and ``cv2``.

    Raises:
        MissingExtraError: They are not installed.
    """
    _ignore_profiling()
    try:
        import cv2
        import mediapipe
    except ImportError as error:
        raise MissingExtraError(what, "perception") from error
    return mediapipe, cv2


def image(rgb: NDArray[np.uint8]) -> Any:
    """A picture (H, W, 3) as MediaPipe takes it."""
    mediapipe, _ = load()
    return mediapipe.Image(mediapipe.ImageFormat.SRGB, rgb)


def _ignore_profiling() -> None:
    """MediaPipe's library carries a profiler; a signal of it that comes late would end the program."""
    ours = threading.current_thread() is threading.main_thread()
    if ours and hasattr(signal, "SIGPROF") and signal.getsignal(signal.SIGPROF) == signal.SIG_DFL:
        signal.signal(signal.SIGPROF, signal.SIG_IGN)


_TERMINAL = RLock()


@contextmanager
def quietly() -> Iterator[None]:
    """Keeps off the terminal what MediaPipe logs from C++ when networks are opened and closed, past Python's stderr."""
    with _TERMINAL:  # of two threads at once the second would take silence for what to go back to
        sys.stderr.flush()
        kept = os.dup(2)
        try:
            with Path(os.devnull).open("w") as nowhere:
                os.dup2(nowhere.fileno(), 2)
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)


def detector_weights() -> bytes:
    """The face detector inside the landmarker's bundle."""
    with zipfile.ZipFile(resolve("face-landmarker")) as bundle:
        return bundle.read(_DETECTOR)


@dataclass(frozen=True)
class Canonical:
    """MediaPipe's canonical face, an average adult's.

    Attributes:
        points: (468, 3) metres, +X to the person's left, +Y up, +Z out of the face.
        rigid: (K,) the landmarks that move least with expressions.
        weights: (K,) what each counts for, summing to 1.
        eyes: (3,) midway between the corners of both eyes.
    """

    points: Array
    rigid: NDArray[np.intp]
    weights: Array
    eyes: Array


EYE_CORNERS = (33, 133, 362, 263)
"""Landmarks: outer and inner corner of the right eye, inner and outer corner of the left one."""
RIGHT_IRIS, LEFT_IRIS = 468, 473
"""Landmarks: the irises' centres."""
UPPER_LIP, LOWER_LIP = 13, 14
"""Landmarks: the middles of the lips' inner edges."""


@cache
def canonical_face() -> Canonical:
    """The canonical face, read from the landmarker's bundle.

    Source: MediaPipe's GeometryPipelineMetadata: field 1 is the mesh, whose field 3 holds five floats per vertex
        (position in centimetres, texture), field 2 the landmarks that the pose is fitted to (1: number, 2: weight).
        Its eyes' midpoints are 63 mm apart, the mean of adults (Dodgson 2004).
    """
    with zipfile.ZipFile(resolve("face-landmarker")) as bundle:
        fields = list(_fields(bundle.read(_GEOMETRY)))
    (mesh,) = (value for number, value in fields if number == 1)
    floats = b"".join(value for number, value in _fields(mesh) if number == 3)
    points = np.frombuffer(floats, "<f4").reshape(-1, 5)[:, :3].astype(np.float64) / 100
    basis = [dict(_fields(value)) for number, value in fields if number == 2]
    weights = np.array([float(np.frombuffer(entry[2], "<f4")[0]) for entry in basis])
    rigid = np.array([entry.get(1, 0) for entry in basis], np.intp)
    return Canonical(points, rigid, weights / weights.sum(), points[list(EYE_CORNERS)].mean(0))


def _fields(message: bytes) -> Iterator[tuple[int, Any]]:
    """Number and raw value of each field of a protocol buffer message."""
    at = 0

    def number() -> int:
        nonlocal at
        value = shift = 0
        while True:
            byte = message[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while at < len(message):
        key = number()
        field, wire = key >> 3, key & 7
        if wire == 0:
            yield field, number()
        else:
            length = {1: 8, 2: -1, 5: 4}[wire]
            if length < 0:
                length = number()
            yield field, message[at : at + length]
            at += length
