"""Listener clips for the retrieval benchmark, and how their faces look to networks that recognise people."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from visavis.conversation.corpus import Corpus
from visavis.corpora.reactions.generate import generate_reactions
from visavis.corpora.reactions.simulator import VERSION
from visavis.errors import InputError
from visavis.models.retrieval.clips import corpus_clips
from visavis.models.retrieval.keyframes import key_frames
from visavis.models.retrieval.protocol import Clip
from visavis.motion import ARKIT, Motion
from visavis.motion.mapping import narrowed

CLIPS = 1896
"""As many as the paper has."""
SIDE = 224
"""Pixels of the pictures in which faces are compared."""
KEY_FRAMES = 3
"""Of a listener whose face is compared."""
_CHUNK = 25

Array = NDArray[np.float32]


@dataclass(frozen=True)
class Clips:
    """A databank.

    Attributes:
        clips: Of listeners.
        about: Their conversations' provenance.
        said: What the speakers say.
    """

    clips: list[Clip]
    about: list[dict[str, Any]]
    said: list[str]

    def held_out(self) -> NDArray[np.intp]:
        """Numbers of the clips for evaluation."""
        return np.flatnonzero([about["split"] == "eval" for about in self.about])


def simulated_clips(work: Path) -> Clips:
    """`CLIPS` simulated reactions, made where they are not there yet."""
    folder = work / f"clips-{VERSION}"
    generate_reactions(folder, clips=CLIPS)
    corpus = Corpus.open(folder)
    clips = list(corpus_clips(corpus))
    about = [dict(corpus.record(clip.conversation)[0]) for clip in clips]
    words = work / f"said-{VERSION}.json"
    if not words.is_file():
        talks = (corpus[clip.conversation] for clip in clips)
        texts = [" ".join(u.text for person in talk for u in person.utterances) for talk in talks]
        words.write_text(json.dumps(texts, indent=0), "utf-8")
    return Clips(clips, about, json.loads(words.read_text("utf-8")))


class Faces:
    """Mean vectors of clips' key frames in face spaces, on the neutral character; kept in a file.

    Spaces whose network is not installed are left out, with a line that says so.
    """

    def __init__(self, path: Path) -> None:
        from visavis.perception.faces.recognition import DlibResNet, Network, SFace

        self._networks: list[Network] = [SFace()]
        try:
            self._networks.append(DlibResNet())
        except InputError as error:
            print(f"   {error}; left out", flush=True)
        self.names = [network.name for network in self._networks]
        self._path = path.with_name(f"{path.stem}-{len(self.names)}.npz")
        self._known: dict[str, Array] = {}
        if self._path.is_file():
            with np.load(self._path) as stored:
                self._known = {key: stored[key] for key in stored.files}

    def __call__(self, clips: Sequence[Clip]) -> Array:
        """(N, spaces, D); nan where no key frame of a clip shows a face."""
        from visavis.perception.faces.recognition import Recognition
        from visavis.rendering.portrait import Portraits

        missing = {_key(clip): clip for clip in clips if _key(clip) not in self._known}
        if missing:
            recognition, portraits = Recognition(self._networks), Portraits(ARKIT, SIDE)
            for number, (key, clip) in enumerate(missing.items(), 1):
                self._known[key] = _looks(recognition, portraits, clip.motion)
                if number % _CHUNK == 0 or number == len(missing):
                    self._save()
                    print(f"   faces {number} of {len(missing)}", flush=True)
            recognition.close()
            portraits.close()
        return np.stack([self._known[_key(clip)] for clip in clips])

    def _save(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        temporary = self._path.with_suffix(".tmp.npz")
        np.savez(temporary, **self._known)  # type: ignore[arg-type]
        temporary.replace(self._path)


def _key(clip: Clip) -> str:
    return f"{clip.conversation} {clip.listener} {clip.start:.3f}"


def _looks(recognition: Any, portraits: Any, motion: Motion) -> Array:
    frames = motion.values[key_frames(motion, KEY_FRAMES)]
    pictures = portraits.draw(narrowed(Motion(frames, motion.fps, motion.space), ARKIT))
    seen = [vectors for picture in pictures if (vectors := recognition(picture)) is not None]
    if not seen:
        return np.full((len(recognition.networks), 128), np.nan, np.float32)
    return np.mean(np.array(seen), 0)
