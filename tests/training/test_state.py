"""The state on disk: whatever the process or the disk does, there is a whole one, and nothing lies about elsewhere."""

import errno
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
import torch

from reporters import Recorded
from visavis.errors import InputError
from visavis.training.state import read_state, write_state


def state(step, size=1000):
    return {"step": step, "model": {"weight": torch.full((size,), float(step))}}


def step_in(folder):
    return read_state(folder, Recorded())["step"]


def test_the_newest_is_read_and_the_one_before_it_is_kept(tmp_path):
    for step in (2, 4, 6):
        write_state(tmp_path, state(step))
    assert {path.name for path in tmp_path.iterdir()} == {"last.ckpt", "before.ckpt"}
    assert step_in(tmp_path) == 6
    (tmp_path / "last.ckpt").unlink()  # as where the process was killed between the two names
    assert step_in(tmp_path) == 4


DAMAGES = [
    lambda whole: whole[: len(whole) // 2], lambda whole: whole[:-1], lambda whole: b"", lambda whole: b"no state",
    lambda whole: whole[:200] + bytes(b ^ 255 for b in whole[200:900]) + whole[900:],
    lambda whole: b"\0" * len(whole),
]  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_one_gives_way_to_the_one_before_with_a_note(tmp_path, damage):
    write_state(tmp_path, state(2))
    write_state(tmp_path, state(4))
    last, before, reporter = tmp_path / "last.ckpt", tmp_path / "before.ckpt", Recorded()
    last.write_bytes(damage(last.read_bytes()))
    assert read_state(tmp_path, reporter)["step"] == 2
    assert len(reporter.notes) == 1
    assert reporter.notes[0].endswith("last.ckpt: is damaged; resuming from the state before it, after step 2")
    before.write_bytes(damage(before.read_bytes()))
    with pytest.raises(InputError, match=r"last\.ckpt: is damaged and cannot be resumed from .*start again in another"):
        read_state(tmp_path, Recorded())


def test_a_full_disk_leaves_what_is_there(small_disk):
    disk = small_disk(kib=100)
    write_state(disk.folder, state(2, 5000))
    write_state(disk.folder, state(4, 5000))
    for _ in range(2):
        with pytest.raises(InputError, match=r"last\.ckpt cannot be written: the disk is full"):
            write_state(disk.folder, state(6, 20_000))
        assert {path.name for path in disk.folder.iterdir()} == {"last.ckpt", "before.ckpt"}
        assert step_in(disk.folder) == 4
    disk.resize(kib=400)
    write_state(disk.folder, state(6, 20_000))
    assert step_in(disk.folder) == 6


@pytest.mark.parametrize("fails", ["fsync", "replace"])
def test_a_disk_that_fails_late_leaves_what_is_there(tmp_path, monkeypatch, fails):
    write_state(tmp_path, state(2))

    def failing(*_):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(*((os, "fsync") if fails == "fsync" else (Path, "replace")), failing)
    with pytest.raises(InputError, match="Input/output error"):
        write_state(tmp_path, state(4))
    monkeypatch.undo()
    assert step_in(tmp_path) == 2
    assert {path.name for path in tmp_path.iterdir()} == {"last.ckpt"}


def test_it_is_on_the_disk_before_it_takes_the_place_of_the_one_before(tmp_path, monkeypatch):
    done = []
    fsync, replace = os.fsync, Path.replace
    monkeypatch.setattr(os, "fsync", lambda handle: (done.append("fsync"), fsync(handle)))
    monkeypatch.setattr(Path, "replace", lambda path, to: (done.append(Path(to).name), replace(path, to)))
    write_state(tmp_path, state(2))
    write_state(tmp_path, state(4))
    assert done == ["fsync", "last.ckpt", "fsync", "fsync", "before.ckpt", "last.ckpt", "fsync"]


KILLED = """
import sys, torch
from pathlib import Path
from visavis.training.state import write_state
out, step = Path(sys.argv[1]), 0
while True:
    step += 1
    write_state(out, {"step": step, "model": {"weight": torch.full((2_000_000,), float(step))}})
    print(step, flush=True)
"""


def test_killed_while_saving_on_another_file_system_than_the_temporary_folder(tmp_path):
    memory = Path("/dev/shm")
    if not memory.is_dir() or memory.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("needs a second file system, such as /dev/shm")
    with tempfile.TemporaryDirectory(dir=memory) as name:
        environment = {**os.environ, "TMPDIR": str(tmp_path)}
        command = [sys.executable, "-c", KILLED, name]
        with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
            reached = 0
            while not list(Path(name).glob(".last.ckpt.tmp")) or reached < 3:  # killed while it writes
                if reached < 3:
                    reached = int(process.stdout.readline())
            process.kill()
        found = read_state(Path(name), Recorded())
        assert found["step"] >= 3
        assert torch.equal(found["model"]["weight"], torch.full((2_000_000,), float(found["step"])))
    assert list(tmp_path.iterdir()) == []
