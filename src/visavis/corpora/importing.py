"""Published corpora into ours on disk."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from visavis.conversation.corpus import Corpus
from visavis.conversation.corpus_schema import INDEX_NAME
from visavis.conversation.corpus_write import CorpusWriter
from visavis.corpora.readers import get_reader
from visavis.errors import InputError

Progress = Callable[[float], None]
"""Called with the share that is done, 0 to 1."""


def import_corpus(name: str, folder: str | Path, out: str | Path, *, progress: Progress | None = None) -> Path:
    """Reads a published corpus and writes it as one of ours; goes on with one that was begun.

    Args:
        name: Of the reader (`visavis.corpora.readers.READERS`).
        folder: The corpus as it was published.
        out: Folder of our corpus.
        progress: Told the share that is done.

    Returns:
        `out`.

    Raises:
        InputError: A published file is missing or mis-shaped, or `out` holds something else.
    """
    out = Path(out)
    recordings = get_reader(name)(folder)
    done = _done(out, name)
    with CorpusWriter(out, append=True) as writer:
        for number, (id, make) in enumerate(recordings.items(), start=1):
            if id not in done:
                writer.add(make())
            if progress:
                progress(number / len(recordings))
    return out


def _done(out: Path, name: str) -> set[str]:
    """The ids that an earlier, stopped run has written."""
    if not (out / INDEX_NAME).exists():
        return set()
    begun = Corpus.open(out)
    if len(begun) and begun[begun.ids[0]].provenance.get("source") != name:
        raise InputError(f"{out}: holds another corpus than {name}; choose another folder")
    return set(begun.ids)
