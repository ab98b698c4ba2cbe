"""The meaning of a number: every measure has its definition, every result all that determined it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import numpy as np

from visavis.motion.space import MotionSpace

Direction = Literal["lower", "higher", "truth"]

EXPECTATION = "expectation over samples"
"""The default selection rule: each sample is scored, and the scores are averaged."""


def index_set_hash(members: Iterable[Any]) -> str:
    """Twelve hexadecimal digits of the sha256 of an index set, in order: column names, or vertex indices."""
    text = "\n".join(str(int(m)) if isinstance(m, np.integer) else str(m) for m in members)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def units_of(space: MotionSpace, columns: Iterable[str], power: int = 1) -> str:
    """The unit of a measure over columns, such as ``rad^2``; ``mixed`` where the columns differ in theirs."""
    units = {space.columns[space.index(name)].unit for name in columns}
    unit = units.pop() if len(units) == 1 else "mixed"
    return unit if power == 1 else f"{unit}^{power}"


@dataclass(frozen=True)
class MetricInfo:
    """What decides a number.

    Attributes:
        name: The field's name for the measure, such as ``FD``.
        definition: The formula in one line.
        units: Of the value.
        direction: Which values are better: ``lower``, ``higher``, or nearer to the ``truth``'s own value.
        aggregation: How clips become one number.
        profile: ``plain``, or the release whose numbers are reproduced.
        space: Name of the motion space.
        columns: What is measured, in order; column names, or the name of a vertex set.
        part: Column group or region (see `visavis.evaluation.parts`).
        role: ``speaker``, ``listener`` or ``both``.
        index_set: Hash of the columns or vertex indices in order.
        samples: How many samples were drawn per clip.
        selection: How samples become one number; best-of-N starts with ``oracle``.
    """

    name: str
    definition: str
    units: str
    direction: Direction
    aggregation: str
    profile: str = "plain"
    space: str = ""
    columns: tuple[str, ...] = ()
    part: str = "all"
    role: str = "both"
    index_set: str = ""
    samples: int = 1
    selection: str = EXPECTATION


@dataclass(frozen=True)
class Result:
    """A number, how sure it is, and what decided it.

    Attributes:
        info: What decided it.
        value: The measure; nan where nothing could be measured.
        low: Lower end of its 95% confidence interval over conversations; nan where there is none, as a note explains.
        high: Its upper end.
        truth: The same measure of the true motion, where that means something; nan elsewhere.
        clips: How many clips were measured.
        conversations: How many independent units they come from.
        frames: How many frames.
        per_conversation: The measure of each conversation by itself.
        notes: What one must know to read the number, a line each.
    """

    info: MetricInfo
    value: float
    low: float = float("nan")
    high: float = float("nan")
    truth: float = float("nan")
    clips: int = 0
    conversations: int = 0
    frames: int = 0
    per_conversation: dict[str, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def row(self) -> dict[str, Any]:
        """One flat row for a table: the info's fields and the numbers."""
        flat = asdict(self.info) | {"columns": " ".join(self.info.columns)}
        numbers = {"value": self.value, "low": self.low, "high": self.high, "truth": self.truth}
        counts = {"clips": self.clips, "conversations": self.conversations, "frames": self.frames}
        return {**flat, **numbers, **counts, "notes": "; ".join(self.notes)}
