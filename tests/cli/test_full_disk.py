"""Folders that cannot be written to and disks that fill up, for real: the executable in a process of its own."""

import os
import resource
import subprocess
import sys

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


def animate(arguments, out, largest_file=None):
    """Runs ``visavis animate``; no file may grow past `largest_file` bytes."""

    def limit():
        if largest_file:
            resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file, largest_file))

    # Bytecode would be written, and cut off, under the same limit.
    command = [
        sys.executable,
        "-B",
        "-m",
        "visavis.cli.main",
        "animate",
        *arguments,
        "-o",
        str(out),
        "--only",
        "motion",
    ]
    return subprocess.run(command, capture_output=True, text=True, preexec_fn=limit, check=False)


def refused_in_one_line(done, *words):
    complaints = [line for line in done.stderr.splitlines() if line.startswith("visavis: error:")]
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    assert len(complaints) == 1
    assert all(word in complaints[0] for word in words), complaints[0]
    assert "Traceback" not in done.stderr


def everything_in(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


def test_what_fits_on_a_disk_that_fills_up_is_kept_and_the_next_run_goes_on(arguments, small_disk):
    disk = small_disk(kib=60)
    out = disk.folder / "out"
    refused_in_one_line(animate(arguments, out), "out", "disk", "full")
    assert everything_in(out) == []
    disk.resize(kib=108)  # the conversation takes 96, motion.npz 24
    refused_in_one_line(animate(arguments, out), "motion.npz", "disk is full")
    assert {path.name for path in out.iterdir()} == {"conversation"}
    kept = (out / "conversation" / "corpus.json").stat().st_mtime_ns
    disk.resize(kib=4096)
    done = animate(arguments, out)
    assert done.returncode == 0, done.stderr
    assert (out / "conversation" / "corpus.json").stat().st_mtime_ns == kept
    assert {path.name for path in out.iterdir()} == {"conversation", "motion.npz", "provenance.json"}


def test_files_that_may_not_grow_are_one_line_and_leave_nothing(arguments, tmp_path):
    refused_in_one_line(animate(arguments, tmp_path / "out", largest_file=20_000), "conversation")
    assert everything_in(tmp_path / "out") == []


def test_a_read_only_disk_is_one_line(arguments, small_disk):
    disk = small_disk(kib=64)
    disk.make_read_only()
    refused_in_one_line(animate(arguments, disk.folder / "out"), "out", "read-only")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_permission_is_one_line(arguments, tmp_path):
    tmp_path.chmod(0o555)
    refused_in_one_line(animate(arguments, tmp_path / "out"), "out", "permission")


def test_a_folder_under_a_file_is_one_line(visavis, arguments, tmp_path):
    (tmp_path / "notes.txt").write_text("precious")
    code, out, err = visavis("animate", *arguments, "-o", tmp_path / "notes.txt" / "out")
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert "is a file" in err
    assert (tmp_path / "notes.txt").read_text() == "precious"
