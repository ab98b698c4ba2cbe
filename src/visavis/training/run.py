"""The folder of a training run: its owner and its contents."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from visavis.errors import InputError
from visavis.files import atomic_write

MODEL = "model"
"""Folder of the finished checkpoint, inside the run's folder."""
RUN = "run.json"
FORMAT = 2
"""Of what a run's folder holds; 1 was that of visavis 0.1."""


def open_run_dir(out: Path, started: dict[str, Any], last: str) -> bool:
    """Makes the run's folder or recognises its own.

    Args:
        out: The folder.
        started: Settings that a run cannot change on the way; stored in it.
        last: Name of the file to go on from.

    Returns:
        Whether there is a state to go on from.

    Raises:
        InputError: The folder cannot be used, holds something else, or a training with other settings.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{out}: cannot be used as the run folder ({error.strerror})") from None
    path = out / RUN
    if not path.is_file():
        if any(out.iterdir()):
            raise InputError(f"{out}: is not empty and contains no training run; choose another folder")
        with atomic_write(path) as working:
            working.write_text(json.dumps({"format": FORMAT, **started}, indent=2) + "\n", "utf-8")
        return False
    try:
        earlier = json.loads(path.read_text("utf-8"))
    except ValueError:
        raise InputError(f"{path}: is not valid JSON; choose another folder") from None
    if not isinstance(earlier, dict) or earlier.get("format") != FORMAT:
        raise InputError(
            f"{out}: contains a training run of another version of visavis, which cannot be resumed; start a new one"
        )
    for key, value in json.loads(json.dumps(started)).items():
        if earlier.get(key) != value:
            raise InputError(f"{out}: contains a training run with a different {key!r}; choose another folder")
    return (out / last).is_file()
