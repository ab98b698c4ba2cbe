"""The list of tests that take long names tests that exist."""

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LINES = [line for line in (ROOT / "tests" / "long.txt").read_text("utf-8").splitlines() if not line.startswith("#")]


@pytest.mark.parametrize("line", LINES)
def test_it_exists(line):
    path, _, name = line.partition("::")
    wanted = f"def {name.partition('[')[0]}(" if name else "def test_"
    assert wanted in (ROOT / path).read_text("utf-8")


def test_it_is_sorted():
    assert sorted(LINES) == LINES
