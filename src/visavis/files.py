"""Files appear whole or not at all, one process at a time writes to a folder, and there has to be room."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

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


def flush(path: Path) -> None:
    """Waits until a file, or the names in a folder, are on the disk and would survive a power cut."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def results_folder(out: Path) -> Iterator[None]:
    """The folder for results, made if missing and held alone; where nothing comes of it, it goes again.

    Raises:
        InputError: It cannot be made or written to, or another run is writing to it.
    """
    with made_folder(out), alone(out):
        yield


@contextmanager
def made_folder(out: Path) -> Iterator[None]:
    """A folder that can be written to, made if missing; where nothing comes of it, it goes again.

    Raises:
        InputError: It cannot be made or written to.
    """
    new = [folder for folder in (out, *out.parents) if not folder.exists()]
    try:
        out.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=out).close()
    except FileExistsError:
        raise InputError(f"{out}: is a file; choose a folder for the results") from None
    except OSError as error:
        raise InputError(f"{out}: cannot be written to: {plainly(error)}") from None
    try:
        yield
    finally:
        with suppress(OSError, InputError), alone(out):
            for folder in new:
                folder.rmdir()  # goes only if there is nothing in it


_mine = threading.local()


@contextmanager
def alone(folder: Path, *, waits: Callable[[], object] | None = None) -> Iterator[None]:
    """Holds a folder, made if missing, against everybody else who would hold it; the same thread may hold it twice.

    The system lets go of it however the process ends. Nobody is kept from reading, and nothing is left in the folder.

    Args:
        folder: The folder.
        waits: Called when it turns out that another holds it and has to be waited for; there is no waiting unless
            given.

    Raises:
        InputError: Another holds it and there is no waiting, or it cannot be made.
    """
    name = folder.resolve()
    held: set[Path] = _mine.__dict__.setdefault("folders", set())
    if name in held:
        yield
        return
    try:
        let_go = _hold(folder, waits)
    except (BlockingIOError, Timeout):
        raise InputError(
            f"{folder}: another run of visavis is writing to it; wait until that is done, or choose another folder"
        ) from None
    except FileExistsError:
        raise InputError(f"{folder}: is a file; choose a folder") from None
    except OSError as error:
        raise InputError(f"{folder}: cannot be written to: {plainly(error)}") from None
    held.add(name)
    try:
        yield
    finally:
        held.remove(name)
        let_go()


def _hold(folder: Path, waits: Callable[[], object] | None) -> Callable[[], object]:
    """Locks a folder; returns what lets go of it."""
    while True:
        folder.mkdir(parents=True, exist_ok=True)
        try:
            handle = _locked(folder, waits)
        except BlockingIOError:
            raise
        except FileNotFoundError:
            continue
        except OSError:
            return _hold_stand_in(folder, waits)
        if _is_at(folder, handle):
            return lambda: os.close(handle)
        os.close(handle)  # whoever held it took it away, or put another in its place


def _locked(folder: Path, waits: Callable[[], object] | None) -> int:
    """A handle of the folder itself, locked: no file need lie in it, and the lock ends with the process."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        import fcntl

        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if waits is None:
                raise
            waits()
            fcntl.flock(handle, fcntl.LOCK_EX)
    except BaseException:
        os.close(handle)
        raise
    return handle


def _is_at(folder: Path, handle: int) -> bool:
    try:
        return os.path.samestat(folder.stat(), os.fstat(handle))
    except FileNotFoundError:
        return False


def _hold_stand_in(folder: Path, waits: Callable[[], object] | None) -> Callable[[], object]:
    """Locks a file of this machine instead of a folder, where the file system locks no folders (NFS; Windows)."""
    name = hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:16]
    lock = FileLock(Path(tempfile.gettempdir()) / f"visavis-{name}.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        if waits is None:
            raise
        waits()
        lock.acquire()
    return lock.release
