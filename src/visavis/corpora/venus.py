"""Reads VENUS: JSON annotations of ten-minute segments of podcasts, as in Figure 9 of its paper."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

from visavis.conversation import Conversation
from visavis.corpora.reading import Recordings, need_folder, plain_id
from visavis.errors import about
from visavis.formats.venus import from_venus
from visavis.formats.venus_schema import Venus
from visavis.reading import files_in

LICENCE = "as its authors state (huggingface.co/winston1214); the videos belong to others"


def read(folder: Path) -> Recordings:
    """One conversation for each JSON file at any depth.

    Raises:
        InputError: There is no such folder.
    """
    paths = files_in(need_folder(folder, "VENUS's JSON files"), "**/*.json")
    names = [plain_id(path.stem) for path in paths]
    return {
        id: partial(_read, path, id)
        for id, path in (
            (name if names.count(name) == 1 else f"{name}-{number}", path)
            for number, (name, path) in enumerate(zip(names, paths, strict=True))
        )
    }


def _read(path: Path, id: str) -> Conversation:
    with about(path):
        return replace(from_venus(Venus.read(path)), id=id)
