"""Folders that cannot be written to and disks that fill up, for real."""

import os
import resource
import subprocess
import sys
from functools import partial

import pytest
import soundfile

from duet_toys import toy_checkpoint
from visavis.simulation.dyads import simulate


@pytest.fixture(scope="module")
def arguments(tmp_path_factory):
    """What to animate with what: 2 s of sound, a tiny untrained model."""
    folder = tmp_path_factory.mktemp("given")
    mixed = simulate(seed=2, duration=8.0).mixed
    soundfile.write(folder / "talk.wav", mixed.samples[: 2 * mixed.sample_rate], mixed.sample_rate)
    return [str(folder / "talk.wav"), "--model", str(toy_checkpoint(folder / "checkpoint"))]


@pytest.fixture
def animate(visavis, arguments):
    return lambda out: visavis("animate", *arguments, "-o", out, "--only", "motion")


def refused_in_one_line(done, *words):
    code, out, err = done
    complaints = [line for line in err.splitlines() if line.startswith("visavis: error:")]
    assert (code, out) == (2, ""), err
    assert len(complaints) == 1
    assert all(word in complaints[0] for word in words), complaints[0]
    assert "Traceback" not in err


def everything_in(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


def test_what_fits_on_a_disk_that_fills_up_is_kept_and_the_next_run_goes_on(animate, small_disk):
    disk = small_disk(kib=60)
    out = disk.folder / "out"
    refused_in_one_line(animate(out), "out", "disk", "full")
    assert everything_in(out) == []
    disk.resize(kib=108)  # the conversation takes 96, motion.npz 24
    refused_in_one_line(animate(out), "motion.npz", "disk is full")
    assert {path.name for path in out.iterdir()} == {"conversation"}
    kept = (out / "conversation" / "corpus.json").stat().st_mtime_ns
    disk.resize(kib=4096)
    code, _, err = animate(out)
    assert code == 0, err
    assert (out / "conversation" / "corpus.json").stat().st_mtime_ns == kept
    assert {path.name for path in out.iterdir()} == {"conversation", "motion.npz", "provenance.json"}


def test_files_that_may_not_grow_are_one_line_and_leave_nothing(arguments, tmp_path):
    """In a process of its own, whose limit it is; bytecode would be written, and cut off, under the same limit."""
    command = [sys.executable, "-B", "-m", "visavis.cli.main", "animate", *arguments, "-o", tmp_path / "out"]
    limit = partial(resource.setrlimit, resource.RLIMIT_FSIZE, (20_000, 20_000))
    done = subprocess.run([*command, "--only", "motion"], capture_output=True, text=True, preexec_fn=limit, check=False)
    refused_in_one_line((done.returncode, done.stdout, done.stderr), "conversation")
    assert everything_in(tmp_path / "out") == []


def test_a_read_only_disk_is_one_line(animate, small_disk):
    disk = small_disk(kib=64)
    disk.make_read_only()
    refused_in_one_line(animate(disk.folder / "out"), "out", "read-only")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_permission_is_one_line(animate, tmp_path):
    tmp_path.chmod(0o555)
    refused_in_one_line(animate(tmp_path / "out"), "out", "permission")


def test_a_folder_under_a_file_is_one_line(visavis, arguments, tmp_path):
    (tmp_path / "notes.txt").write_text("precious")
    code, out, err = visavis("animate", *arguments, "-o", tmp_path / "notes.txt" / "out")
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert "is a file" in err
    assert (tmp_path / "notes.txt").read_text() == "precious"
