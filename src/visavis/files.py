"""Atomic file writes: a file appears when it is complete, or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from visavis.errors import InputError, plainly


@contextmanager
def atomic_write(path: str | Path) -> Iterator[Path]:
    """Gives a temporary path to write to, and renames it to `path` at the end.

    Whatever goes wrong in between, Ctrl-C included, the temporary file is removed and `path` stays as it was.

    Raises:
        InputError: The file cannot be written.
    """
    path = Path(path)
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        yield temporary
        temporary.replace(path)
    except OSError as error:
        raise InputError(f"{path} cannot be written: {plainly(error)}") from error
    finally:
        temporary.unlink(missing_ok=True)
