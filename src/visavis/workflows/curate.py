"""Curation as the executable offers it: a preset, an engine by name, and a summary of the funnel."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from visavis.corpora.curation import Curated, Level, curate, load_stages
from visavis.corpora.curation.engines import Engine, Processes
from visavis.errors import InputError
from visavis.reporter import SILENT, Reporter

ENGINES = ("processes", "ray")


def run(
    folder: Path,
    out: Path,
    *,
    config: str = "venus",
    overrides: tuple[str, ...] = (),
    workers: int | None = None,
    engine: str = "processes",
    address: str | None = None,
    work: Path | None = None,
    reporter: Reporter = SILENT,
) -> Curated:
    """Curates a folder of videos into a corpus.

    Args:
        folder: Folder that is searched recursively for videos.
        out: Folder for the corpus.
        config: A preset or a YAML file.
        overrides: Changes such as ``segments.length=300``.
        workers: Items at a time; one per processor unless given.
        engine: One of `ENGINES`.
        address: Of a Ray cluster.
        work: Folder for what stages find; ``<out>.work`` unless given.
        reporter: Shows progress.

    Raises:
        InputError: An option, the configuration or a folder cannot be used.
    """
    stages = load_stages(config, overrides)
    return curate(folder, out, stages, _engine(engine, workers, address), work=work, reporter=reporter)


def _engine(name: str, workers: int | None, address: str | None) -> Engine:
    if name not in ENGINES:
        raise InputError(f"--engine {name}: unknown engine; available: {', '.join(ENGINES)}")
    if name == "ray":
        from visavis.corpora.curation.ray_engine import Ray

        return Ray(address, workers)
    if address is not None:
        raise InputError("--address needs --engine ray")
    return Processes(workers or len(os.sched_getaffinity(0)))


def funnel_lines(levels: Sequence[Level]) -> list[str]:
    """The funnel as a table: items that came and stayed, hours that stayed, and how fast the stage was."""
    rows = [("stage", "in", "kept", "hours kept", "x real time")]
    for level in levels:
        speed = level.hours_done * 3600 / level.seconds if level.seconds and level.hours_done else 0.0
        rows.append(
            (
                level.stage,
                f"{level.entered:,}",
                f"{level.kept:,}",
                f"{level.hours_kept:.2f}" if level.hours_in else "",
                f"{speed:,.1f}" if speed else "",
            )
        )
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return [
        "  ".join([row[0].ljust(widths[0]), *(cell.rjust(w) for cell, w in zip(row[1:], widths[1:], strict=True))])
        for row in rows
    ]
