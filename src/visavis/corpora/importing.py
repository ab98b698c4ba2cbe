"""Writes published corpora in our corpus format."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from visavis.conversation import Conversation
from visavis.conversation.corpus import Corpus
from visavis.conversation.corpus_schema import INDEX_NAME
from visavis.conversation.corpus_write import CorpusWriter
from visavis.corpora.readers import get_reader
from visavis.corpora.utterance_pairs import utterance_pairs
from visavis.errors import InputError
from visavis.files import results_folder
from visavis.reporter import SILENT, Reporter


def import_corpus(
    name: str, folder: str | Path, out: str | Path, *, pairs: bool = False, reporter: Reporter = SILENT
) -> Path:
    """Reads a published corpus and writes it as one of ours; goes on with one that was begun.

    Args:
        name: Of the reader (`visavis.corpora.readers.READERS`).
        folder: The corpus as it was published.
        out: Folder of our corpus.
        pairs: Write one conversation per utterance (see `utterance_pairs`) instead of whole conversations.
        reporter: Shows progress.

    Returns:
        `out`.

    Raises:
        InputError: A published file is missing or mis-shaped, or `out` holds something else.
    """
    out = Path(out)
    reader = get_reader(name)
    recordings = reader(folder)
    with results_folder(out):
        ids, done = _begun(out, name, pairs)
        with CorpusWriter(out, append=True) as writer, reporter.progress(f"importing {name}") as update:
            for number, (id, make) in enumerate(recordings.items(), start=1):
                for conversation in _parts(_made(make, id, folder), pairs) if id not in done else ():
                    if conversation.id not in ids:
                        writer.add(conversation)
                update(number / len(recordings))
        reader.beside(folder, out)
    return out


def _made(make: Callable[[], Conversation], id: str, folder: str | Path) -> Conversation:
    """The recording; what is wrong with it is said with its place."""
    try:
        conversation = make()
        for person in conversation:
            if person.motion is not None and len(person.motion) < 2:
                raise InputError(f"motion of {len(person.motion)} frame(s) is too short; leave the recording out")
        return conversation
    except InputError as error:
        message = str(error)
        raise InputError(message if str(folder) in message else f"{folder}, recording {id!r}: {message}") from None


def _parts(conversation: Conversation, pairs: bool) -> Iterator[Conversation]:
    yield from utterance_pairs(conversation) if pairs else (conversation,)


def _begun(out: Path, name: str, pairs: bool) -> tuple[set[str], set[str]]:
    """What an earlier, stopped run has written: the ids, and the ids of the recordings that are done with."""
    if not (out / INDEX_NAME).exists():
        return set(), set()
    corpus = Corpus.open(out)
    if not len(corpus):
        return set(), set()
    first = corpus[corpus.ids[0]].provenance
    if first.get("source") != name or ("conversation" in first) != pairs:
        raise InputError(f"{out}: contains a different corpus than {name}{' in pairs' * pairs}; choose another folder")
    if not pairs:
        return set(corpus.ids), set(corpus.ids)
    recordings = [id.rpartition(".u")[0] for id in corpus.ids]
    return set(corpus.ids), set(recordings) - {recordings[-1]}  # the last one may have been cut short
