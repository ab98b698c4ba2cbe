"""Images of listeners: faces cropped from a corpus's source videos."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from visavis.conversation import Track
from visavis.errors import InputError
from visavis.media.frames import Video, open_video
from visavis.models.retrieval.protocol import Pictures
from visavis.motion import Motion
from visavis.motion.mapping import project_to_space
from visavis.motion.spaces import ARKIT
from visavis.reading import files_in
from visavis.rendering.portrait import VERSION, Portraits

SIDE = 224
"""Pixels of a picture, square: what CLIP ViT-B/32 takes."""
_AROUND, _AROUND_STEADY = 1.5, 2.0
"""Side of a picture over the longer side of the face's box."""


class PictureSource(Protocol):
    """Where encoders that look at pictures get them.

    Attributes:
        kind: Tells apart pictures whose vectors should not be mixed.
    """

    kind: str

    def pictures(
        self, provenance: Mapping[str, Any], face: Motion | Track | None, start: float, motion: Motion
    ) -> Pictures | None:
        """The faces (N, 224, 224, 3) of a clip, made when asked for; None where there are none."""
        ...


class VideoSource:
    """The videos in a folder and below it, found by the names that conversations' provenance has.

    Args:
        folder: Where they lie.
        steady: Whether one square serves a whole clip, so that a moving picture shows how the head moves; otherwise
            each face is in the middle of its picture.

    Raises:
        InputError: There is no such folder.
    """

    kind = "videos"

    def __init__(self, folder: Path, *, steady: bool = False) -> None:
        if not folder.is_dir():
            raise InputError(f"{folder}: no such folder; pass the folder of the corpus's videos")
        self.folder, self.steady = folder, steady

    @cached_property
    def _paths(self) -> dict[str, Path]:
        return {path.name: path for path in reversed(files_in(self.folder, "**/*")) if path.is_file()}

    def pictures(
        self, provenance: Mapping[str, Any], face: Motion | Track | None, start: float, motion: Motion
    ) -> Pictures | None:
        """The faces (N, 224, 224, 3) of a clip, each decoded when asked for.

        Args:
            provenance: Of the conversation: ``file`` and ``start``, as curation leaves them, or ``video``.
            face: The track ``face``, whose first columns are the face's box in pixels.
            start: Seconds into the conversation at which the clip begins.
            motion: Of the clip, whose frames are counted.

        Returns:
            None where the video is not here, or the face was not found in it.
        """
        shown = provenance.get("video")
        name = provenance.get("file") or (shown.get("file") if isinstance(shown, Mapping) else None)
        path = self._paths.get(str(name))
        if path is None or not isinstance(face, Track) or not face.valid.any():
            return None
        offset = provenance.get("start", 0.0) if "file" in provenance else 0.0
        boxes, around = _boxes(face, start, motion), _AROUND
        if self.steady:
            boxes, around = np.broadcast_to(np.median(boxes, 0), boxes.shape), _AROUND_STEADY

        def look(frames: Sequence[int]) -> NDArray[np.uint8]:
            video = _open(path)
            found = []
            for frame in frames:
                at = float(offset) + start + frame / motion.fps
                (picture,) = video.frames(motion.fps, at, at + 1 / motion.fps)
                found.append(_face(picture, boxes[frame], around))
            return np.stack(found) if found else np.zeros((0, SIDE, SIDE, 3), np.uint8)

        return look


class RenderedFaces:
    """The neutral character, moved as the listener moves: for corpora whose videos are not at hand, or never were."""

    kind = f"drawn-{VERSION}"

    def pictures(
        self, provenance: Mapping[str, Any], face: Motion | Track | None, start: float, motion: Motion
    ) -> Pictures | None:
        """The frames of a clip; arguments as of `VideoSource.pictures`."""
        return drawn(_portraits, motion)


def drawn(portraits: Callable[[], Portraits], motion: Motion) -> Pictures:
    """The frames of a motion (N, H, W, 3), drawn when asked for.

    Args:
        portraits: Gives what draws `arkit`, which is opened no sooner than it is needed.
        motion: In `arkit` or `arkit-body`.
    """
    shown = project_to_space(motion, ARKIT)

    def look(frames: Sequence[int]) -> NDArray[np.uint8]:
        chosen = Motion(shown.values[list(frames)], shown.fps, shown.space)
        return np.stack(portraits().draw(chosen)) if len(chosen) else np.zeros((0, SIDE, SIDE, 3), np.uint8)

    return look


@lru_cache(maxsize=1)
def _portraits() -> Portraits:
    return Portraits(ARKIT, SIDE, close=True)


@lru_cache(maxsize=4)
def _open(path: Path) -> Video:
    return open_video(path)


def _boxes(face: Track, start: float, motion: Motion) -> NDArray[np.float32]:
    """(T, 4) boxes on the frames of a clip; where the face is lost, the nearest one in time."""
    seen = np.flatnonzero(face.valid)
    wanted = np.clip(np.round((start + np.arange(len(motion)) / motion.fps) * face.fps), 0, len(face) - 1)
    right = np.clip(np.searchsorted(seen, wanted), 0, len(seen) - 1)
    left = np.maximum(right - 1, 0)
    nearest = np.where(np.abs(seen[left] - wanted) <= np.abs(seen[right] - wanted), left, right)
    return face.values[seen[nearest], :4]


def _face(picture: NDArray[np.uint8], box: NDArray[np.float32], around: float) -> NDArray[np.uint8]:
    """A square about the box, black where it leaves the picture."""
    from PIL import Image

    half = around * float(max(box[2] - box[0], box[3] - box[1], 1.0)) / 2
    x, y = float(box[0] + box[2]) / 2, float(box[1] + box[3]) / 2
    square = (round(x - half), round(y - half), round(x + half), round(y + half))
    return np.asarray(Image.fromarray(picture).crop(square).resize((SIDE, SIDE), Image.Resampling.BILINEAR))
