"""What EMOCA writes about a video: one folder per frame, with the codes of the face in it.

    <folder>/<clip>/<model>/<frame>_<face>/exp.npy     (50,)
                                           pose.npy    (6,): global rotation 3, jaw 3

Frames are numbered from 1 (or from 0, if there is a frame 0); the first face of a frame counts.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from visavis.conversation import Track
from visavis.corpora.reading import load_array
from visavis.errors import InputError
from visavis.motion import EMOCA56, Motion

# Position in the release, position in our space: both have expression, global rotation and jaw in this order.
_FILES = {"exp.npy": 50, "pose.npy": 6}


def has_codes(folder: Path, clip: str) -> bool:
    """Whether there are codes of `clip`."""
    return (folder / clip).is_dir()


def read_codes(folder: Path, clip: str, fps: float, frames: int) -> tuple[Motion, Track]:
    """The motion of a clip and the track ``tracked``: valid where a face was found.

    Frames without a face are interpolated between their neighbours; at the ends the nearest one is held.

    Args:
        folder: Where the clips' folders are.
        clip: Name of the clip.
        fps: Frame rate of the video.
        frames: How many frames the video has; codes past that are left out.

    Raises:
        InputError: There are no codes, or those of a frame are mis-shaped.
    """
    first: dict[int, Path] = {}
    for path in sorted((folder / clip).glob("*/*/exp.npy")):
        number = path.parent.name.split("_")[0]
        if number.isdigit():
            first.setdefault(int(number), path.parent)
    if not first:
        raise InputError(f"{folder / clip}: holds no codes; run EMOCA on the clip with its codes saved")
    start = 0 if 0 in first else 1
    known = {number - start: place for number, place in first.items() if number - start < frames}
    if not known:
        raise InputError(f"{folder / clip}: all its frames are past the end of the video ({frames} frames)")
    codes = [_frame(place) for place in known.values()]
    return _filled(np.array(list(known)), np.stack(codes), fps, frames)


def _frame(place: Path) -> np.ndarray:
    return np.concatenate([load_array(place / name, (size,)) for name, size in _FILES.items()])


def _filled(known: np.ndarray, codes: np.ndarray, fps: float, frames: int) -> tuple[Motion, Track]:
    every = np.arange(frames)
    values = np.stack([np.interp(every, known, column) for column in codes.T], 1)
    found = np.isin(every, known)
    return Motion(values.astype(np.float32), fps, EMOCA56), Track(found.astype(np.float32), fps, ("tracked",), found)


def need_all(folder: Path, clips: Iterable[str]) -> None:
    """Raises InputError if there are no codes of one of the clips."""
    for clip in clips:
        if not has_codes(folder, clip):
            raise InputError(
                f"{folder / clip}: missing; {folder.name}/ must hold the codes of every clip, or not exist"
            )
