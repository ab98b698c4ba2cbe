"""From a folder of videos to a corpus."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from visavis.conversation import Conversation
from visavis.conversation.corpus_schema import INDEX_NAME
from visavis.conversation.corpus_write import write_corpus
from visavis.corpora.curation.cache import Cache, Damaged
from visavis.corpora.curation.engines import Engine
from visavis.corpora.curation.funnel import RECORDS_NAME, SETTINGS_NAME, Level, funnel, write_records
from visavis.corpora.curation.scan import scan
from visavis.corpora.curation.settings import dump_stages
from visavis.corpora.curation.stage import Item, Stage
from visavis.corpora.curation.walk import Record, Walker, compare, groups
from visavis.errors import InputError
from visavis.files import alone, results_folder
from visavis.reading import is_empty
from visavis.reporter import SILENT, Reporter, Update

FAILED = "failed"
"""The name under which items are recorded for which something went wrong that is perhaps not their own fault."""


@dataclass(frozen=True)
class Curated:
    """What came of a curation.

    Attributes:
        corpus: The folder.
        conversations: How many there are in it.
        levels: The funnel, stage by stage.
        failures: ``file: what went wrong`` for each item that the next run tries again.
    """

    corpus: Path
    conversations: int
    levels: tuple[Level, ...]
    failures: tuple[str, ...]


def curate(
    folder: str | Path,
    out: str | Path,
    stages: Sequence[Stage],
    engine: Engine,
    *,
    work: str | Path | None = None,
    reporter: Reporter = SILENT,
) -> Curated:
    """Takes every video in a folder through the stages and writes what is left as a corpus.

    What stages find is kept in `work`, so that a run that was stopped or killed goes on, and one with other parameters
    repeats only what they change. The corpus is written at the end, in order of id, under a temporary name; the same
    videos and stages give the same bytes, however often the run was stopped and whatever the engine.

    Args:
        folder: Folder that is searched recursively for videos.
        out: Folder for the corpus; one that an earlier curation wrote is replaced.
        stages: What to do, in order.
        engine: What does it.
        work: Folder for what stages find; ``<out>.work`` beside `out` unless given.
        reporter: Shows progress.

    Raises:
        InputError: There are no videos, `out` holds something else, something a stage needs is not installed, the disk
            is full, another run has `out` or `work`, or nothing is left because something went wrong, such as workers
            that died.
    """
    folder, out = Path(folder), Path(out)
    work = Path(work) if work else out.parent / f"{out.resolve().name}.work"
    _check_out(out)
    items, records = scan(folder)
    if not items and not records:
        raise InputError(f"{folder}: contains no videos")
    with results_folder(out), alone(work):
        cache = Cache(work)
        cache.clear_unfinished()
        for unfinished in (*out.parent.glob(f".{out.name}.*.tmp"), *out.parent.glob(f".{out.name}.*.old")):
            shutil.rmtree(unfinished, ignore_errors=True)
        for stage in stages:
            stage.prepare()
        for row in groups(stages):
            items, found = _walk(row, items, engine, work, reporter)
            records += found
        _need_something(items, records, folder)
        order = ["scan", *(stage.name for stage in stages), FAILED]
        with reporter.progress("writing the corpus") as update:
            lost = _write(items, cache, out, records, order, stages, update)
    records += lost
    failures = tuple(f"{r.source}: {r.reason}" for r in records if r.stage == FAILED)
    return Curated(out, len(items) - len(lost), tuple(funnel(records, order)), failures)


def _walk(
    row: Sequence[Stage], items: Sequence[Item], engine: Engine, work: Path, reporter: Reporter
) -> tuple[list[Item], list[Record]]:
    """All items through one row of stages; what comes out, in order of id, and the records."""
    going_on: list[Item] = []
    records: dict[tuple[str, str], Record] = {}
    with reporter.progress(_title(row)) as update:
        for done, (item, walk) in enumerate(engine.run(Walker(tuple(row), str(work)), items), start=1):
            going_on += walk.items
            found = [*walk.records, *([_failed(item, walk.failure)] if walk.failure else [])]
            records.update({(record.item, record.stage): record for record in found})
            update(done / len(items))
    going_on.sort(key=lambda item: item.id)
    if row[-1].compares:
        dropped, going_on = compare(row[-1], going_on)
        for record in dropped:
            before = records[record.item, record.stage]
            records[record.item, record.stage] = replace(record, seconds=before.seconds, fresh=before.fresh)
    return going_on, list(records.values())


def _need_something(items: Sequence[Item], records: Sequence[Record], folder: Path) -> None:
    """Refuses to write an empty corpus that is not the filters' doing."""
    failed = [record for record in records if record.stage == FAILED]
    if failed and not items:
        many = f"{len(failed)} items failed, the first" if len(failed) > 1 else "it failed,"
        raise InputError(
            f"{folder}: no conversation is left, and no corpus was written: {many} {failed[0].source} "
            f"({failed[0].reason}); run the same command to try again"
        )


def _title(row: Sequence[Stage]) -> str:
    return row[0].name if len(row) == 1 else f"{row[0].name} .. {row[-1].name}"


def _failed(item: Item, why: str) -> Record:
    return Record(item.id, item.source.name, FAILED, False, why, {}, item.duration)


def _write(
    items: Sequence[Item],
    cache: Cache,
    out: Path,
    records: Sequence[Record],
    order: Sequence[str],
    stages: Sequence[Stage],
    update: Update,
) -> list[Record]:
    """Writes the corpus and, in the same folder, the records and the settings; records of what could not be read."""
    lost: list[Record] = []

    def conversations() -> Iterator[Conversation]:
        for number, item in enumerate(items, start=1):
            try:
                yield _final(cache.load(item))
            except Damaged:
                lost.append(_failed(item, "stored results are damaged; run the same command to recreate them"))
            update(number / len(items))

    def beside(folder: Path) -> None:
        write_records([*records, *lost], order, folder / RECORDS_NAME)
        (folder / SETTINGS_NAME).write_text(dump_stages(tuple(stages)), encoding="utf-8")

    write_corpus(conversations(), out, replace=True, beside=beside)
    return lost


def _final(item: Item) -> Conversation:
    """The conversation with where it comes from."""
    conversation = item.found
    origin = {
        "source": "curate", "file": item.source.path.name, "channel": item.source.channel,
        "session": item.id.partition("_")[0], "start": item.start, "stop": item.stop,
    }  # fmt: skip
    return replace(conversation, provenance={**conversation.provenance, **origin})


def _check_out(out: Path) -> None:
    if not out.exists() or (out.is_dir() and is_empty(out)):
        return
    if not (out / INDEX_NAME).is_file() or not (out / SETTINGS_NAME).is_file():
        raise InputError(f"{out}: contains files that visavis curate did not write; choose another folder")
