"""Whatever goes wrong in a command is one line and an exit code."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from visavis.cli.console import ConsoleReporter, complain, progress_bar, say, show, show_json
from visavis.errors import InputError

HOSTILE = "a\x1b[31mred\x9b2J\u202e\r\n[bold red]b[/]\udcff"


@pytest.fixture
def failing(visavis, monkeypatch, tmp_path):
    """Raises an error inside `visavis info`, as a user's process would meet it; gives code and lines."""
    monkeypatch.delenv("VISAVIS_RAISE", raising=False)
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))

    def run(make):
        def fail(_path):
            if isinstance(make, BaseException):
                raise make
            make()

        monkeypatch.setattr("visavis.workflows.info.describe", fail)
        code, out, err = visavis("info", "x")
        assert out == ""
        assert "Traceback" not in err
        return code, err.splitlines()

    return run


def deep():
    deep()


@pytest.mark.parametrize(
    "bug",
    [
        TypeError("unsupported operand\nof two lines"), KeyError("a"), AssertionError(), IndexError("list index"),
        ZeroDivisionError("division"), RuntimeError("\x1b[31mred"), pytest.param(deep, id="deep"),
    ],
    ids=repr,
)  # fmt: skip
def test_a_bug_is_one_line_and_its_trace_is_in_a_file_outside_the_results(failing, tmp_path, monkeypatch, bug):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    code, (line,) = failing(bug)
    assert code == 1
    assert line.startswith("visavis: error: internal error: ")
    assert "\x1b" not in line
    (stored,) = (tmp_path / "temporary").iterdir()
    assert str(stored) in line
    assert "Traceback" in stored.read_text()
    assert "test_guard.py" in stored.read_text()
    assert list((tmp_path / "here").iterdir()) == []


def test_a_trace_that_cannot_be_stored_is_told_by_its_last_line(failing, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "none"))
    code, (line,) = failing(TypeError("x"))
    assert code == 1
    assert "test_guard.py, line" in line


def test_developers_can_have_it_raised(visavis, monkeypatch):
    def fail(_path):
        raise TypeError("x")

    monkeypatch.setattr("visavis.workflows.info.describe", fail)
    with pytest.raises(TypeError, match="x"):
        visavis("info", "x")


@pytest.mark.parametrize(
    "greedy",
    [
        MemoryError(),
        lambda: np.zeros((10**7, 10**7)),
        lambda: torch.zeros((10**7, 10**7)),
        lambda: bytes(10**17),
        torch.OutOfMemoryError("CUDA out of memory"),
    ],
)
def test_memory_that_runs_out_is_not_a_bug(failing, greedy):
    code, (line,) = failing(greedy)
    assert code == 2
    assert "not enough memory" in line


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (FileNotFoundError(errno.ENOENT, "No such file or directory", "some/file"), "some/file: No such file"),
        (OSError(errno.ENOSPC, "No space left on device", "x"), "x: the disk is full"),
        (PermissionError(errno.EACCES, "Permission denied", "y\x1b[2J"), "y\\x1b[2J: no permission"),
        (ConnectionResetError(errno.ECONNRESET, "Connection reset by peer"), "output: Connection reset by peer"),
        (OSError("cannot identify\nimage file"), "output: cannot identify image file"),
        (OSError(), "output: OSError"),
    ],
)
def test_every_failure_of_the_system_is_one_line(failing, error, says):
    code, (line,) = failing(error)
    assert code == 2
    assert line.startswith(f"visavis: error: {says}")


def test_a_name_that_is_no_text_is_named_even_where_it_is_met_late(failing):
    code, (line,) = failing(lambda: "a\udcff.wav".encode())
    assert code == 2
    assert "'a\\udcff.wav': is not UTF-8 text" in line


