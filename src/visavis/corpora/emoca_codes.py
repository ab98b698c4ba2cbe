"""EMOCA codes of a corpus's clips, each read by `visavis.perception.imported`.

<folder>/<clip>/<model>/<frame>_<face>/exp.npy     (50,)
                                       pose.npy    (6,): global rotation 3, jaw 3
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from visavis.conversation import Track
from visavis.errors import InputError
from visavis.motion import Motion
from visavis.perception.imported.systems import read_result
from visavis.reading import files_in


def has_codes(folder: Path, clip: str) -> bool:
    """Whether there are codes of `clip`."""
    return (folder / clip).is_dir()


def read_codes(folder: Path, clip: str, fps: float, frames: int) -> tuple[Motion, Track]:
    """The motion of a clip and the track ``tracked``; see `visavis.perception.imported.systems.read_result`.

    Args:
        folder: Where the clips' folders are.
        clip: Name of the clip.
        fps: Frame rate of the video.
        frames: How many frames the video has; codes past that are left out.

    Raises:
        InputError: There are no codes, or those of a frame are mis-shaped.
    """
    model = next((path.parent.parent for path in files_in(folder / clip, "*/*/exp.npy")), None)
    if model is None:
        raise InputError(f"{folder / clip}: contains no codes; run EMOCA on the clip and save its codes")
    return read_result("emoca", model, fps, frames)


def need_all(folder: Path, clips: Iterable[str]) -> None:
    """Raises InputError if there are no codes of one of the clips."""
    for clip in clips:
        if not has_codes(folder, clip):
            raise InputError(
                f"{folder / clip}: missing; {folder.name}/ must contain the codes of every clip, or not exist"
            )
