"""What the tests of perception share."""

import sys

import pytest


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Installs somebody else's package ``theirs``, given its source and its entry points."""

    def make(source: str, points: str) -> None:
        (tmp_path / "theirs.py").write_text(source)
        info = tmp_path / "theirs-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: theirs\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(points)
        monkeypatch.syspath_prepend(str(tmp_path))

    yield make
    sys.modules.pop("theirs", None)
