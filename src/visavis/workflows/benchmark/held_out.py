"""The conversations of a corpus that benchmarks measure on: those that nothing was trained on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from visavis.conversation import Conversation
from visavis.conversation.corpus import Corpus
from visavis.conversation.splits import EVERY, FEWEST, TRAINING, VALIDATION
from visavis.errors import InputError
from visavis.motion import MotionSpace
from visavis.training.corpora import Corpora


@dataclass(frozen=True)
class HeldOut:
    """A corpus in two parts; conversations are read anew each time they are asked for.

    Attributes:
        folder: Of the corpus.
        train: Ids of what may be learnt from.
        test: Ids of what is measured on.
        total: Conversations in all.
        how: What decided that, for the report.
        state: Changes when the corpus does.
    """

    folder: Path
    train: tuple[str, ...]
    test: tuple[str, ...]
    total: int
    how: str
    state: str

    @classmethod
    def of(cls, folder: Path) -> HeldOut:
        """What a corpus keeps for testing, or else what trainings hold out of it (`visavis.training.corpora`).

        Raises:
            InputError: It is no corpus, or holds too few conversations to keep any.
        """
        corpus, sources = Corpus.open(folder), Corpora.open(folder)
        train = tuple(s.id for s, out in zip(sources.sources, sources.held_out, strict=True) if not out)
        known = {id: corpus.record(id)[0].get("split") for id in corpus.ids}
        test = tuple(id for id, split in known.items() if split not in (*TRAINING, *VALIDATION))
        how = "kept for testing by the corpus"
        if not test:
            test = tuple(s.id for s, out in zip(sources.sources, sources.held_out, strict=True) if out)
            validates = any(known[id] in VALIDATION for id in test)
            how = "kept for validation by the corpus" if validates else f"one in {EVERY} by id, as trainings hold out"
        if not test:
            raise InputError(
                f"{folder}: of {len(corpus)} conversations none is held out; give {FEWEST} or more, or say by "
                'provenance["split"] = "test" which ones to measure on'
            )
        return cls(folder, train, test, len(corpus), how, sources.contents)

    def training(self) -> Iterator[Conversation]:
        """What may be learnt from."""
        corpus = Corpus.open(self.folder)
        return (corpus[id] for id in self.train)

    def testing(self) -> Iterator[Conversation]:
        """What is measured on."""
        corpus = Corpus.open(self.folder)
        return (corpus[id] for id in self.test)

    def motion(self) -> tuple[MotionSpace, float]:
        """Space and frame rate of the first motion that is held out.

        Raises:
            InputError: Nobody moves in what is held out.
        """
        for conversation in self.testing():
            for person in conversation:
                if person.motion is not None and len(person.motion):
                    return person.motion.space, person.motion.fps
        raise InputError(f"{self.folder}: nobody's motion is known in the conversations that are held out")

    def header(self) -> tuple[tuple[str, str], ...]:
        """Lines for a report."""
        return (
            ("corpus", str(self.folder)),
            ("held out", f"{len(self.test)} of {self.total} conversations, {self.how}"),
        )
