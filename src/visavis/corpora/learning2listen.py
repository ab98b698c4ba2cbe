"""Learning2Listen (Ng et al. 2022): windows of 64 frames in which one person speaks and the other listens.

    <host>/<split>/p0_list_faces_clean_deca.npy     (N, 64, 184): p0, on the left, listens
                   p1_speak_faces_clean_deca.npy    (N, 64, 184): p1 speaks meanwhile
                   p1_speak_audio_clean_deca.npy    (N, 256, 128): mel bands, four per frame
                   p1_speak_files_clean_deca.npy    (N, 64, 3): names of video, person and frame

and the same with p0 and p1 exchanged. Of the 184 columns, the first 50 are DECA's expression, then come global
rotation 3 and jaw 3 (the order of `EMOCA56`), then 128 of skin detail, which are not motion and left out.
The release has no sound; the mel bands become the speaker's track ``mel``. 30 frames per second.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from visavis.conversation import Conversation, Participant, Track
from visavis.corpora.reading import Recordings, load_array, need_folder, plain_id, provenance, speaks_all_along
from visavis.errors import InputError
from visavis.motion import EMOCA56, Motion
from visavis.reading import files_in

LICENCE = "research only, as the authors state at https://github.com/evonneng/learning2listen; videos are not included"
FPS = 30.0
WINDOW, COLUMNS = 64, 184
MEL_BANDS, MEL_PER_FRAME = 128, 4


def read(folder: Path) -> Recordings:
    """One conversation per window: A speaks, B listens; the session is the video.

    Args:
        folder: That of one host (with train/ and test/), or the one that holds the hosts'.

    Raises:
        InputError: There are no windows, an array is missing or mis-shaped, or lengths differ.
    """
    need_folder(folder, "the folders of the hosts (conan/, trevor/, ...), each with train/ and test/")
    found: Recordings = {}
    for path in sorted(
        {*files_in(folder, "*/p?_list_faces_clean_deca.npy"), *files_in(folder, "*/*/p?_list_faces_clean_deca.npy")}
    ):
        listener = int(path.name[1])
        found |= _windows(path.parent, listener)
    if not found:
        raise InputError(
            f"{folder}: contains no p0_list_faces_clean_deca.npy in HOST/train or HOST/test; unpack the data"
        )
    return found


def _windows(place: Path, listener: int) -> Recordings:
    speaker = 1 - listener
    listens = load_array(place / f"p{listener}_list_faces_clean_deca.npy", (None, WINDOW, COLUMNS), "f", mapped=True)
    count = len(listens)
    speaks, mel, files = (
        load_array(place / f"p{speaker}_speak_{name}_clean_deca.npy", (count, *shape), kinds, mapped=True)
        for name, shape, kinds in (
            ("faces", (WINDOW, COLUMNS), "f"),
            ("audio", (WINDOW * MEL_PER_FRAME, MEL_BANDS), "f"),
            ("files", (WINDOW, 3), "US"),
        )
    )
    host = place.parent.name
    return {
        id: partial(_window, id, speaks, listens, mel, files, i, host, place.name)
        for i in range(count)
        for id in [plain_id(f"{host}-{place.name}-p{listener}-{i:05d}")]
    }


def _window(
    id: str, speaks: NDArray[Any], listens: NDArray[Any], mel: NDArray[Any], files: NDArray[Any], i: int, host: str,
    split: str,
) -> Conversation:  # fmt: skip
    duration = WINDOW / FPS
    bands = Track(np.array(mel[i]), FPS * MEL_PER_FRAME, tuple(f"mel{b:03d}" for b in range(MEL_BANDS)))
    a, b = (
        Participant(letter, motion=_motion(faces[i]), speaking=speaks_all_along(duration, yes=letter == "A"))
        for letter, faces in (("A", speaks), ("B", listens))
    )
    video, _, frame = (_text(name) for name in files[i, 0])
    return Conversation(
        id=id,
        participants=(Participant(a.name, motion=a.motion, speaking=a.speaking, tracks={"mel": bands}), b),
        duration=duration,
        provenance=provenance("learning2listen", LICENCE, session=video, split=split, host=host, first_frame=frame),
    )


def _motion(faces: NDArray[Any]) -> Motion:
    return Motion(np.array(faces[:, : EMOCA56.dim]), FPS, EMOCA56)


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
