"""What all tests share."""

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

import pytest

from visavis.cli import main as cli
from visavis.files import alone

ROOT = Path(__file__).resolve().parent.parent
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as in the background of a shell, where nobody hears Ctrl-C
    signal.signal(signal.SIGINT, signal.default_int_handler)
LONG = tuple(line for line in (ROOT / "tests" / "long.txt").read_text("utf-8").splitlines() if not line.startswith("#"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks what `make test` leaves to `make test-long`."""
    for item in items:
        if item.nodeid.startswith(LONG):
            item.add_marker(pytest.mark.long)


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real recordings, which is not part of the project."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"needs the real recordings, which are not here: {folder}")
    return folder


class SmallDisk:
    """A memory disk of a given size."""

    def __init__(self, folder: Path, kib: int) -> None:
        self.folder = folder
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={kib}k", "tmpfs", folder], check=True, capture_output=True)

    def resize(self, kib: int) -> None:
        subprocess.run(["mount", "-o", f"remount,size={kib}k", self.folder], check=True)

    def make_read_only(self) -> None:
        subprocess.run(["mount", "-o", "remount,ro", self.folder], check=True)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Callable[[int], SmallDisk]]:
    """Makes a disk of so many KiB; skips where disks cannot be mounted."""
    folder = tmp_path / "disk"
    folder.mkdir()

    def make(kib: int) -> SmallDisk:
        try:
            return SmallDisk(folder, kib)
        except (OSError, subprocess.CalledProcessError) as error:
            pytest.skip(f"needs to mount a memory disk, which takes root on Linux ({error})")

    yield make
    if folder.is_mount():
        # What ran in this process may still have files on it mapped into memory.
        subprocess.run(["umount", "--lazy", folder], check=True)


@pytest.fixture
def visavis(monkeypatch, capsys):
    """Arguments in, (exit code, stdout, stderr) out; internal errors are raised as they are."""
    monkeypatch.setenv("VISAVIS_RAISE", "1")

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["visavis", *map(str, arguments)])
        with pytest.raises(SystemExit) as end:
            cli.main()
        captured = capsys.readouterr()
        return end.value.code or 0, captured.out, captured.err

    return run


@pytest.fixture
def held_elsewhere():
    """Holds a folder as another process would: in a thread of its own."""

    @contextmanager
    def hold(folder: Path) -> Iterator[None]:
        begun, done = Event(), Event()

        def work() -> None:
            with alone(folder):
                begun.set()
                done.wait(60)

        thread = Thread(target=work)
        thread.start()
        assert begun.wait(10)
        try:
            yield
        finally:
            done.set()
            thread.join()

    return hold
