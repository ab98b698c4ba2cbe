"""Documents that are joined from parts, each of which was measured on its own."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path


def write_parts(path: Path, head: Sequence[str], parts: Mapping[str, Path]) -> None:
    """Writes the parts that there are, and says which there are not; the document appears in one go.

    Args:
        path: The document.
        head: Its first lines.
        parts: By heading, the file of a part: JSON with ``lines``, ``command`` and perhaps ``weights``.
    """
    lines = [*head, ""]
    for title, stored in parts.items():
        lines += [f"## {title}", ""]
        if stored.is_file():
            found = json.loads(stored.read_text("utf-8"))
            by = f"Weights `{found['weights']}`, by" if "weights" in found else "By"
            lines += [f"{by} `{found['command']}`.", "", *found["lines"], ""]
        else:
            lines += ["Not measured yet.", ""]
    path.parent.mkdir(parents=True, exist_ok=True)
    working = path.with_suffix(".tmp")
    working.write_text("\n".join(lines).rstrip() + "\n", "utf-8")
    working.replace(path)
