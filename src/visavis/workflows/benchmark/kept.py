"""Reusable results of a benchmark: small files, written atomically and named by what determines them."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from visavis import __version__
from visavis.conversation.corpus_schema import slug
from visavis.errors import InputError, plainly
from visavis.files import atomic_write
from visavis.reading import read_array, read_json

T = TypeVar("T")


class Kept:
    """A folder of results, which a run that was stopped, at whatever moment, goes on from."""

    def __init__(self, folder: Path) -> None:
        """Uses a folder, which is made with the first file."""
        self.folder = folder

    def values(self, name: str, keys: Sequence[Any], make: Callable[[], T]) -> T:
        """Plain values (what JSON can hold), made at the first time.

        Args:
            name: Of the file, as far as people read it.
            keys: Everything that decides the values.
            make: Makes them.

        Raises:
            InputError: They cannot be written, or `make` says so.
        """
        path = self.place(name, keys, ".json")
        if path.is_file():
            known: T = read_json(path, largest=sys.maxsize)
            return known
        made = make()
        with atomic_write(path) as temporary:
            temporary.write_text(json.dumps(made), "utf-8")
        plain: T = json.loads(json.dumps(made))
        return plain

    def arrays(self, name: str, keys: Sequence[Any], make: Callable[[], NDArray[Any]]) -> NDArray[Any]:
        """An array, made at the first time; see `values`."""
        path = self.place(name, keys, ".npy")
        if not path.is_file():
            made = make()
            with atomic_write(path) as temporary, temporary.open("wb") as file:
                np.save(file, made)
        return read_array(path, largest=sys.maxsize)

    def place(self, name: str, keys: Sequence[Any], suffix: str = "") -> Path:
        """Where something is kept that `keys` decide; its parent is there.

        Raises:
            InputError: The parent cannot be made.
        """
        whole = json.dumps([__version__, name, *keys], default=str)
        parent, _, last = name.rpartition("/")
        folder = self.folder / slug(parent) if parent else self.folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(f"{folder}: cannot be made: {plainly(error)}") from None
        return folder / f"{slug(last)[:48]}-{hashlib.sha256(whole.encode()).hexdigest()[:12]}{suffix}"
