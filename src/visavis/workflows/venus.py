"""A corpus as VENUS's JSON files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from visavis.conversation.corpus import Corpus
from visavis.errors import InputError, plainly
from visavis.formats.venus import to_venus
from visavis.reporter import SILENT, Reporter


def export_venus(
    folder: Path,
    out: Path,
    id: str | None = None,
    *,
    reporter: Reporter = SILENT,
) -> Iterator[Path]:
    """Writes one JSON file per conversation, or that of one, and gives their paths as they are written.

    Args:
        folder: What `animate` wrote, or any corpus of ours.
        out: Folder for the files; made if missing.
        id: Which conversation; all unless given.
        reporter: Takes one note for each kind of thing that VENUS cannot hold, and shows progress.

    Raises:
        InputError: There is no such corpus or conversation, or a file cannot be written.
    """
    corpus = Corpus.open(folder / "conversation" if (folder / "conversation").is_dir() else folder)
    ids = corpus.ids if id is None else (id,)
    told: set[str] = set()
    with reporter.progress("VENUS JSON") as update:
        for number, name in enumerate(ids, start=1):
            venus, notes = to_venus(corpus[name])
            for note in notes:
                if note not in told:
                    told.add(note)
                    reporter.note(f"{name}: {note}")
            try:
                out.mkdir(parents=True, exist_ok=True)
                yield venus.write(out / f"{name}.json")
            except OSError as error:
                raise InputError(f"{out}: cannot be written: {plainly(error)}") from error
            update(number / len(ids))