@pytest.mark.parametrize(
    "arguments",
    [
        ("animate", "a\udcff.wav", "-o", "out"),
        ("animate", "a.wav", "-o", "out\udc80"),
        ("train", "duet", "-o", "out", "--set", "fps=\udcff"),
        ("listen", "a.wav", "-o", "out", "--layout", "two \udcc3 friends"),
        ("info", "a\0b"),
    ],
)
def test_arguments_that_are_no_text_are_refused_before_anything_is_done(visavis, tmp_path, monkeypatch, arguments):
    monkeypatch.chdir(tmp_path)
    code, out, err = visavis(*arguments)
    assert code == 2
    assert out == ""
    assert "UTF-8" in err or "NUL" in err
    assert err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("animaet",), "No such command 'animaet'. Did you mean 'animate'?"),
        (("simulate",), "Missing option '-o'"),
        (("simulate", "-o", "x", "--sead", "1"), "No such option: --sead"),
        (("simulate", "-o", "x", "--seed", "[/red]"), "'--seed'"),
        (("simulate", "-o", "x", "--nod\x1b[31m"), "No such option"),
        (("study", "buidl"), "No such command 'buidl'"),
    ],
)
def test_wrong_usage_is_one_line_that_names_the_help(visavis, arguments, says):
    code, out, err = visavis(*arguments)
    assert (code, out) == (2, "")
    assert says in err
    assert "--help" in err
    assert err.count("\n") == 1
    assert "\x1b" not in err


@pytest.mark.parametrize(
    ("arguments", "limit"),
    [
        (("animate", "a.wav", "--seed", 2**64), "4294967295"),
        (("animate", "a.wav", "--seed", -1), "0"),
        (("listen", "a.wav", "--samples", 10**9), "100"),
        (("listen", "a.wav", "--temperature", "nan"), "0"),
        (("simulate", "--conversations", 10**12), "1000000"),
        (("simulate", "--seconds", "1e12"), "3600"),
        (("simulate", "--workers", 10**9), "1024"),
        (("train", "duet", "--max-steps", 10**12), "100000000"),
        (("train", "duet", "--max-minutes", "inf"), "525600"),
        (("benchmark", "duet", "--corpus", "c", "--samples", 10**9), "100"),
        (("retrieve", "hello", "--corpus", "c", "-k", 10**9), "10,000"),
    ],
)
def test_numbers_that_nobody_can_mean_are_refused_with_the_limit(visavis, tmp_path, arguments, limit):
    code, _, err = visavis(*arguments, "-o", tmp_path / "out")
    assert code == 2
    assert limit in err
    assert err.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_what_is_printed_moves_no_cursor_and_breaks_no_line(capsys):
    for printed in (complain, say, ConsoleReporter().note):
        printed(HOSTILE)
        shown = capsys.readouterr().err
        assert shown.count("\n") == 1
        assert shown[:-1].isprintable()
        assert "[bold red]b[/]" in shown
    show(HOSTILE)
    assert capsys.readouterr().out.replace("\n", "").isprintable()
    show_json({"a": HOSTILE})
    shown = capsys.readouterr().out
    assert shown[:-1].isprintable()
    import json

    assert json.loads(shown) == {"a": HOSTILE}


def test_titles_of_progress_bars_are_no_markup(capsys, monkeypatch):
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "200")
    for title in ("[/]", "[bold red]b[/]", "a\x1b[2Jb"):
        with progress_bar(title) as update:
            update(0.5)
        shown = capsys.readouterr().err
        assert "\x1b[" in shown  # it is a bar
        assert title.replace("\x1b", "\\x1b") in shown


def process(arguments, **how):
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2] / "src")}
    return subprocess.run(
        [sys.executable, "-m", "visavis.cli.main", *arguments],
        stderr=subprocess.PIPE,
        env=environment,
        text=True,
        **how,
    )


def test_output_that_nobody_reads_is_no_error():
    reader, writer = os.pipe()
    os.close(reader)
    done = process(["assets", "list"], stdout=writer)
    os.close(writer)
    assert (done.returncode, done.stderr) == (141, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full, which Linux has")
def test_output_that_finds_no_room_is_one_line():
    with Path("/dev/full").open("w") as full:
        done = process(["assets", "list"], stdout=full)
    assert done.returncode == 2
    assert done.stderr.startswith("visavis: error: output: the disk is full")
    assert done.stderr.count("\n") == 1


def test_names_in_another_alphabet_can_be_printed_anywhere(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "visavis.cli.main", "info", "Müller 会話.wav"], capture_output=True, cwd=tmp_path,
        env={**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONPATH": str(Path(__file__).parents[2] / "src")},
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr.startswith(b"visavis: error: M\\xfcller")


def test_an_error_meant_for_users_stays_one_line_whatever_it_says(failing):
    code, (line,) = failing(InputError(HOSTILE))
    assert code == 2
    assert line.isprintable()
