"""Documents that are joined from parts, each of which was measured on its own."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path


def write_parts(path: Path, head: Sequence[str], parts: Mapping[str, Path]) -> None:
    """Writes the document in one go; a part that was not measured here stays as the document has it.

    Args:
        path: The document.
        head: Its first lines.
        parts: By heading, the file of a part: JSON with ``lines``, ``command`` and perhaps ``weights``.
    """
    before = _sections(path)
    lines = [*head, ""]
    for title, stored in parts.items():
        lines += [f"## {title}", ""]
        if stored.is_file():
            found = json.loads(stored.read_text("utf-8"))
            by = f"Weights `{found['weights']}`, by" if "weights" in found else "By"
            lines += [f"{by} `{found['command']}`.", "", *found["lines"], ""]
        else:
            lines += [*before.get(title, ["Not measured yet."]), ""]
    path.parent.mkdir(parents=True, exist_ok=True)
    working = path.with_suffix(".tmp")
    working.write_text("\n".join(lines).rstrip() + "\n", "utf-8")
    working.replace(path)


def _sections(path: Path) -> dict[str, list[str]]:
    """What stands under each heading of the second level."""
    found: dict[str, list[str]] = {}
    section: list[str] = []
    for line in path.read_text("utf-8").splitlines() if path.is_file() else ():
        if line.startswith("## "):
            section = found.setdefault(line[3:], [])
        else:
            section.append(line)
    return {title: "\n".join(lines).strip().splitlines() for title, lines in found.items()}
