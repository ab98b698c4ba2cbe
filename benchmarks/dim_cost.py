"""To be written."""

from __future__ import annotations

from pathlib import Path

TITLE = "cost"


def report(work: Path, data: Path) -> list[str] | None:
    raise NotImplementedError
