"""A benchmark's listeners as a preference study (RealTalk, section 5.3, table 2): videos and a plan."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from visavis.conversation import Conversation, Participant
from visavis.conversation.corpus_schema import slug
from visavis.errors import InputError
from visavis.files import atomic_write
from visavis.media.audio import Audio
from visavis.media.video import VideoWriter
from visavis.models.retrieval.clips import served
from visavis.models.retrieval.index import Entry
from visavis.models.retrieval.pictures import VideoSource, drawn
from visavis.models.retrieval.protocol import Pictures
from visavis.motion import ARKIT, Motion
from visavis.rendering.portrait import Portraits
from visavis.reporter import Update
from visavis.workflows.benchmark.databank import Databank, evenly

QUESTION = "Which listener reacts in the more socially appropriate way to the speaker?"
PLAN = "plan.yaml"
OURS = "social"
SIDE = 320
"""Pixels of a video; as filmed they are fewer."""
WORDS = 4000
"""Characters that a study shows of what is said."""
_BATCH = 25


def write_study(
    bank: Databank, found: Mapping[str, NDArray[np.intp]], folder: Path, count: int, *, videos: Path | None = None,
    update: Update = lambda _share: None,
) -> Path:  # fmt: skip
    """Writes videos and a plan for `visavis study build`; videos that are there already are not made again.

    Queries are evenly spread over those for which all methods, and the truth, show different listeners. All of one
    query last as long as the shortest of them.

    Args:
        bank: Clips and queries.
        found: By method the clips (N,) that come first; ``social`` is the one that is compared with the others.
        folder: Where to, made if missing.
        count: Queries at most.
        videos: Folder of the corpus's videos; unless given, the neutral character is shown.
        update: Takes the share done.

    Returns:
        The plan.

    Raises:
        InputError: For no query all show different listeners, or a file cannot be written.
    """
    import yaml

    shown = {**found, "truth": bank.queries}
    apart = [i for i in range(len(bank.queries)) if len({int(clips[i]) for clips in shown.values()}) == len(shown)]
    if not apart:
        raise InputError("for no query all methods show different listeners; there is nothing to ask people")
    chosen = [apart[i] for i in evenly(len(apart), count)]
    items = []
    with _Camera(bank, folder, videos) as camera:
        for done, query in enumerate(chosen, start=1):
            clips = {method: bank.entries[int(numbers[query])] for method, numbers in shown.items()}
            seconds = min(entry.stop - entry.start for entry in clips.values())
            items.append({
                "id": f"query-{query:05d}",
                "speaker": camera.speaker(clips["truth"], seconds, bank.said[query]),
                "options": {method: camera.listener(entry, seconds) for method, entry in clips.items()},
            })  # fmt: skip
            update(done / len(chosen))
    plan: dict[str, Any] = {"question": QUESTION, "ours": OURS, "against": [name for name in shown if name != OURS]}
    with atomic_write(folder / PLAN) as temporary:
        temporary.write_text(yaml.safe_dump({**plan, "items": items}, sort_keys=False, allow_unicode=True), "utf-8")
    return folder / PLAN


@dataclass
class _Camera:
    """Makes videos of people."""

    bank: Databank
    folder: Path
    videos: Path | None

    def __enter__(self) -> _Camera:
        self._looks = VideoSource(self.videos, steady=True) if self.videos is not None else None
        self._portraits = Portraits(ARKIT, SIDE, close=True)
        self._talk: Conversation | None = None
        for name in ("speakers", "listeners"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        return self

    def __exit__(self, *_: object) -> None:
        self._portraits.close()

    def listener(self, entry: Entry, seconds: float) -> str:
        """The name of a listener's video, without sound."""
        path = self.folder / "listeners" / f"{self._name(entry, entry.listener, seconds)}.mp4"
        if not path.is_file():
            self._film(path, entry, entry.listener, seconds, None)
        return str(path.relative_to(self.folder))

    def speaker(self, entry: Entry, seconds: float, said: str) -> dict[str, str]:
        """What is seen, or else heard, of whoever speaks to a listener, and the words."""
        import soundfile

        letter = "AB".replace(entry.listener, "")
        path = self.folder / "speakers" / f"{self._name(entry, letter, seconds)}.mp4"
        person = self._person(entry.conversation, letter)
        sound = self._heard(person, entry.start, entry.start + seconds)
        if served(person.motion):
            if not path.is_file():
                self._film(path, entry, letter, seconds, sound)
            return {"video": str(path.relative_to(self.folder)), "text": said[:WORDS]}
        if sound is None:
            return {"text": said[:WORDS]}
        path = path.with_suffix(".wav")
        if not path.is_file():
            with atomic_write(path) as temporary:
                soundfile.write(temporary, sound.samples, sound.sample_rate, "PCM_16", format="WAV")
        return {"audio": str(path.relative_to(self.folder)), "text": said[:WORDS]}

    def _film(self, path: Path, entry: Entry, letter: str, seconds: float, sound: Audio | None) -> None:
        motion = self._person(entry.conversation, letter).motion
        assert motion is not None
        first = round(entry.start * motion.fps)
        cut = motion.slice(first, first + round(seconds * motion.fps))
        pictures = self._pictures(entry, letter, cut)
        (picture,) = pictures([0])
        size = picture.shape[1], picture.shape[0]
        with VideoWriter(path, size, cut.fps, sound) as writer:
            for at in range(0, len(cut), _BATCH):
                for picture in pictures(range(at, min(at + _BATCH, len(cut)))):
                    writer.write(picture)

    def _pictures(self, entry: Entry, letter: str, cut: Motion) -> Pictures:
        """As filmed, where that is known, else drawn."""
        if self._looks is not None:
            face = self.bank.corpus.signal(entry.conversation, letter, "track", "face")
            filmed = self._looks.pictures(self.bank.records[entry.conversation], face, entry.start, cut)
            if filmed is not None:
                return filmed
        return drawn(lambda: self._portraits, cut)

    def _person(self, conversation: str, letter: str) -> Participant:
        if self._talk is None or self._talk.id != conversation:
            self._talk = self.bank.corpus[conversation]
        return self._talk.participants["AB".index(letter)]

    def _heard(self, person: Participant, start: float, stop: float) -> Audio | None:
        """The speaker's own voice where voices are apart, else both."""
        sound = person.audio or (self._talk.mixed if self._talk is not None else None)
        return sound.slice(start, stop) if sound is not None else None

    def _name(self, entry: Entry, letter: str, seconds: float) -> str:
        kind = "filmed" if self._looks is not None else "drawn"
        whole = f"{entry.conversation}-{letter}-{entry.start:.2f}-{seconds:.2f}-{kind}"
        return f"{slug(entry.conversation)[:40]}-{letter}-{hashlib.sha256(whole.encode()).hexdigest()[:12]}"
