"""Matches the motion files of two folders by name."""

from __future__ import annotations

from pathlib import Path

from visavis.errors import InputError
from visavis.formats.registry import read_suffixes
from visavis.reading import files_in


def find_files(folder: Path) -> dict[str, Path]:
    """The motion files of a folder by name without ending.

    Raises:
        InputError: There is no such folder, no such files, or two of one name.
    """
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder; pass folders of motion files with --pred and --truth")
    suffixes = read_suffixes()
    found: dict[str, Path] = {}
    for path in files_in(folder):
        if path.suffix.lower() not in suffixes or not path.is_file():
            continue
        if path.name.endswith(".arkit.csv") and (folder / "motion.npz").is_file():
            continue  # what `animate` writes: motion.npz has the same people, and more of them
        if path.stem in found:
            raise InputError(f"{path} and {found[path.stem].name} have the same name; keep one of them")
        found[path.stem] = path
    if not found:
        raise InputError(f"{folder}: contains no motion files; supported: {', '.join(suffixes)}")
    return found
