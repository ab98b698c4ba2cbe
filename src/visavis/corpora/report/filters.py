"""The funnel of a curated corpus: what was kept at each stage, and why the rest was not."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from visavis.corpora.curation.funnel import SETTINGS_NAME, Level, funnel, read_records
from visavis.errors import InputError
from visavis.reading import read_yaml

REASONS = 3
"""Reasons that are shown of a stage."""


@dataclass(frozen=True)
class Filter:
    """One stage.

    Attributes:
        level: How many came and stayed.
        reasons: Why others did not, the commonest first; ``…`` stands for numbers and names that differ.
    """

    level: Level
    reasons: tuple[tuple[str, int], ...]


def filters(folder: Path) -> list[Filter]:
    """The funnel, stage by stage.

    Raises:
        InputError: The corpus was not curated, or its records are damaged.
    """
    records = read_records(folder)
    sources = {record.source for record in records}
    why: dict[str, Counter[str]] = {}
    for record in records:
        if not record.kept:
            why.setdefault(record.stage, Counter())[_general(record.reason, sources)] += 1
    return [
        Filter(level, tuple(why.get(level.stage, Counter()).most_common(REASONS)))
        for level in funnel(records, _order(folder))
    ]


def _order(folder: Path) -> list[str]:
    """The stages' names, in order; empty where the settings are gone, for records are in order themselves."""
    path = folder / SETTINGS_NAME
    if not path.exists():
        return []
    settings = read_yaml(path)
    try:
        return ["scan", *(str(stage["stage"]) for stage in settings["stages"])]
    except (TypeError, KeyError):
        raise InputError(f"{path}: does not list the stages; curate again") from None


def _general(reason: str, sources: Collection[str]) -> str:
    """The reason without what differs from item to item."""
    for space in re.finditer(" ", reason):
        if reason[space.end() :] in sources:
            return f"{reason[: space.start()]} …"
    return re.sub(r"\d[\d.,]*", "…", reason)
