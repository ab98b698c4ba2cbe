"""Listeners' faces in face-recognition embeddings (RealTalk, section 5.2), computed once and cached in a file."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from visavis.errors import InputError, MissingExtraError
from visavis.evaluation.perceptual import looks
from visavis.files import atomic_write
from visavis.models.retrieval.keyframes import key_frames
from visavis.models.retrieval.pictures import VideoSource, drawn
from visavis.models.retrieval.protocol import Clip, Pictures
from visavis.motion import ARKIT
from visavis.reading import read_arrays
from visavis.rendering.portrait import VERSION, Portraits
from visavis.reporter import SILENT, Reporter
from visavis.workflows.benchmark.databank import Databank

if TYPE_CHECKING:
    from visavis.perception.faces.recognition import Network, Recognition

SIDE = 224
"""Pixels of the pictures in which faces are compared."""
KEY_FRAMES = 3
"""Of a listener whose face is compared."""
FILMED = "as filmed"
_CHUNK = 25

Array = NDArray[np.float32]


class Faces:
    """Mean vectors of clips' key frames in face spaces.

    On the neutral character nothing but expression and pose can differ. With the corpus's videos listeners are compared
    as filmed, too, as in the paper; who they are then counts as well.

    Attributes:
        names: Of the S spaces; those whose network is not at hand are left out, and a note says so.
    """

    def __init__(
        self, bank: Databank, folder: Path, *, videos: Path | None = None, reporter: Reporter = SILENT
    ) -> None:
        """Loads the networks.

        Args:
            bank: The clips.
            folder: Where vectors are kept.
            videos: Folder of the corpus's videos.
            reporter: Takes one note for each network that is not at hand, and shows progress.
        """
        self._bank, self._path, self._reporter = bank, folder / f"faces-{bank.fingerprint}-{VERSION}.npz", reporter
        self._videos = VideoSource(videos) if videos is not None else None
        self._recognition = load_recognition(reporter)
        networks = [network.name for network in self._recognition.networks] if self._recognition else []
        self.names = (*networks, *(f"{name}, {FILMED}" for name in networks if videos is not None))
        self._known = _load(self._path, self.names)

    def __call__(self, clips: Sequence[int]) -> Array:
        """(K, S, D) of clips by their numbers; nan where no key frame of a clip shows a face."""
        if not self.names:
            return np.zeros((len(clips), 0, 0), np.float32)
        missing = [number for number in dict.fromkeys(clips) if self._key(number) not in self._known]
        if missing:
            self._look_at(missing)
            filmed = [each[len(each) // 2 :] for each in self._known.values()]
            if self._videos is not None and not np.isfinite(filmed).any():
                where = self._videos.folder
                self._reporter.note(f"{where}: none of the listeners who were looked for is seen in a video there")
        return np.stack([self._known[self._key(number)] for number in clips])

    def close(self) -> None:
        """Frees what it holds."""
        if self._recognition is not None:
            self._recognition.close()

    def _look_at(self, missing: Sequence[int]) -> None:
        portraits = Portraits(ARKIT, SIDE)
        try:
            with self._reporter.progress("faces") as update:
                for done, number in enumerate(missing, start=1):
                    clip = self._bank.clip(number, self._videos)
                    seen = [self._mean(clip, drawn(lambda: portraits, clip.motion))]
                    if self._videos is not None:
                        seen.append(self._mean(clip, clip.pictures))
                    self._known[self._key(number)] = np.concatenate(seen)
                    if done % _CHUNK == 0 or done == len(missing):
                        _save(self._path, self.names, self._known)
                    update(done / len(missing))
        finally:
            portraits.close()

    def _mean(self, clip: Clip, pictures: Pictures | None) -> Array:
        """(S, D) of the networks; nan where there are no pictures, or no faces in them."""
        assert self._recognition is not None
        frames = key_frames(clip.motion, KEY_FRAMES).tolist() if pictures is not None else []
        found = looks(pictures(frames), self._recognition) if pictures is not None and frames else None
        nobody = np.full((len(self._recognition.networks), 128), np.nan)
        return np.asarray(nobody if found is None else found, np.float32)

    def _key(self, number: int) -> str:
        entry = self._bank.entries[number]
        return f"{entry.conversation} {entry.listener} {entry.start:.3f}"


def load_recognition(reporter: Reporter) -> Recognition | None:
    """What recognises faces, by all networks that are at hand.

    Args:
        reporter: Takes one note for each network that is not.

    Returns:
        None where no network is at hand.
    """
    from visavis.perception.faces.recognition import DlibResNet, Recognition, SFace

    networks: list[Network] = []
    kinds: tuple[Callable[[], Network], ...] = (SFace, DlibResNet)
    for kind in kinds:
        try:
            networks.append(kind())
        except InputError as error:
            reporter.note(f"{error}; distances in this space are left out")
    try:
        return Recognition(networks) if networks else None
    except MissingExtraError as error:
        reporter.note(f"{error}; distances between faces are left out")
        return None


def _load(path: Path, names: Sequence[str]) -> dict[str, Array]:
    """Vectors that were found before, in the same spaces."""
    try:
        known = read_arrays(path, largest=sys.maxsize)
    except InputError:  # there is none, or it was cut off: faces are then looked at again
        return {}
    return known if known.pop(" names", np.array([])).tolist() == list(names) else {}


def _save(path: Path, names: Sequence[str], known: dict[str, Array]) -> None:
    with atomic_write(path) as temporary, temporary.open("wb") as file:
        np.savez(file, **known, **{" names": np.array(names)})  # type: ignore[arg-type]
