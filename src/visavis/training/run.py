"""The folder of a training run: its owner and its contents."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from visavis.errors import InputError
from visavis.files import atomic_write, results_folder
from visavis.reading import is_empty, read_json

MODEL = "model"
"""Folder of the finished checkpoint, inside the run's folder."""
LAST, BEFORE = "last.ckpt", "before.ckpt"
"""The state to go on from, and the one before it."""
LOG = "log.csv"
RUN = "run.json"
FORMAT = 3
"""Of what a run's folder holds; 2 was that of visavis 0.1."""
WORTH = (LAST, BEFORE, MODEL)
"""What makes a run worth going on with."""


@contextmanager
def run_dir(out: Path, started: Mapping[str, Any], worth: Sequence[str] = WORTH) -> Iterator[None]:
    """Holds a run's folder, which belongs to the settings in it from the first result on.

    Where it ends by an error before there is one, nothing is left, so that a corrected command may have the folder.

    Args:
        out: The folder, made if missing.
        started: Settings that a run cannot change on the way; stored in it.
        worth: Names of what makes a run worth going on with.

    Raises:
        InputError: The folder cannot be used, is in use, holds something else, or a training with other settings.
    """
    with results_folder(out):
        _claim(out, started, worth)
        try:
            yield
        except BaseException:
            if not _worth(out, worth):
                _give_up(out, worth)
            raise


def _claim(out: Path, started: Mapping[str, Any], worth: Sequence[str]) -> None:
    path = out / RUN
    if not path.is_file() and not is_empty(out):
        raise InputError(f"{out}: is not empty and contains no training run; choose another folder")
    if path.is_file():
        earlier = read_json(path)
        if not isinstance(earlier, dict) or earlier.get("format") != FORMAT:
            raise InputError(
                f"{out}: contains a training run of another version of visavis, which cannot be resumed; start a new "
                "one in another folder"
            )
        if _worth(out, worth):
            for key, value in json.loads(json.dumps(started)).items():
                if earlier.get(key) != value:
                    raise InputError(f"{out}: contains a training run with a different {key!r}; choose another folder")
            return
    with atomic_write(path) as working:
        working.write_text(json.dumps({"format": FORMAT, **started}, indent=2) + "\n", "utf-8")


def _worth(out: Path, worth: Sequence[str]) -> bool:
    found = [out / name for name in worth if (out / name).exists()]
    return any(path.is_dir() or path.stat().st_size for path in found)


def _give_up(out: Path, worth: Sequence[str]) -> None:
    ours = {RUN, LOG, *worth}
    if all(path.name in ours for path in out.iterdir()):
        for path in out.iterdir():
            path.unlink()
