"""The documentation builds without a warning, and its generated pages say what the code says."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

from visavis.motion import SPACES

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def hooks():
    spec = importlib.util.spec_from_file_location("docs_hooks", ROOT / "docs" / "hooks.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    pytest.importorskip("mkdocs")
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def test_every_page_is_built(site):
    for page in (ROOT / "docs").rglob("*.md"):
        name = page.relative_to(ROOT / "docs").with_suffix("")
        target = site / "index.html" if str(name) == "index" else site / name / "index.html"
        assert target.is_file(), name
    assert "jawOpen" in (site / "motion-spaces" / "index.html").read_text("utf-8")
    assert "Words to places" in (site / "results" / "index.html").read_text("utf-8")
    layouts = (site / "layouts" / "index.html").read_text("utf-8")
    assert "across-a-table" in layouts
    assert "{{" not in layouts


def test_every_column_of_every_space_is_on_the_page(hooks):
    page = hooks.motion_spaces()
    for space in SPACES.values():
        section = page.split(f"## `{space.name}`: {space.dim} columns")[1].split("\n## ")[0]
        rows = [
            line.split("|")[1].strip() for line in section.splitlines() if line.startswith("| ") and line[2].isdigit()
        ]
        numbers = []
        for row in rows:
            first, _, last = row.partition("-")
            numbers += range(int(first), int(last or first) + 1)
        assert numbers == list(range(space.dim))
        for column in space.columns:
            assert f"`{column.name}`" in section or column.name.startswith("expression")
        for name in space.sets:
            assert f"Set `{name}`" in section
