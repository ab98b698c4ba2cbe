"""A benchmark's listeners as a study of preference (RealTalk, section 5.3, table 2): videos and a plan."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from visavis.conversation import Conversation, Participant
from visavis.conversation.corpus_schema import slug
from visavis.errors import InputError
from visavis.media.audio import Audio
from visavis.media.video import VideoWriter
from visavis.models.retrieval.clips import SPACES
from visavis.models.retrieval.films import Films
from visavis.models.retrieval.index import Entry
from visavis.models.retrieval.protocol import Pictures
from visavis.motion import ARKIT, Motion
from visavis.motion.mapping import narrowed
from visavis.rendering.portrait import Portraits
from visavis.rendering.whole import whole_file
from visavis.workflows.benchmark.databank import Databank

QUESTION = "Which listener reacts in the more socially appropriate way to the speaker?"
PLAN = "plan.yaml"
OURS = "social"
SIDE = 320
"""Pixels of a video; as filmed they are fewer."""
_BATCH = 25


def write_study(
    bank: Databank, found: Mapping[str, NDArray[np.intp]], folder: Path, count: int, *, films: Path | None = None,
    progress: Callable[[float], None] = lambda _share: None,
) -> Path:  # fmt: skip
    """Writes videos and a plan for `visavis study build`; videos that are there already are not made again.

    Queries are evenly spread over those for which all methods, and the truth, show different listeners. All of one
    query last as long as the shortest of them.

    Args:
        bank: Clips and queries.
        found: By method the clips (N,) that come first; ``social`` is the one that is compared with the others.
        folder: Where to, made if missing.
        count: Queries at most.
        films: Folder of the corpus's videos; unless given, the neutral character is shown.
        progress: Takes the share done.

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
    chosen = [apart[i] for i in np.unique(np.linspace(0, len(apart) - 1, min(count, len(apart))).astype(int))]
    items = []
    with _Camera(bank, folder, films) as camera:
        for done, query in enumerate(chosen, start=1):
            clips = {method: bank.entries[int(numbers[query])] for method, numbers in shown.items()}
            seconds = min(entry.stop - entry.start for entry in clips.values())
            items.append({
                "id": f"query-{query:05d}",
                "speaker": camera.speaker(clips["truth"], seconds, bank.said[query]),
                "options": {method: camera.listener(entry, seconds) for method, entry in clips.items()},
            })  # fmt: skip
            progress(done / len(chosen))
    plan: dict[str, Any] = {"question": QUESTION, "ours": OURS, "against": [name for name in shown if name != OURS]}
    with whole_file(folder / PLAN) as temporary:
        temporary.write_text(yaml.safe_dump({**plan, "items": items}, sort_keys=False, allow_unicode=True), "utf-8")
    return folder / PLAN


@dataclass
class _Camera:
    """Makes videos of people."""

    bank: Databank
    folder: Path
    films: Path | None

    def __enter__(self) -> _Camera:
        self._looks = Films(self.films, steady=True) if self.films is not None else None
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
            person = self._person(entry.conversation, entry.listener)
            self._film(path, entry, entry.listener, _served(person), seconds, None)
        return str(path.relative_to(self.folder))

    def speaker(self, entry: Entry, seconds: float, said: str) -> dict[str, str]:
        """What is seen, or else heard, of whoever speaks to a listener, and the words."""
        import soundfile

        letter = "AB".replace(entry.listener, "")
        path = self.folder / "speakers" / f"{self._name(entry, letter, seconds)}.mp4"
        person = self._person(entry.conversation, letter)
        sound = self._heard(person, entry.start, entry.start + seconds)
        motion = _served(person)
        if motion is not None:
            if not path.is_file():
                self._film(path, entry, letter, motion, seconds, sound)
            return {"video": str(path.relative_to(self.folder)), "text": said[:4000]}
        if sound is None:
            return {"text": said[:4000]}
        path = path.with_suffix(".wav")
        if not path.is_file():
            with whole_file(path) as temporary:
                soundfile.write(temporary, sound.samples, sound.sample_rate, "PCM_16", format="WAV")
        return {"audio": str(path.relative_to(self.folder)), "text": said[:4000]}

    def _film(
        self, path: Path, entry: Entry, letter: str, motion: Motion | None, seconds: float, sound: Audio | None
    ) -> None:
        assert motion is not None
        first = round(entry.start * motion.fps)
        cut = motion.slice(first, first + round(seconds * motion.fps))
        pictures = self._pictures(entry, letter, cut)
        size = pictures([0]).shape[2], pictures([0]).shape[1]
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
        moving = narrowed(cut, ARKIT)

        def draw(frames: Sequence[int]) -> NDArray[np.uint8]:
            return np.stack(self._portraits.draw(Motion(moving.values[list(frames)], moving.fps, moving.space)))

        return draw

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


def _served(person: Participant) -> Motion | None:
    motion = person.motion
    return motion if motion is not None and any(motion.space.columns == each.columns for each in SPACES) else None
