"""The model of docs/adding-a-model.md, installed as a stranger's package, is served by every verb."""

import base64
import hashlib
import json
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import numpy as np
import pytest
import soundfile

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "adding-a-model.md"


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """A folder into which pip has installed the page's package, from a wheel made of what the page shows."""
    folder = tmp_path_factory.mktemp("stranger")
    project = tomllib.loads(blocks("toml")[0])["project"]
    points = "".join(
        f"[{group}]\n" + "".join(f"{name} = {value}\n" for name, value in named.items())
        for group, named in project["entry-points"].items()
    )
    init, model = blocks("python")[:2]
    info = f"{project['name']}-{project['version']}.dist-info"
    files = {
        "nodder/__init__.py": init,
        "nodder/model.py": model,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": points,
    }
    lines = [f"{name},sha256={digest(text)},{len(text.encode())}" for name, text in files.items()]
    files[f"{info}/RECORD"] = "\n".join([*lines, f"{info}/RECORD,,", ""])
    wheel = folder / f"{project['name']}-{project['version']}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target"]
    subprocess.run([*pip, str(folder / "site"), str(wheel)], check=True, capture_output=True)
    return folder / "site"


def digest(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()


EXECUTABLE = """
import json, sys
from visavis.cli.main import main
for sys.argv in json.loads(sys.argv[1]):
    try:
        main()
    except SystemExit as end:
        if end.code:
            raise
"""


@pytest.fixture(scope="module")
def visavis(installed):
    """Runs the executable as the stranger does: in a process that finds the package, one for each call."""
    inherited = os.environ.get("PYTHONPATH")
    path = os.pathsep.join([str(installed), *([inherited] if inherited else [])])

    def run(*commands) -> str:
        given = [sys.executable, "-c", EXECUTABLE, json.dumps([["visavis", *words] for words in commands], default=str)]
        done = subprocess.run(given, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": path})
        assert done.returncode == 0, done.stderr
        return done.stdout + done.stderr

    return run


@pytest.fixture(scope="module")
def trained(visavis, tmp_path_factory):
    """A corpus, and the stranger's model trained on it."""
    folder = tmp_path_factory.mktemp("work")
    visavis(
        ["simulate", "-o", folder / "corpus", "--conversations", "5", "--seconds", "6", "--voices", "builtin"],
        ["train", "nodder", "--corpus", folder / "corpus", "-o", folder / "run", "--max-steps", "20", "--device", "cpu",
         "--set", "training.batch_size=2", "--set", "training.save_every=10"],
    )  # fmt: skip
    return folder


@pytest.fixture(scope="module")
def talk(tmp_path_factory):
    """Six seconds of the sample conversation."""
    path = tmp_path_factory.mktemp("sound") / "talk.wav"
    samples, rate = soundfile.read(ROOT / "examples" / "talk.wav")
    soundfile.write(path, samples[: 6 * rate], rate)
    return path


def test_it_is_listed_and_described(visavis, trained):
    shown = visavis(["train", "--help"], ["info", trained / "run" / "model"])
    assert "nods whenever the other one speaks" in shown
    assert "nodder" in shown
    assert "arkit" in shown


def test_it_animates_and_listens(visavis, trained, talk, tmp_path):
    model = trained / "run" / "model"
    visavis(
        ["animate", talk, "--model", model, "-o", tmp_path / "both", "--only", "motion"],
        ["listen", talk, "--model", model, "-o", tmp_path / "listener", "--only", "motion"],
    )
    with np.load(tmp_path / "both" / "motion.npz") as both, np.load(tmp_path / "listener" / "motion.npz") as answer:
        columns = both["columns"].tolist()
        pitch = columns.index("head.x")
        still = [i for i, name in enumerate(columns) if name.startswith("mouth")]
        people = [both["A_motion"], both["B_motion"]]
        assert max(np.abs(motion[:, pitch]).max() for motion in people) > 0.01  # whoever hears the other speak
        assert all(np.abs(motion[:, still]).max() == 0 for motion in people)
        assert np.abs(answer["B_motion"][:, pitch]).max() > 0.01


def test_it_is_a_row_of_the_benchmark(visavis, trained, tmp_path):
    model, report = trained / "run" / "model", tmp_path / "report"
    visavis(["benchmark", "duet", "--corpus", trained / "corpus", "--model", model, "-o", report])
    assert "nodder" in (tmp_path / "report" / "report.md").read_text("utf-8")
