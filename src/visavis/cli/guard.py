"""The edge: whatever goes wrong in a command becomes one line on standard error and an exit code.

Exit codes: 0 done, 1 internal error, 2 the input cannot be used or this machine cannot do it, 130 stopped with Ctrl-C,
141 what read the output has gone, as after ``| head``.
"""

from __future__ import annotations

import os
import platform
import sys
import tempfile
import traceback
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import typer

from visavis import __version__
from visavis.cli.console import complain
from visavis.errors import InputError, plainly, shown

INTERNAL, REFUSED, STOPPED, UNREAD = 1, 2, 130, 141
RAISE = "VISAVIS_RAISE"
"""Environment variable: where it is set, internal errors are raised as they are and warnings shown, for developers."""


def run(command: Callable[[], Any], arguments: Sequence[str]) -> int:
    """Runs a command and gives its exit code.

    Args:
        command: The executable with its arguments; what it returns is its exit code, if any.
        arguments: The same arguments, which are checked before anything is done.
    """
    try:
        code = _run(command, arguments)
        sys.stdout.flush() if sys.stdout else None
        return code
    except BrokenPipeError:
        _drop_output()
        return UNREAD
    except OSError as error:  # of the last flush, onto a full disk
        _drop_output()
        complain(f"output: {plainly(error)}")
        return REFUSED


def _run(command: Callable[[], Any], arguments: Sequence[str]) -> int:
    try:
        check_arguments(arguments)
        with warnings.catch_warnings():
            if not sys.warnoptions and not os.environ.get(RAISE):
                warnings.simplefilter("ignore")  # those of libraries are for developers
            code = command() or 0
    except InputError as error:
        complain(str(error))
        return REFUSED
    except typer.TyperException as error:
        return _usage(error)
    except typer.Abort:
        code = STOPPED
    except KeyboardInterrupt:
        code = STOPPED
    except SystemExit as end:
        if isinstance(end.__context__, BrokenPipeError):  # how Typer ends then
            raise end.__context__ from None
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BrokenPipeError:
        raise
    except Exception as error:
        return _unexpected(error)
    if code == STOPPED:
        complain("interrupted; run the same command to resume", kind="note")
    return int(code)


def check_arguments(arguments: Sequence[str]) -> None:
    """Refuses arguments that are no text: such names can neither be stored nor printed once the work is done.

    Raises:
        InputError: One is not UTF-8, or contains a NUL.
    """
    for argument in arguments:
        if not _is_text(argument):
            raise InputError(f"{argument!r}: is not UTF-8 text; rename the file, or enter the option in UTF-8")
        if "\0" in argument:
            raise InputError(f"{argument!r}: contains a NUL character; remove it")


def _is_text(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _usage(error: typer.TyperException) -> int:
    message = error.format_message().rstrip(".")
    context = getattr(error, "ctx", None)
    if type(error).__name__ != "NoArgsIsHelpError":  # which has shown the help
        complain(f"{message}; see: {context.command_path} --help" if context is not None else message)
    return error.exit_code


def _unexpected(error: Exception) -> int:
    """What is no `InputError`: the machine's limits, names that are no text, and bugs."""
    if _is_memory(error):
        complain(
            f"not enough memory ({plainly(error)[:120]}); close other programs, or give visavis less at once: shorter "
            "recordings, fewer workers, smaller settings"
        )
        return REFUSED
    if isinstance(error, UnicodeEncodeError) and not _is_text(error.object):
        complain(f"{error.object[:200]!r}: is not UTF-8 text; rename it")
        return REFUSED
    if isinstance(error, RuntimeError) and str(error).startswith("Symlink loop"):  # of pathlib
        complain(f"{str(error).partition(' from ')[2]}: links point to each other in a circle")
        return REFUSED
    if isinstance(error, OSError):
        complain(f"{error.filename}: {plainly(error)}" if error.filename is not None else f"output: {plainly(error)}")
        return REFUSED
    if os.environ.get(RAISE):
        raise error
    complain(
        f"internal error: {type(error).__name__}: {plainly(error)}; the full trace is in {_store(error)}, please "
        "report it"
    )
    return INTERNAL


def _is_memory(error: Exception) -> bool:
    """Whether memory ran out, as Python, NumPy, Arrow or PyTorch say it."""
    return (
        isinstance(error, MemoryError)
        or type(error).__name__ == "OutOfMemoryError"
        or (isinstance(error, RuntimeError) and "allocate memory" in str(error))
    )


def _store(error: Exception) -> str:
    """Writes the trace to a new file outside the results, and names it; where that fails, the line that failed."""
    where = traceback.extract_tb(error.__traceback__)[-1]
    about = f"visavis {__version__}, Python {platform.python_version()}, {platform.platform()}"
    lines = [about, " ".join(map(shown, sys.argv)), "", *traceback.format_exception(error)]
    try:
        handle, path = tempfile.mkstemp(prefix="visavis-error-", suffix=".txt")
        with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write("\n".join(lines))
        return path
    except OSError:
        return f"no file, for want of space ({Path(where.filename).name}, line {where.lineno})"


def _drop_output() -> None:
    """Nothing more is printed, and nothing is complained of when Python flushes at its end."""
    if sys.stdout is not None:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123 - open until Python ends
