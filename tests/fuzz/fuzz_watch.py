"""Runs the executable on one input in this process, and tells what came of it."""

from __future__ import annotations

import io
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from huggingface_hub import constants as hub

from visavis.cli import guard
from visavis.cli import main as cli
from visavis.errors import InputError

LONGEST = 30.0
"""Seconds that an input may take on a busy machine."""


class TooLong(BaseException):
    """An input took longer than `LONGEST`."""


@dataclass(frozen=True)
class Outcome:
    """What came of an input.

    Attributes:
        end: ``served``, ``refused``, ``traceback``, ``hang`` or ``unclear``: refused without a line, or a line that
            moves the terminal's cursor.
        what: The command, and what was said.
        seconds: How long it took.
    """

    end: str
    what: str
    seconds: float

    @property
    def fine(self) -> bool:
        return self.end in ("served", "refused")


def run(*arguments: object) -> Outcome:
    """The executable with arguments."""
    words = [str(argument) for argument in arguments]
    before, sys.argv = sys.argv, ["visavis", *words]
    try:
        return watched(cli.main, words)
    finally:
        sys.argv = before


def call(function: Callable[[], Any], about: str) -> Outcome:
    """A function of the package that the executable reaches only after other work."""

    def refused() -> int:
        function()
        return 0

    return watched(lambda: sys.exit(guard.run(refused, [])), [about])


def watched(work: Callable[[], Any], words: list[str]) -> Outcome:
    """What comes of work that ends by `SystemExit`."""
    out, err = io.StringIO(), io.StringIO()
    code: Any = 0
    start = time.monotonic()
    try:
        with _in_time(), redirect_stdout(out), redirect_stderr(err):
            work()
    except SystemExit as end:
        code = end.code or 0
    except TooLong:
        code = "hang"
    except BaseException as error:
        code = f"traceback: {type(error).__name__}: {error}"
    took, said = time.monotonic() - start, out.getvalue() + err.getvalue()
    return Outcome(_end(code, said, err.getvalue()), f"{words} -> {code}: {_last(said)}", took)


def _end(code: Any, said: str, complaint: str) -> str:
    if code == "hang":
        return "hang"
    if code not in (0, 2) or "Traceback" in said:
        return "traceback"
    if not all(c.isprintable() or c in "\n" for c in said):
        return "unclear"
    if code == 2 and "visavis: error: " not in complaint:
        return "unclear"
    return "refused" if code else "served"


def _last(said: str) -> str:
    """The last line; of an internal error also the lines of ours that led to it."""
    line = said.strip().rpartition("\n")[2][:300]
    traces = sorted(Path(tempfile.gettempdir()).glob("visavis-error-*.txt"))
    for trace in traces:
        kept = [
            row.strip() for row in trace.read_text("utf-8").splitlines() if "visavis/" in row and "/cli/" not in row
        ]
        line += " | " + " < ".join(reversed(kept[-3:]))
        trace.unlink()
    return ascii(line)


@contextmanager
def typed(content: bytes) -> Iterator[None]:
    """Standard input of this process."""
    before, sys.stdin = sys.stdin, io.TextIOWrapper(io.BytesIO(content), "utf-8")
    try:
        yield
    finally:
        sys.stdin = before


@contextmanager
def _in_time() -> Iterator[None]:
    def stop(*_: Any) -> None:
        raise TooLong

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, LONGEST)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@contextmanager
def quiet_place(folder: Path) -> Iterator[Path]:
    """Settings of the process under which inputs are tried: temporary files in `folder`, no network, short waits."""
    names = ("VISAVIS_RAISE", "VISAVIS_LLM_MODEL", "VISAVIS_LLM_TIMEOUT", "HF_HUB_OFFLINE", "no_proxy")
    before = {name: os.environ.get(name) for name in names}
    os.environ.update(VISAVIS_LLM_MODEL="toy", VISAVIS_LLM_TIMEOUT="1", HF_HUB_OFFLINE="1", no_proxy="127.0.0.1")
    os.environ.pop("VISAVIS_RAISE", None)
    temporary, tempfile.tempdir = tempfile.tempdir, str(folder)
    online, hub.HF_HUB_OFFLINE = hub.HF_HUB_OFFLINE, True  # which was read when the Hub's client was imported
    try:
        yield folder
    finally:
        tempfile.tempdir, hub.HF_HUB_OFFLINE = temporary, online
        for name, value in before.items():
            os.environ.pop(name, None) if value is None else os.environ.update({name: value})


__all__ = ["InputError", "Outcome", "call", "quiet_place", "run", "typed"]
