"""Packages depend on each other only as .importlinter says, and model families not at all."""

import subprocess
import sys
from pathlib import Path

import grimp

from visavis.models.registry import entries

ROOT = Path(__file__).resolve().parent.parent


def test_dependencies_point_down():
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as run; run()", "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 broken" in done.stdout


def test_model_families_do_not_know_each_other():
    families = {".".join(entry.model.split(".")[:3]) for entry in entries().values()}
    families = {name for name in families if name.startswith("visavis.models.")}
    assert {"visavis.models." + name for name in ("duet", "dim", "baselines", "retrieval")} <= families
    imports = grimp.build_graph("visavis", cache_dir=None)
    assert not imports.find_illegal_dependencies_for_layers([families])
