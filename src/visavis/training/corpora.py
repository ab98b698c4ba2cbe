"""The conversations a training run is given: of one corpus, of several, or of a list."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from visavis.conversation import Conversation
from visavis.conversation.splits import TRAINING, VALIDATION, held_out
from visavis.reading import files_in


@dataclass(frozen=True)
class Source:
    """One conversation before it is read.

    Attributes:
        id: Its id.
        split: ``provenance["split"]``.
        read: Reads it.
    """

    id: str
    split: str | None
    read: Callable[[], Conversation]


class Corpora:
    """Conversations, one after the other.

    Attributes:
        sources: Those that may be learnt from or held out; conversations that a corpus keeps for testing are not here.
        held_out: Whether each is held out: trained on never, and measured to choose the best checkpoint.
        folders: Where they lie, if on disk.
        name: For records.
        place: Where they lie, for messages.
        contents: Changes when any of them does.
    """

    def __init__(self, sources: Sequence[Source], name: str, contents: str, folders: Sequence[Path] = ()) -> None:
        """Use `open` or `listed`."""
        self.sources = [source for source in sources if source.split in (*TRAINING, *VALIDATION)]
        self.tests = len(sources) - len(self.sources)
        self.held_out = held_out([s.id for s in self.sources], [s.split for s in self.sources])
        self.name, self.contents, self.folders = name, contents, tuple(folders)
        self.place = " ".join(str(folder) for folder in folders)

    @classmethod
    def open(cls, folders: Path | Sequence[Path]) -> Corpora:
        """Opens the corpora of folders.

        Raises:
            InputError: One is no corpus.
        """
        from visavis.conversation.corpus import Corpus

        folders = [folders] if isinstance(folders, Path) else list(folders)
        sources, state = [], []
        for folder in folders:
            corpus = Corpus.open(folder)
            sources += [
                Source(id, corpus.record(id)[0].get("split"), partial(corpus.__getitem__, id))
                for id in corpus.ids
            ]  # fmt: skip
            files = [path for path in files_in(folder, "**/*") if path.is_file()]
            state += [[str(p.relative_to(folder)), p.stat().st_size, p.stat().st_mtime_ns] for p in files]
        return cls(sources, " ".join(folder.resolve().name for folder in folders), json.dumps(state), folders)

    @classmethod
    def listed(cls, conversations: Sequence[Conversation], contents: str = "") -> Corpora:
        """Conversations at hand; they are told from others by their ids and `contents` alone."""
        sources = [Source(c.id, c.provenance.get("split"), partial(_same, c)) for c in conversations]
        return cls(sources, "list", json.dumps([contents, *(c.id for c in conversations)]))

    def parts(self) -> list[Corpora]:
        """Each corpus by itself, in order."""
        return [self] if len(self.folders) < 2 else [Corpora.open(folder) for folder in self.folders]

    def __len__(self) -> int:
        return len(self.sources)

    def __iter__(self) -> Iterator[Conversation]:
        return (source.read() for source in self.sources)


def _same(conversation: Conversation) -> Conversation:
    return conversation
