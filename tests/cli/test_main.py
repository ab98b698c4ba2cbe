"""The executable as a user meets it."""

import re
import resource
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest


def test_help_costs_little_more_than_what_draws_it():
    """Measured against the library that shows help, on the same machine: how fast that machine is does not count."""
    command = [str(Path(sys.executable).with_name("visavis")), "--help"]
    drawing = [sys.executable, "-c", "import typer, typer.rich_utils, rich.markdown, rich.traceback"]
    for program in command, drawing:
        subprocess.run(program, capture_output=True, check=True)  # compiles the bytecode once
    took = min(cost(command) for _ in range(3))
    assert took < 3 * min(cost(drawing) for _ in range(3))
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert all(verb in shown for verb in ("animate", "export", "info", "doctor", "simulate", "train", "assets"))


def cost(command):
    """Seconds of processor time that a program uses: whatever else is going on does not count."""
    start = computed()
    subprocess.run(command, capture_output=True, check=True)
    return computed() - start


def computed():
    """Seconds of processor time that processes started here have used: whatever else is going on does not count."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@pytest.mark.parametrize("verb", ["animate", "export", "info", "report", "simulate"])
def test_every_main_verb_shows_examples(visavis, verb):
    code, out, _ = visavis(verb, "--help")
    assert code == 0
    assert f"visavis {verb}" in out


def test_importing_the_executable_imports_nothing_heavy():
    heavy = "torch", "numpy", "pyvista", "anny", "onnxruntime", "av", "pandas"
    script = f"import sys, visavis.cli.main; print([m for m in {heavy!r} if m in sys.modules])"
    shown = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert shown.strip() == "[]"


def test_version(visavis):
    code, out, _ = visavis("--version")
    assert (code, out.split()[0]) == (0, "visavis")


def test_unknown_verb_is_the_users_error(visavis):
    assert visavis("animaet")[0] == 2


@pytest.mark.parametrize(
    "arguments",
    [
        ("animate", "missing.wav", "-o", "out"),
        ("export", "missing", "--to", "glb"),
        ("info", "missing.wav"),
    ],
)
def test_a_missing_file_is_one_line_and_exit_code_2(visavis, arguments, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, out, err = visavis(*arguments)
    assert code == 2
    assert out == ""
    assert err.startswith("visavis: error: missing")
    assert err.count("\n") == 1


def test_unknown_result_names_those_there_are(visavis, tmp_path):
    (tmp_path / "a.wav").write_bytes(b"x")
    code, _, err = visavis("animate", tmp_path / "a.wav", "-o", tmp_path / "out", "--only", "motion,gbl")
    assert code == 2
    assert "gbl" in err
    assert "glb" in err


def test_output_that_is_a_file_is_refused(visavis, tmp_path):
    (tmp_path / "a.wav").write_bytes(b"x")
    (tmp_path / "out").write_text("precious")
    code, _, err = visavis("animate", tmp_path / "a.wav", "-o", tmp_path / "out")
    assert code == 2
    assert "is a file" in err
    assert (tmp_path / "out").read_text() == "precious"


def test_a_full_disk_is_one_line(visavis, tmp_path, monkeypatch):
    import errno

    def full(*_args, **_kwargs):
        raise OSError(errno.ENOSPC, "No space left on device", str(tmp_path / "out"))

    monkeypatch.setattr("visavis.workflows.info.describe", full)
    code, _, err = visavis("info", "x")
    assert code == 2
    assert "disk is full" in err


def test_stopping_says_that_one_can_go_on(visavis, monkeypatch):
    def stop(*_args, **_kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr("visavis.workflows.info.describe", stop)
    code, _, err = visavis("info", "x")
    assert code == 130
    assert err.count("\n") == 1


def test_doctor_knows_every_extra():
    from visavis.workflows import doctor

    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
    assert set(doctor.EXTRAS) == set(project["optional-dependencies"])
    names = {re.split(r"[\[>=]", line)[0] for lines in project["optional-dependencies"].values() for line in lines}
    assert {name for packages in doctor.EXTRAS.values() for name in packages.values()} <= names


@pytest.mark.parametrize(("cuda", "said"), [("12.8", True), (None, False)])
def test_doctor_says_where_a_build_for_cuda_is_for_nothing(monkeypatch, cuda, said):
    import torch

    from visavis.workflows import doctor

    monkeypatch.setattr(torch.version, "cuda", cuda)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    found = next(finding for finding in doctor.examine() if finding.what == "accelerator")
    assert ("CPU build is gigabytes smaller" in found.detail) == said


def test_doctor_shows_the_whole_command_for_a_missing_extra(visavis, monkeypatch):
    from visavis.workflows import doctor

    lacking = doctor.Finding("extra 'bodies'", "optional", "pip install 'visavis[bodies]'")
    monkeypatch.setattr(doctor, "examine", lambda: iter([lacking]))
    code, out, _ = visavis("doctor")
    assert code == 0
    assert "visavis[bodies]" in out
