"""Arrays that take long to compute, made once in a folder and reused by later runs."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from visavis.errors import InputError, plainly
from visavis.files import alone, made_folder
from visavis.reporter import Reporter

INDEX = "index.json"
"""Written last by whoever makes the arrays."""


@contextmanager
def about(corpus: str) -> Iterator[None]:
    """What is wrong with a corpus is said with its place."""
    try:
        yield
    except InputError as error:
        if type(error) is not InputError or not corpus or corpus in str(error):
            raise
        raise InputError(f"{corpus}: {error}") from None


def cached_dir(folder: Path, keys: Sequence[Any], write: Callable[[Path], None], reporter: Reporter) -> Path:
    """The folder of what `keys` decide, made by `write` unless an earlier run did; it appears in one go.

    Of several runs at once one makes it, and the others wait for it.

    Args:
        folder: Parent of such folders.
        keys: Everything that decides the content (plain values).
        write: Fills an empty folder, `INDEX` last.
        reporter: Takes a note where another run is waited for.

    Raises:
        InputError: The folder cannot be written to.
    """
    final = folder / hashlib.sha256(json.dumps(list(keys)).encode()).hexdigest()[:16]
    if (final / INDEX).is_file():
        return final
    working = folder / f".{final.name}.tmp"
    with made_folder(folder), alone(working, waits=waiting(final, reporter)):
        try:
            if not (final / INDEX).is_file():
                for path in working.iterdir():  # of a run that was killed
                    path.unlink()
                write(working)
                working.rename(final)
        except OSError as error:
            raise InputError(f"{folder}: training data cannot be cached: {plainly(error)}") from None
        finally:
            shutil.rmtree(working, ignore_errors=True)
    return final


def waiting(made: Path, reporter: Reporter) -> Callable[[], None]:
    """Tells that another run is making something that is waited for."""
    return lambda: reporter.note(f"{made}: another run of visavis is making it; waiting for that")
