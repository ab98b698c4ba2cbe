"""Finished conversations in other formats."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from visavis.conversation import Conversation
from visavis.errors import InputError
from visavis.files import results_folder
from visavis.formats.registry import parse_formats
from visavis.reporter import SILENT, Reporter, portion
from visavis.workflows.run_folder import only_conversation, open_corpus


def run(folder: Path, out: Path, to: str, id: str | None = None, *, reporter: Reporter = SILENT) -> Iterator[Path]:
    """Writes conversations in the named formats, replacing earlier files, and gives paths as they are written.

    Where one person's motion is not known, tables and motion.npz have the other's; scene and video show that person
    at rest.

    Args:
        folder: Output folder of `animate`, or any visavis corpus.
        out: Folder for the files; made if missing.
        to: Comma-separated names of formats (see `visavis.formats.registry`).
        id: Which conversation. Unless given it is the only one, or all of them in formats that can hold a corpus.
        reporter: Takes notes and shows progress.

    Raises:
        InputError: A name is unknown, there is no such conversation, or a format cannot show one.
    """
    wanted = parse_formats(to)
    corpus = open_corpus(folder)
    whole = id is None and all(format.of_corpora for format in wanted)
    ids = corpus.ids if whole else (id or only_conversation(corpus, folder),)
    one = corpus[ids[0]] if len(ids) == 1 else None
    if one is not None:
        for format in wanted:  # before any is written
            if reason := format.reason_against(one):
                raise InputError(reason)
        if any(format.needs_motion for format in wanted):
            _tell_who_rests(one, reporter)
    told: set[str] = set()
    with results_folder(out):
        for format in wanted:
            if one is not None and (line := format.told(one)):
                reporter.say(line)
            with reporter.progress(format.title) as update:
                for number, name in enumerate(ids):
                    conversation = corpus[name] if one is None else one
                    lines = format.write_to(conversation, out, portion(update, number / len(ids), 1 / len(ids)))
                    for line in lines:
                        if line not in told:  # once, however many conversations it is true of
                            told.add(line)
                            reporter.note(f"{name}: {line}")
                    update((number + 1) / len(ids))
                    yield from (path for path in format.paths(out, name) if path.exists())


def _tell_who_rests(conversation: Conversation, reporter: Reporter) -> None:
    for letter, person in zip("AB", conversation, strict=True):
        if person.motion is None:
            reporter.note(f"participant {letter} has no motion: at rest in scene and video, omitted elsewhere")
