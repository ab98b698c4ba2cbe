"""The weights that ship with the package: location, provenance and integrity."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any

import yaml

from visavis.errors import InputError
from visavis.files import alone, atomic_write

FOLDER = "weights"
MANIFEST = "manifest.yaml"


def root() -> Path:
    """The folder of all built-in weights."""
    return Path(str(resources.files("visavis"))) / FOLDER


def built_in(model: str) -> Path:
    """The checkpoint folder of a built-in model, after checking every file against the manifest.

    Raises:
        InputError: There is none, or a file is damaged.
    """
    return _checked(root(), model)


@lru_cache  # by the folder: files do not change while the program runs, except by `install`
def _checked(root: Path, model: str) -> Path:
    folder = root / model
    entry = manifest().get(model)
    if entry is None or not folder.is_dir():
        raise InputError(
            f"this installation has no built-in {model} weights; train some (visavis train {model.partition('/')[0]}) "
            "and name them with --model"
        )
    for name, wanted in entry["sha256"].items():
        path = folder / name
        if not path.is_file() or sha256(path) != wanted:
            raise InputError(f"{path}: the built-in weights are damaged; reinstall visavis")
    return folder


def manifest() -> dict[str, dict[str, Any]]:
    """What is known of each built-in model: sha256 of its files, command, data, metrics, limits."""
    path = root() / MANIFEST
    return yaml.safe_load(path.read_text("utf-8")) if path.is_file() else {}


def install(model: str, save: Callable[[Path], object], facts: Mapping[str, Any]) -> Path:
    """Puts a checkpoint into the package and into the manifest.

    Args:
        model: Name of the model.
        save: Writes a checkpoint folder at the path it is given.
        facts: The manifest's entry but for the hashes.
    """
    folder = root() / model
    with alone(root(), waits=lambda: None):
        save(folder)
        entries = manifest()
        hashes = {path.name: sha256(path) for path in sorted(folder.iterdir()) if path.is_file()}
        entries[model] = {**facts, "sha256": hashes}
        with atomic_write(root() / MANIFEST) as working:
            working.write_text(yaml.safe_dump(entries, sort_keys=False, width=110), "utf-8")
    _checked.cache_clear()
    return folder


def sha256(path: Path) -> str:
    """Of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
