"""The folder that a run leaves behind: the stored conversation, its results, and their provenance.

Every result is written under a temporary name and renamed, and the stored conversation is keyed by a hash of the
recording and the options, so that a run that was stopped goes on where it was and never mixes with another one.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from visavis import __version__
from visavis.command import command_line
from visavis.conversation import Conversation
from visavis.conversation.corpus import Corpus
from visavis.errors import InputError
from visavis.files import atomic_write, results_folder
from visavis.formats.registry import Format, get_formats, parse_formats
from visavis.reading import is_there, regular_file
from visavis.reporter import SILENT, Reporter

CONVERSATION = "conversation"
PROVENANCE = "provenance.json"


@dataclass(frozen=True)
class Result:
    """What was written.

    Attributes:
        files: The results, in the order in which they were written.
        duration: Seconds of conversation.
        seconds: Seconds the work took.
    """

    files: tuple[Path, ...]
    duration: float
    seconds: float


def produce(
    make: Callable[[], Conversation],
    key: str,
    out: Path,
    *,
    only: str | None = None,
    overwrite: bool = False,
    reporter: Reporter = SILENT,
) -> Result:
    """Makes a conversation, unless it was made before, and writes its results.

    Args:
        make: Makes it, with motion of both people.
        key: Of the request, from `request_key`: an earlier run with the same key is gone on with.
        out: Output folder; created if missing.
        only: Comma-separated names of formats (see `visavis.formats.registry`), those written by default unless given.
        overwrite: Whether to replace another request's results in the folder.
        reporter: Takes notes and shows progress.

    Raises:
        InputError: An option or the folder cannot be used, or `make` says so.
    """
    start = time.monotonic()
    wanted = parse_formats(only)
    folder = out / CONVERSATION
    with results_folder(out):
        others = _others(out, key, overwrite)
        if stored := folder.is_dir() and not others:
            conversation = open_conversation(out)
            for line in conversation.provenance.get("notes", []):
                reporter.note(line)
        else:
            conversation = make()
            conversation = replace(conversation, provenance={**conversation.provenance, "key": key})
        if only is None:
            wanted = _possible(wanted, conversation, reporter)
        elif reasons := [why for format in wanted if (why := format.reason_against(conversation))]:
            raise InputError(reasons[0])
        if not stored:
            for path in others:  # not before: what cannot be made or written takes nothing away, and leaves nothing
                shutil.rmtree(path) if path.is_dir() else path.unlink()
            _store(conversation, folder)
        files = [folder, *_write_missing(conversation, out, wanted, reporter)]
        files.append(_write_provenance(conversation, out))
    return Result(tuple(files), conversation.duration, time.monotonic() - start)


def open_conversation(folder: Path, id: str | None = None) -> Conversation:
    """Opens what `produce` stored, or one conversation of any corpus of ours.

    Raises:
        InputError: There is no such conversation.
    """
    corpus = open_corpus(folder)
    return corpus[id or only_conversation(corpus, folder)]


def open_corpus(folder: Path) -> Corpus:
    """The corpus that a run stored in its folder, or that a folder is.

    Raises:
        InputError: There is none.
    """
    inner = folder / CONVERSATION
    return Corpus.open(inner if inner.is_dir() else folder)


def only_conversation(corpus: Corpus, folder: Path) -> str:
    """The id of the only conversation in a corpus.

    Raises:
        InputError: There are several, or none; `folder` is named.
    """
    if not len(corpus):
        raise InputError(f"{folder}: the corpus is empty")
    if len(corpus) > 1:
        raise InputError(f"{folder}: contains {len(corpus)} conversations; choose one with --id, e.g. {corpus.ids[0]}")
    return corpus.ids[0]


def _possible(wanted: Sequence[Format], conversation: Conversation, reporter: Reporter) -> tuple[Format, ...]:
    """Without the formats that have nothing to show, and without those that cannot show it, of which notes tell."""
    wanted = [format for format in wanted if format.has_something(conversation)]
    possible = tuple(format for format in wanted if format.reason_against(conversation) is None)
    for format in wanted:
        if format not in possible:
            reporter.note(f"{format.title} skipped: {format.reason_against(conversation)}")
    return possible


def _write_missing(
    conversation: Conversation, out: Path, wanted: Sequence[Format], reporter: Reporter
) -> Iterator[Path]:
    """Writes what is not there yet; gives the paths of all that is there then."""
    for format in wanted:
        paths = format.paths(out, conversation.id)
        if not all(path.exists() for path in paths):
            if line := format.told(conversation):
                reporter.say(line)
            with reporter.progress(format.title) as update:
                for line in format.write_to(conversation, out, update):
                    reporter.note(line)
        yield from (path for path in paths if path.exists())


def _store(conversation: Conversation, folder: Path) -> None:
    from visavis.conversation.corpus_write import write_corpus

    for stray in folder.parent.glob(f".{folder.name}.*.tmp"):  # of a run that was killed
        shutil.rmtree(stray, ignore_errors=True)
    write_corpus([conversation], folder)


def _write_provenance(conversation: Conversation, out: Path) -> Path:
    """Written last: its presence says that the run came to its end."""
    content = {
        **conversation.provenance,
        "command": command_line(),
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    path = out / PROVENANCE
    with atomic_write(path) as working:
        working.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


def refuse_others(out: Path, key: str, overwrite: bool) -> None:
    """Finds out before the work whether `produce` would refuse a folder.

    Raises:
        InputError: It contains another request's results, which are not to be replaced.
    """
    _others(out, key, overwrite)


def _others(out: Path, key: str, overwrite: bool) -> list[Path]:
    """What belongs to another request and has to make room, if that is allowed."""
    stored = _stored(out)
    if stored is not None and stored.provenance.get("key") == key:
        return []
    ours = [out / PROVENANCE, out / CONVERSATION]
    for format in get_formats().values():
        if stored is not None or not format.of_corpora:
            ours += format.paths(out, stored.id if stored is not None else "")
    present = [path for path in ours if path.exists()]
    if present and not overwrite:
        raise InputError(
            f"{out}: contains results of another recording or other options; choose another folder or add --overwrite"
        )
    return present


def _stored(out: Path) -> Conversation | None:
    if not (out / CONVERSATION).is_dir():
        return None
    try:
        return open_conversation(out)
    except InputError:
        return None


def request_key(request: Any, files: Sequence[Path], others: Sequence[str | None] = ()) -> str:
    """Hash of the files' bytes and of everything else that decides the motion.

    Args:
        request: A dataclass; its field ``inputs`` counts by number only, the bytes saying the rest.
        files: Recordings and the like.
        others: Values of options that may name a file; its first bytes count, too.

    Raises:
        InputError: A file is not there.
    """
    digest = hashlib.sha256(__version__.encode())
    for path in files:
        with regular_file(path).open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    options: dict[str, Any] = {**asdict(request), "inputs": len(request.inputs)}
    digest.update(json.dumps(options, sort_keys=True, default=str).encode())
    for name in others:
        if name and is_there(name) and Path(name).is_file():
            with Path(name).open("rb") as file:
                digest.update(file.read(1_000_000))
    return digest.hexdigest()[:24]


def identifier(path: Path) -> str:
    """A conversation's id from a file's name."""
    cleaned = "".join(c if c.isascii() and (c.isalnum() or c in "._-") else "-" for c in path.stem)
    return cleaned.strip(".-") or "conversation"
