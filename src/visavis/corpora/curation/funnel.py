"""The records of a curation as a table on disk, and the funnel computed from them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from visavis.conversation.conversation import LONGEST
from visavis.corpora.curation.walk import Record
from visavis.errors import InputError
from visavis.parquet import open_parquet, read_parquet

RECORDS_NAME = "curation.parquet"
SETTINGS_NAME = "curation.yaml"

_SCHEMA = pa.schema(
    {
        "source": pa.string(), "item": pa.string(), "step": pa.int32(), "stage": pa.string(), "kept": pa.bool_(),
        "reason": pa.string(), "figures": pa.string(), "duration": pa.float64(),
    }
)  # fmt: skip


@dataclass(frozen=True)
class Level:
    """One stage of the funnel.

    Attributes:
        stage: Its name.
        entered: Items that came to it.
        kept: Items of which something went on.
        hours_in: Hours of conversation that came to it; 0 before lengths are known.
        hours_kept: Hours of the kept ones.
        seconds: How long the stage took for those it was done for in this run.
        hours_done: Hours of conversation it was done for in this run.
    """

    stage: str
    entered: int
    kept: int
    hours_in: float
    hours_kept: float
    seconds: float = 0.0
    hours_done: float = 0.0


def funnel(records: Iterable[Record], order: Sequence[str]) -> list[Level]:
    """How many items came to each stage and how many it kept, in the order of `order`."""
    mine: dict[str, list[Record]] = {stage: [] for stage in order}
    for record in records:
        mine.setdefault(record.stage, []).append(record)
    return [_level(stage, passed) for stage, passed in mine.items() if passed]


def _level(stage: str, passed: list[Record]) -> Level:
    kept = [r for r in passed if r.kept]
    fresh = [r for r in passed if r.fresh]
    return Level(
        stage,
        len(passed),
        len(kept),
        sum(r.duration for r in passed) / 3600,
        sum(r.duration for r in kept) / 3600,
        sum(r.seconds for r in fresh),
        sum(r.duration for r in fresh) / 3600,
    )


def write_records(records: Iterable[Record], order: Sequence[str], path: Path) -> Path:
    """Writes the table: one row per item and stage, in order of source, item and stage; the same for the same outcome.

    How long stages took is left out, as it differs from run to run.
    """
    steps = {stage: number for number, stage in enumerate(order)}
    rows = [
        {
            "source": _text(r.source), "item": r.item, "step": steps.get(r.stage, -1), "stage": r.stage,
            "kept": r.kept, "reason": _text(r.reason), "duration": r.duration,
            "figures": json.dumps(dict(r.figures), ensure_ascii=False, sort_keys=True),
        }
        for r in records
    ]  # fmt: skip
    rows.sort(key=lambda row: (row["source"], row["item"], row["step"]))
    pq.write_table(pa.Table.from_pylist(rows, schema=_SCHEMA), path, compression="zstd")
    return path


def read_records(corpus: str | Path) -> list[Record]:
    """The records beside a curated corpus, in order of source, item and stage.

    Raises:
        InputError: The corpus was not made by curation, or the table is damaged.
    """
    path = Path(corpus) / RECORDS_NAME
    if not path.exists():
        raise InputError(f"{corpus}: has no {RECORDS_NAME}; it was not made by visavis curate")
    table = read_parquet(open_parquet(path), path)
    try:
        if nulls := [name for name in _SCHEMA.names if table[name].null_count]:
            raise ValueError(f"{nulls[0]!r} has no value in some rows")
        table = table.select(_SCHEMA.names).cast(_SCHEMA)
        seconds = table["duration"].to_numpy()
        if not (fine := (seconds >= 0) & (seconds <= LONGEST)).all():
            raise ValueError(f"a duration of {seconds[~fine][0]} s")
        return [
            Record(r["item"], r["source"], r["stage"], r["kept"], r["reason"], json.loads(r["figures"]), r["duration"])
            for r in table.to_pylist()
        ]
    except (pa.ArrowException, KeyError, ValueError, RecursionError) as error:
        raise InputError(f"{path}: cannot be read ({str(error)[:100]}); curate again") from None


def _text(text: str) -> str:
    """File names need not be valid Unicode; tables must be."""
    return text.encode("utf-8", "replace").decode()
