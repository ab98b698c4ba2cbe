"""The parameter names of EMOCA, SMIRK, SPECTRE, OSX and SMPLer-X, mapped to our motion spaces.

============  ================================================================  =================
system        what is read                                                      space
============  ================================================================  =================
``emoca``     ``<frame>_<face>/exp.npy`` and ``pose.npy``, which                ``emoca56``
              ``test_emoca_on_video.py --save_codes True`` writes below
              ``results/<model>/`` (github.com/radekd91/emoca)
``smirk``     the encoder's outputs ``expression_params``, ``pose_params``      ``emoca56``
              and ``jaw_params`` (github.com/georgeretsi/smirk,
              ``src/smirk_encoder.py``)
``spectre``   the code dictionary's ``exp`` and ``pose``, after the demo has    ``emoca56``
              added DECA's (github.com/filby89/spectre, ``demo.py``)
``osx``       the network's ``smplx_body_pose``, ``smplx_lhand_pose`` and       ``smplx-upper117``
              ``smplx_rhand_pose``, or the ``params`` of the pickles that
              ``data/AGORA/AGORA.py`` writes (github.com/IDEA-Research/OSX)
``smpler-x``  ``smplx/<frame>_<person>.npz`` of ``main/inference.py``           ``smplx-upper117``
              (github.com/caizhongang/SMPLer-X)
============  ================================================================  =================

The demos of SMIRK and SPECTRE draw, and write no codes; their users save the dictionaries, for a clip or frame by
frame, in any form that `visavis.perception.imported.files` reads.

Faces: the global rotation is relative to the camera, with the face at rest looking into it, which is the house's frame.
Identity, texture, light, camera, SMIRK's eyelids and EMOCA's detail are not part of the space and left out. Bodies:
joints are relative to their parents; those of the hands are relative to SMPL-X's mean hand, as these networks and
VENUS have them. A detection's number is not a person: SMPLer-X counts the people of each frame anew, so let each file
or folder hold one person.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from visavis.conversation import Track
from visavis.errors import InputError
from visavis.motion import EMOCA56, SMPLX_UPPER117, Motion, MotionSpace
from visavis.perception.imported.files import Names, read_frames
from visavis.reading import LARGEST_ARRAYS

_JOINTS = (
    "left_hip", "right_hip", "spine1", "left_knee", "right_knee", "spine2", "left_ankle", "right_ankle", "spine3",
    "left_foot", "right_foot", "neck", "left_collar", "right_collar", "head", "left_shoulder", "right_shoulder",
    "left_elbow", "right_elbow", "left_wrist", "right_wrist",
)  # fmt: skip
"""SMPL-X's body pose, joint by joint, without the pelvis."""


def _upper_body() -> NDArray[np.intp]:
    """Where in a body pose the columns of `SMPLX_UPPER117`'s body joints are."""
    wanted = [SMPLX_UPPER117.names[i] for i in SMPLX_UPPER117.indices("body")]
    return np.array([3 * _JOINTS.index(name[:-2]) + "xyz".index(name[-1]) for name in wanted], np.intp)


@dataclass(frozen=True)
class System:
    """One system's results.

    Attributes:
        space: What they become.
        names: The parts read, in the order that `columns` counts.
        columns: For each column of the space, its place among the parts.
    """

    space: MotionSpace
    names: Names
    columns: NDArray[np.intp]


_CODES = {"expression": (("exp", "expcode"), 50), "pose": (("pose", "posecode"), 6)}
_SMIRK = {
    "expression": (("expression_params",), 50),
    "global rotation": (("pose_params",), 3),
    "jaw": (("jaw_params",), 3),
}
_SMPLX = {
    "body pose": (("body_pose", "smplx_body_pose"), 63),
    "right hand": (("right_hand_pose", "smplx_rhand_pose"), 45),
    "left hand": (("left_hand_pose", "smplx_lhand_pose"), 45),
}
_FACE = np.arange(EMOCA56.dim)
_BODY = np.concatenate([_upper_body(), np.arange(63, 63 + 90)])

SYSTEMS = {
    "emoca": System(EMOCA56, _CODES, _FACE),
    "smirk": System(EMOCA56, _SMIRK, _FACE),
    "spectre": System(EMOCA56, _CODES, _FACE),
    "osx": System(SMPLX_UPPER117, _SMPLX, _BODY),
    "smpler-x": System(SMPLX_UPPER117, _SMPLX, _BODY),
}


def read_result(
    system: str, path: Path | str, fps: float, frames: int | None = None, person: int | None = None
) -> tuple[Motion, Track]:
    """One person's motion as another system found it, and the track ``tracked``: valid where it found somebody.

    Frames without a result are interpolated between their neighbours; at the ends the nearest one is held.

    Args:
        system: One of `SYSTEMS`.
        path: What it wrote about one person, see `visavis.perception.imported.files`.
        fps: Frame rate of the video that it saw.
        frames: How many frames the video has, up to the last result unless given; results past that are left out.
        person: Which of a frame's people, where files are numbered by person; the first of each frame unless given.

    Raises:
        InputError: There is no such system, or the files do not fit.
    """
    if system not in SYSTEMS:
        raise InputError(f"results of {system!r} cannot be read; there are: {', '.join(SYSTEMS)}")
    chosen, path = SYSTEMS[system], Path(path)
    found = read_frames(path, chosen.names, person)
    count = max(found, default=-1) + 1 if frames is None else frames
    if 4 * count * chosen.space.dim > LARGEST_ARRAYS:
        raise InputError(
            f"{path}: {count:,} frames are more than are read at once; cut the video, or check its frame rate"
        )
    known = np.array([frame for frame in found if frame < count], np.intp)
    if not len(known):
        raise InputError(f"{path}: has no frame within the video ({count} frames)")
    codes = np.stack([found[frame] for frame in known.tolist()])[:, chosen.columns]
    every = np.arange(count)
    values = np.stack([np.interp(every, known, column) for column in codes.T], 1)
    tracked = np.isin(every, known)
    motion = Motion(values.astype(np.float32), fps, chosen.space)
    return motion, Track(tracked.astype(np.float32), fps, ("tracked",), tracked)
