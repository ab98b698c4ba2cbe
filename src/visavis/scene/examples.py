"""Labelled examples: situations in words, with head positions."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from visavis.scene.placement import Placement


@dataclass(frozen=True)
class Example:
    """A situation and its label."""

    text: str
    placement: Placement


@cache
def load_examples() -> tuple[Example, ...]:
    """The thirty examples that come with the package."""
    import yaml

    rows = yaml.safe_load(files("visavis.scene").joinpath("examples.yaml").read_text(encoding="utf-8"))
    return tuple(
        Example(row["text"], Placement(tuple(row["A"]), tuple(row["B"]), None, tuple(row.get("seated", (None, None)))))
        for row in rows
    )
