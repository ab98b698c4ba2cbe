"""Files are written whole or not at all, and not begun where there is no room for them."""

from __future__ import annotations

import shutil
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


def need_room(folder: str | Path, size: float, what: str) -> None:
    """Checks that so much can be written.

    Args:
        folder: Where; it need not exist yet.
        size: Bytes, about.
        what: Is to be written, for the message.

    Raises:
        InputError: The disk has less room.
    """
    there = next((path for path in (Path(folder), *Path(folder).absolute().parents) if path.exists()), Path("/"))
    try:
        free = shutil.disk_usage(there).free
    except OSError as error:
        raise InputError(f"{folder}: cannot be written to: {plainly(error)}") from None
    if size > free:
        raise InputError(
            f"{folder}: {what} need about {size / 1e9:,.1f} GB, of which {free / 1e9:,.1f} are free; ask for less, or "
            "choose a folder on another disk"
        )
