"""What people say to each other, and which reactions fit or offend."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import yaml

from visavis.errors import InputError

EVALUATION = 2
"""So many of each kind's facts, the last ones, are told in clips for evaluation only, and no others there."""
_WHOLE = 0.12


@dataclass(frozen=True)
class Situation:
    """A kind of thing that people say; see ``situations.yaml`` for what the parts are."""

    kind: str
    fitting: Mapping[str, float]
    rude: Mapping[str, float]
    speaker: Mapping[str, float]
    facts: tuple[str, ...]
    openings: tuple[str, ...]
    details: tuple[str, ...]
    endings: tuple[str, ...]
    whole: tuple[str, ...]
    first: Mapping[str, float] = field(default_factory=dict)
    slots: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Transcript:
    """What somebody says in one turn.

    Attributes:
        kind: Of situation.
        sentences: As they are written, in order.
        critical: Number (from 0) of the word, separated by spaces, after which a listener knows what to feel.
        split: ``train`` or ``eval``.
    """

    kind: str
    sentences: tuple[str, ...]
    critical: int
    split: str

    @property
    def text(self) -> str:
        """All of it."""
        return " ".join(self.sentences)


@cache
def situations() -> Mapping[str, Situation]:
    """All kinds by name."""
    rows = yaml.safe_load(files(__package__).joinpath("situations.yaml").read_text(encoding="utf-8"))
    return {kind: _situation(kind, row) for kind, row in rows.items()}


def get_situation(kind: str) -> Situation:
    """The situation called `kind`.

    Raises:
        InputError: There is none; the message lists those there are.
    """
    try:
        return situations()[kind]
    except KeyError:
        raise InputError(f"there is no situation named {kind!r}; there are: {', '.join(situations())}") from None


def draw_transcript(rng: np.random.Generator, situation: Situation, parts: int = 4) -> Transcript:
    """Something that might be said.

    Args:
        rng: Where chance comes from.
        situation: Its kind.
        parts: How many of opening, fact, detail and ending there are, 1 to 4; the fact is never missing.
    """
    chosen = {slot: str(rng.choice(values)) for slot, values in situation.slots.items()}
    if rng.random() < _WHOLE:
        return _marked(situation.kind, str(rng.choice(situation.whole)).format_map(chosen), "train")
    number = int(rng.integers(len(situation.facts)))
    fact = situation.facts[number]
    kept = {"openings", "details", "endings"} - set(
        rng.choice(["openings", "details", "endings"], 4 - parts, replace=False, p=[0.3, 0.3, 0.4]).tolist()
    )
    pieces = [fact if "|" in fact else f"{fact}|"]
    for place, where in (("openings", 0), ("details", 9), ("endings", 9)):
        sentence = str(rng.choice(getattr(situation, place)))
        if place in kept:
            pieces.insert(where, sentence)
    split = "eval" if number >= len(situation.facts) - EVALUATION else "train"
    return _marked(situation.kind, " ".join(pieces).format_map(chosen), split)


def choose(rng: np.random.Generator, weights: Mapping[str, float]) -> str:
    """A name, each as often as its weight says."""
    shares = np.array(list(weights.values()), float)
    return str(rng.choice(list(weights), p=shares / shares.sum()))


def _marked(kind: str, text: str, split: str) -> Transcript:
    before = text.partition("|")[0]
    sentences = re.split(r"(?<=[.!?])\s+", text.replace("|", "").strip())
    return Transcript(kind, tuple(sentences), len(before.split()) - 1, split)


def _situation(kind: str, row: dict[str, Any]) -> Situation:
    for key, value in row.items():
        if isinstance(value, list):
            row[key] = tuple(value)
    row["slots"] = {slot: tuple(values) for slot, values in row.get("slots", {}).items()}
    return Situation(kind, **row)
