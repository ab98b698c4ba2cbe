"""Files that appear whole, and folders that one run at a time writes to."""

import errno
import fcntl
import os
import signal
import subprocess
import sys
import time
from threading import Thread

import pytest

from visavis.errors import InputError
from visavis.files import alone, atomic_write, made_folder, need_room, results_folder

HOLDER = """
import sys, time
from pathlib import Path
from visavis.files import results_folder
with results_folder(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def holder(tmp_path):
    """A process that holds ``tmp_path / "out"``."""
    process = subprocess.Popen([sys.executable, "-c", HOLDER, tmp_path / "out"], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.communicate()


def test_a_file_appears_whole(tmp_path):
    with atomic_write(tmp_path / "a.txt") as temporary:
        temporary.write_text("new")
        assert not (tmp_path / "a.txt").exists()
    assert (tmp_path / "a.txt").read_text() == "new"
    assert len(list(tmp_path.iterdir())) == 1


def test_nothing_is_left_after_an_interruption(tmp_path):
    (tmp_path / "a.txt").write_text("old")

    def interrupted():
        with atomic_write(tmp_path / "a.txt") as temporary:
            temporary.write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert (tmp_path / "a.txt").read_text() == "old"
    assert len(list(tmp_path.iterdir())) == 1


def test_a_full_disk_is_one_line(tmp_path):
    def full():
        with atomic_write(tmp_path / "a.txt") as temporary:
            temporary.write_text("half")
            raise OSError(28, "No space left on device")

    with pytest.raises(InputError, match=r"a\.txt cannot be written: the disk is full"):
        full()
    assert list(tmp_path.iterdir()) == []


def test_what_does_not_fit_on_the_disk_is_not_begun(tmp_path):
    need_room(tmp_path / "not" / "there" / "yet", 1000, "two files")
    with pytest.raises(
        InputError, match=r"yet: a million films need about 1,000,000,000\.0 GB, of which [\d.,]+ are free"
    ):
        need_room(tmp_path / "not" / "there" / "yet", 1e18, "a million films")
    assert list(tmp_path.iterdir()) == []


def test_a_second_process_is_refused_at_once_until_the_first_is_gone_however_it_ended(holder, tmp_path):
    start = time.monotonic()
    with (
        pytest.raises(InputError, match=r"out: another run of visavis is writing to it; wait"),
        results_folder(tmp_path / "out"),
    ):
        pass
    assert time.monotonic() - start < 1
    assert (tmp_path / "out").is_dir()  # which is the other's to take away
    assert list((tmp_path / "out").iterdir()) == []
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    with results_folder(tmp_path / "out"):
        (tmp_path / "out" / "result").touch()


def test_names_do_not_hide_that_a_folder_is_the_same(tmp_path, held_elsewhere, monkeypatch):
    (tmp_path / "link").symlink_to(tmp_path / "out")
    monkeypatch.chdir(tmp_path)
    for name in ("out", "./out/../out", "link"):
        with held_elsewhere(tmp_path / "out"), pytest.raises(InputError, match="another run"), alone(tmp_path / name):
            pass


def test_who_holds_a_folder_may_hold_it_again_and_others_still_may_not(tmp_path):
    refused = []

    def other():
        try:
            with alone(tmp_path):
                pass
        except InputError:
            refused.append(True)

    with results_folder(tmp_path):
        with results_folder(tmp_path), alone(tmp_path):
            pass
        thread = Thread(target=other)
        thread.start()
        thread.join()
    assert refused == [True]
    with alone(tmp_path):
        pass


@pytest.mark.parametrize("taken_away", [False, True])
def test_waiting_ends_when_the_folder_is_free_or_gone(tmp_path, taken_away):
    folder, told, seen = tmp_path / "out", [], []

    def wait():
        with alone(folder, waits=lambda: told.append("waits")):
            seen.append(folder.is_dir())

    with alone(folder):
        thread = Thread(target=wait)
        thread.start()
        while not told:
            time.sleep(0.01)
        assert not seen
        if taken_away:
            folder.rmdir()
    thread.join(10)
    assert seen == [True]


def test_a_folder_in_which_nothing_came_about_goes_with_its_parents(tmp_path):
    with pytest.raises(KeyboardInterrupt), results_folder(tmp_path / "a" / "b" / "c"):
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []
    with results_folder(tmp_path / "a" / "b"):
        (tmp_path / "a" / "kept").touch()
    assert [path.name for path in tmp_path.rglob("*")] == ["a", "kept"]


def test_a_folder_that_somebody_else_has_taken_up_meanwhile_stays(tmp_path, held_elsewhere):
    with made_folder(tmp_path / "out"):
        other = held_elsewhere(tmp_path / "out")
        other.__enter__()
    assert (tmp_path / "out").is_dir()
    other.__exit__(None, None, None)


def test_file_systems_that_lock_no_folders_are_served_by_a_file_of_this_machine(
    tmp_path, held_elsewhere, monkeypatch
):  # as NFS, which locks files that are open for writing
    real = fcntl.flock

    def flock(handle, how):
        if os.path.isdir(f"/proc/self/fd/{handle}"):  # noqa: PTH112
            raise OSError(errno.EBADF, "Bad file descriptor")
        real(handle, how)

    monkeypatch.setattr(fcntl, "flock", flock)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    with held_elsewhere(tmp_path / "out"), pytest.raises(InputError, match="another run"), alone(tmp_path / "out"):
        pass
    with held_elsewhere(tmp_path / "other"), alone(tmp_path / "out"):
        pass


@pytest.mark.parametrize("where", ["file", "file/below"])
def test_what_is_no_folder_is_one_line(tmp_path, where):
    (tmp_path / "file").write_text("precious")
    for hold in (results_folder, alone):
        with pytest.raises(InputError, match="file"), hold(tmp_path / where):
            pass
    assert (tmp_path / "file").read_text() == "precious"
