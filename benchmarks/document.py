"""Documents that are joined from parts, each of which was measured on its own."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from visavis.workflows.benchmark.report import Report

ROOT = Path(__file__).resolve().parents[1]


class Part(Protocol):
    """A module that measures something."""

    @property
    def TITLE(self) -> str:
        """Of the section."""
        ...

    def report(self, work: Path, data: Path) -> list[str] | None:
        """The section's lines; None where its recordings are missing."""
        ...


def measure_parts(name: str, description: str | None, head: Sequence[str], parts: Mapping[str, Part]) -> None:
    """The command line of a benchmark: measures all parts or one, and writes docs/results/NAME.md after each.

    Args:
        name: Of the document; the benchmark is results_NAME.py.
        description: For ``--help``.
        head: The document's first lines.
        parts: What there is to measure, by name.
    """
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--part", choices=parts, help="only this part; the document keeps the others")
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data", help="real recordings")
    parser.add_argument("--work", type=Path, default=ROOT / "runs" / f"results-{name}")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "results" / f"{name}.md")
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    stored = {part.TITLE: options.work / f"{key}.json" for key, part in parts.items()}
    for key in [options.part] if options.part else parts:
        print(f"== {key}", flush=True)
        lines = parts[key].report(options.work / key, options.data)
        if lines is None:
            print(f"{key}: its recordings are not under {options.data}; left out", file=sys.stderr)
            continue
        command = f"python -m benchmarks.results_{name.replace('-', '_')} --part {key}"
        (options.work / f"{key}.json").write_text(json.dumps({"command": command, "lines": lines}, indent=1), "utf-8")
        write_parts(options.out, head, stored)
    write_parts(options.out, head, stored)
    print(options.out)


def report_lines(report: Report, *, titles: bool = True) -> list[str]:
    """A report of ``visavis benchmark`` as lines of a section, a heading of the third level above each table.

    Args:
        report: What was found.
        titles: Whether what was done, and the headings, are wanted.
    """
    lines = [*(f"- {name}: {value}" for name, value in report.header if name == "held out"), ""]
    lines += [*report.about, ""] if titles else []
    for section in report.sections:
        lines += [f"### {section.title}", ""] if titles else []
        lines += [*section.about, "", *section.lines(), "", *section.remarks, ""]
    return lines


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
