"""The state that a training goes on from, on disk: there is always a whole one, whatever the process or the disk does.

It is written beside its place, flushed and renamed, and the one before it is kept.
"""

from __future__ import annotations

import io
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from visavis.errors import InputError, plainly
from visavis.files import atomic_write, flush
from visavis.reporter import Reporter
from visavis.training.run import BEFORE, LAST


def write_state(out: Path, state: Mapping[str, Any]) -> None:
    """Writes tensors and plain values into the run's folder.

    Raises:
        InputError: The disk is full, or the folder cannot be written to; the states that are there stay.
    """
    buffer = io.BytesIO()  # written at once, as PyTorch's own writer says of a full disk only that something is wrong
    torch.save(dict(state), buffer)
    with atomic_write(out / LAST) as working:
        with working.open("wb") as file:
            file.write(buffer.getbuffer())
            file.flush()
            os.fsync(file.fileno())
        if (out / LAST).is_file():
            (out / LAST).replace(out / BEFORE)
    flush(out)


def read_state(out: Path, reporter: Reporter) -> dict[str, Any]:
    """The newest state that is whole; nothing in it is executed.

    Raises:
        InputError: None can be read.
    """
    refused = ""
    for path in (out / LAST, out / BEFORE):
        if not path.is_file():
            continue
        try:
            state = torch.load(path, "cpu", weights_only=True)
            step = int(state["step"])
        except Exception as error:  # PyTorch's reader raises many kinds; all mean that it is damaged
            refused = refused or f"{path}: is damaged and cannot be resumed from ({plainly(error)[:80]})"
            continue
        if refused:
            reporter.note(f"{out / LAST}: is damaged; resuming from the state before it, after step {step}")
        return dict(state)
    raise InputError(f"{refused}; start again in another folder, from --init {out / 'model'} if that is there")
