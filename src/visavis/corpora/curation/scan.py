"""Finds the videos in a folder."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from visavis.corpora.curation.stage import Item, Source
from visavis.corpora.curation.walk import Record
from visavis.corpora.reading import need_folder, plain_id
from visavis.errors import InputError, plainly
from visavis.reading import is_hidden, is_text, shown

VIDEO_SUFFIXES = frozenset(
    f".{name}"
    for name in (
        "3gp", "avi", "flv", "m2ts", "m4v", "mkv", "mov", "mp4", "mpeg", "mpg", "mts", "mxf", "ogv", "ts", "vob",
        "webm", "wmv",
    )
)  # fmt: skip


def scan(folder: Path) -> tuple[list[Item], list[Record]]:
    """All videos at any depth below `folder`, in order of path, and a record of each.

    Videos are told by their names; hidden files and folders are passed over. Files that are empty, or whose names are
    no text, are not taken up.

    Raises:
        InputError: There is no such folder, or it cannot be read.
    """
    need_folder(folder, "the videos")
    items, records = [], []
    for name, size, modified in sorted(_files(folder, "")):
        source = Source(str(folder.resolve()), name, size, modified)
        item = Item(_id(name), source)
        if Path(name).suffix.lower() not in VIDEO_SUFFIXES:
            continue
        wrong = "is empty (0 bytes)" if not size else "" if is_text(name) else "its name is not UTF-8 text; rename it"
        records.append(Record(item.id, name, "scan", not wrong, wrong or "found", {}))
        if not wrong:
            items.append(item)
    return items, records


def _files(root: Path, below: str) -> Iterator[tuple[str, int, int]]:
    try:
        entries = sorted(os.scandir(root / below), key=lambda entry: entry.name)
    except OSError as error:
        raise InputError(f"{shown(root / below)}: cannot be read: {plainly(error)}") from None
    for entry in entries:
        if is_hidden(entry.name):
            continue
        name = f"{below}{entry.name}"
        if entry.is_dir(follow_symlinks=False):
            yield from _files(root, f"{name}/")
        elif entry.is_file():
            facts = entry.stat()
            yield name, facts.st_size, facts.st_mtime_ns


def _id(name: str) -> str:
    """Readable, unique, and the same wherever the folder lies."""
    readable = plain_id(Path(name).stem).replace("_", "-")[:40]  # "_" begins the suffixes of parts
    return f"{readable}-{hashlib.sha256(name.encode('utf-8', 'surrogateescape')).hexdigest()[:10]}"
