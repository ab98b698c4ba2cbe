"""Pages that are made when the documentation is built, from the code and from docs/results."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import groupby
from pathlib import Path
from typing import Any

from visavis.motion import SPACES, MotionSpace
from visavis.motion.space import Column
from visavis.scene.examples import load_examples
from visavis.scene.presets import PRESETS

UNITS = {"coefficient": "", "rad": "radians", "m": "metres"}


def on_files(files: Any, config: Any) -> Any:
    """Adds the generated pages (called by MkDocs)."""
    from mkdocs.structure.files import File

    results = Path(config["docs_dir"]) / "results"
    pages = {
        "motion-spaces.md": motion_spaces(),
        "results/index.md": results_index(results),
    }
    for uri, content in pages.items():
        files.append(File.generated(config, uri, content=content))
    return files


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Fills in the tables of layouts (called by MkDocs)."""
    return markdown.replace("{{ layout_presets }}", layout_presets()).replace(
        "{{ layout_examples }}", layout_examples()
    )


def motion_spaces() -> str:
    """The page on motion spaces: every column of every space."""
    lines = [
        "# Motion spaces, column by column",
        "",
        "Made from `visavis.motion.SPACES` when this page was built. Rotations are rotation vectors (axis times angle, "
        "radians) in a right-handed frame: +Y up, a person at rest looks along +Z, +X is that person's left; positive "
        "x tips the face down, positive y turns it to the person's left. Columns are numbered "
        "from 0.",
        "",
    ]
    for space in SPACES.values():
        lines += [f"## `{space.name}`: {space.dim} columns", "", space.description, ""]
        lines += ["| columns | group | unit | names |", "| --- | --- | --- | --- |", *_rows(space), ""]
        for name, members in space.sets.items():
            lines += [f"Set `{name}` ({len(members)}): {_names(members)}.", ""]
    return "\n".join(lines)


def _rows(space: MotionSpace) -> Iterable[str]:
    """One row per run of columns of the same group, joint and unit."""

    def key(item: tuple[int, Column]) -> tuple[str, str, str]:
        column = item[1]
        return column.group, column.name.partition(".")[0] if "." in column.name else "", column.unit

    for (group, _, unit), run in groupby(enumerate(space.columns), key):
        items = list(run)
        first, last = items[0][0], items[-1][0]
        where = f"{first}" if first == last else f"{first}-{last}"
        yield f"| {where} | {group} | {UNITS[unit]} | {_names([column.name for _, column in items])} |"


def _names(names: Iterable[str]) -> str:
    """Names, numbered ones as a range."""
    names = list(names)
    numbered = all(re.fullmatch(r"expression\d+", name) for name in names)
    if numbered and len(names) > 3:
        return f"`{names[0]}` to `{names[-1]}`"
    return ", ".join(f"`{name}`" for name in names)


def results_index(folder: Path) -> str:
    """The page that lists everything under docs/results."""
    lines = [
        "# Results",
        "",
        "Each page is written by a script in `benchmarks/`, from the code and the weights of the same commit.",
        "",
    ]
    for path in sorted(folder.glob("*.md")):
        if path.name == "index.md":
            continue
        text = path.read_text(encoding="utf-8")
        title = next((line.lstrip("# ") for line in text.splitlines() if line.startswith("# ")), path.stem)
        lines.append(f"* [{title}]({path.name})")
    return "\n".join(lines) + "\n"


def layout_presets() -> str:
    """A table of the layouts with names."""
    lines = ["| name | metres apart | A's head | B's head | turned away |", "| --- | ---: | ---: | ---: | ---: |"]
    for name, placement in PRESETS.items():
        a, b = placement.seats()
        turned = 90 - abs(a.yaw) * 57.2958
        lines.append(
            f"| `{name}` | {placement.distance:.2f} | {a.position[1]:.2f} m | {b.position[1]:.2f} m | {turned:.0f}° |"
        )
    return "\n".join(lines)


def layout_examples() -> str:
    """A table of the labelled examples."""
    lines = ["| situation | A (x, y, z) | B (x, y, z) |", "| --- | --- | --- |"]
    for example in load_examples():
        a, b = (", ".join(f"{v:g}" for v in head) for head in (example.placement.a, example.placement.b))
        lines.append(f"| {example.text} | {a} | {b} |")
    return "\n".join(lines)
