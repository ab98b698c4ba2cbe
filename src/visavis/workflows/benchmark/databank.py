"""The listener clips of a corpus, and those that serve as queries."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from visavis.conversation import Conversation
from visavis.conversation.corpus import Corpus
from visavis.errors import InputError
from visavis.evaluation.retrieved import Reactions
from visavis.models.retrieval.clips import LEARNT_FROM, load_motion, said_to
from visavis.models.retrieval.index import ClipIndex, Entry
from visavis.models.retrieval.indexing import corpus_units, fingerprint
from visavis.models.retrieval.pictures import PictureSource
from visavis.models.retrieval.protocol import Clip

_CHOSEN_BY = ("dev", "val", "valid", "validation")


@dataclass(frozen=True, eq=False)
class Databank:
    """Use `Databank.of`.

    Attributes:
        corpus: Where the clips are.
        entries: M clips, in the order of every index of the corpus.
        queries: (N,) numbers of the clips whose listener is to be found.
        said: What each of them is told.
        split: Whether queries are kept apart from what methods may learn from.
        records: Provenance of each conversation that has clips.
        fingerprint: Changes when the corpus does.
    """

    corpus: Corpus
    entries: tuple[Entry, ...]
    queries: NDArray[np.intp]
    said: tuple[str, ...]
    split: bool
    records: Mapping[str, Mapping[str, Any]]
    fingerprint: str

    @classmethod
    def of(cls, corpus: Corpus, index: ClipIndex, most: int | None = None) -> Databank:
        """The clips of an index; queries are those for evaluation in which something is said.

        Where the corpus keeps no conversation for evaluation, all clips in which something is said are queries.

        Args:
            corpus: The corpus.
            index: Of its clips, by any encoder.
            most: Queries at most; they are evenly spread over the corpus.

        Raises:
            InputError: There are fewer than two clips, or no query.
        """
        entries = tuple(Entry(**row) for row in index.clips.to_pylist())
        if len(entries) < 2:
            raise InputError(f"{corpus.folder}: has one clip of a listener; among others it has to be found")
        records = {id: corpus.record(id)[0] for id in dict.fromkeys(entry.conversation for entry in entries)}
        kept = {id for id, about in records.items() if about.get("split") not in (*LEARNT_FROM, *_CHOSEN_BY)}
        asked = [i for i, entry in enumerate(entries) if entry.conversation in kept or not kept]
        told = dict(_told(corpus, entries, asked))
        if not told:
            where = f"the {len(asked)} clips for evaluation" if kept else f"its {len(asked)} clips"
            raise InputError(
                f"{corpus.folder}: in none of {where} words are said; transcribe the recordings by extract or curate, "
                "with the step 'words'"
            )
        queries = np.array(sorted(told), np.intp)
        queries = queries[evenly(len(queries), most if most is not None else len(queries))]
        said = tuple(told[i] for i in queries.tolist())
        state = fingerprint(corpus_units(corpus.folder))
        return cls(corpus, entries, queries, said, bool(kept), records, state)

    def __len__(self) -> int:
        return len(self.entries)

    def clip(self, number: int, source: PictureSource | None = None) -> Clip:
        """A clip, read from the corpus; with pictures if it is said where they come from."""
        entry = self.entries[number]
        motion = load_motion(self.corpus, entry.conversation, entry.listener, entry.start, entry.stop)
        pictures = None
        if source is not None:
            face = self.corpus.signal(entry.conversation, entry.listener, "track", "face")
            pictures = source.pictures(self._about(number), face, entry.start, motion)
        return Clip(entry.conversation, entry.listener, entry.start, entry.stop, motion, pictures)

    def folds(self) -> Iterator[tuple[Sequence[int], Sequence[int]]]:
        """Clips to learn from, and the queries (numbers into `queries`) to answer with what was learnt.

        One pair where the corpus has a split. Otherwise recordings are drawn into two halves, each of which is answered
        by what was learnt from the other.
        """
        if self.split:
            learnt = [i for i in range(len(self)) if self._about(i).get("split") in LEARNT_FROM]
            yield learnt, range(len(self.queries))
            return
        belongs = [_together(self._about(i), entry) for i, entry in enumerate(self.entries)]
        names = sorted(set(belongs))
        half = {names[i]: turn % 2 for turn, i in enumerate(np.random.default_rng(0).permutation(len(names)))}
        for fold in (0, 1):
            learnt = [i for i, name in enumerate(belongs) if half[name] != fold]
            yield learnt, [n for n, i in enumerate(self.queries) if half[belongs[i]] == fold]

    @cached_property
    def reactions(self) -> Reactions | None:
        """What is shown and what would fit, where provenance has ``reaction``, ``fitting`` and ``rude`` throughout."""
        shown = [self._about(i).get("reaction") for i in range(len(self))]
        asked = [self._about(i) for i in self.queries]
        if not all(isinstance(name, str) for name in shown):
            return None
        if not all(_names(about.get(key)) for about in asked for key in ("fitting", "rude")):
            return None
        return Reactions(np.array(shown), [[*about["fitting"]] for about in asked], [[*a["rude"]] for a in asked])

    def _about(self, number: int) -> Mapping[str, Any]:
        return self.records[self.entries[number].conversation]


def evenly(count: int, most: int) -> NDArray[np.intp]:
    """At most `most` of the numbers from 0 to `count`, evenly spread."""
    kept = min(count, most)
    return np.arange(kept) * count // max(kept, 1)


def _told(corpus: Corpus, entries: Sequence[Entry], asked: Iterable[int]) -> Iterator[tuple[int, str]]:
    """Numbers of clips in which something is said, and what; each conversation is read once."""
    talk: Conversation | None = None
    for number in asked:
        entry = entries[number]
        if talk is None or talk.id != entry.conversation:
            talk = corpus[entry.conversation]
        said = said_to(talk, entry.listener, entry.start, entry.stop)
        if any(character.isalnum() for character in said):
            yield number, said


def _together(about: Mapping[str, Any], entry: Entry) -> str:
    """What no two halves may share: the recording, or the conversation itself."""
    video = about.get("video")
    file = about.get("file") or (video.get("file") if isinstance(video, Mapping) else None)
    return str(about.get("session") or file or entry.conversation)


def _names(value: Any) -> bool:
    return isinstance(value, (Mapping, list)) and bool(value) and all(isinstance(name, str) for name in value)
