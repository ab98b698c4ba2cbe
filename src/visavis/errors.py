"""The errors that users are meant to read."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager

_REASONS = {
    errno.ENOSPC: "the disk is full; free some space or choose another folder",
    errno.EDQUOT: "the disk quota is used up; free some space or choose another folder",
    errno.EFBIG: "the file would exceed the size limit here; choose another folder",
    errno.EACCES: "no permission; choose another folder",
    errno.EPERM: "no permission; choose another folder",
    errno.EROFS: "the disk is read-only; choose another folder",
    errno.ENOTDIR: "part of the path is a file; choose another folder",
    errno.ENAMETOOLONG: "the name is too long; choose another",
}


class InputError(ValueError):
    """Something the user gave cannot be used.

    The message is one line: what is wrong, where (file, field, frame), and what to do about it. The executable
    prints it without a traceback and exits with code 2.
    """


class MissingExtraError(InputError):
    """An optional part is not installed; the message names the ``pip install`` that brings it."""

    def __init__(self, what: str, extra: str) -> None:
        """Says that `what` needs ``visavis[extra]``."""
        super().__init__(f"{what} needs optional packages that are not installed: pip install 'visavis[{extra}]'")


@contextmanager
def about(what: object) -> Iterator[None]:
    """What is wrong inside is said together with what it is about, such as a file, unless it is already named."""
    try:
        yield
    except InputError as error:
        if type(error) is not InputError or str(what) in str(error):
            raise
        raise InputError(f"{what}: {error}") from None


def reason(error: OSError) -> str | None:
    """What a failed access to the disk means and what to do, or None where it is not for the user to fix."""
    return _REASONS.get(error.errno) if error.errno else None


def plainly(error: Exception) -> str:
    """What went wrong in a few words: `reason`, else the system's text for it, else the error's own."""
    known = (reason(error) or error.strerror) if isinstance(error, OSError) else None
    return " ".join((known or str(error) or type(error).__name__).split())[:200]


def shown(name: object) -> str:
    """A name as it can be printed: control characters and bytes that are no text are escaped."""
    text = str(name).encode("utf-8", "backslashreplace").decode("utf-8")
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)
