"""Runs one item through a sequence of stages, skipping those whose result is cached."""

from __future__ import annotations

import errno
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from visavis.corpora.curation.cache import Cache, Damaged, Entry, digest, step_key
from visavis.corpora.curation.stage import Figures, Item, Stage
from visavis.errors import InputError, MissingExtraError, plainly

_STOPS_ALL = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)


@dataclass(frozen=True)
class Record:
    """What one stage said about one item.

    Attributes:
        item: Its id, before the stage.
        source: The file's path below the curated folder.
        stage: The stage's name.
        kept: Whether anything went on.
        reason: Why, in one line.
        figures: What decided.
        duration: Seconds of conversation that went in.
        seconds: How long the stage took when it was done.
        fresh: Whether it was done in this run.
    """

    item: str
    source: str
    stage: str
    kept: bool
    reason: str
    figures: Figures
    duration: float = 0.0
    seconds: float = 0.0
    fresh: bool = True


@dataclass(frozen=True)
class Walk:
    """What became of an item.

    Attributes:
        records: Of every stage it passed.
        items: What came out at the end, without their conversations, which are stored.
        failure: What went wrong that is not the item's fault for certain; it is tried again in the next run.
    """

    records: tuple[Record, ...] = ()
    items: tuple[Item, ...] = ()
    failure: str = ""


@dataclass(frozen=True)
class Walker:
    """Takes items through `stages`; small, so that it travels to other processes.

    Attributes:
        stages: In order; only the last may split.
        cache: The folder of the cache.
    """

    stages: tuple[Stage, ...]
    cache: str

    def __call__(self, item: Item) -> Walk:
        """What becomes of `item`; of all that can go wrong only a full disk and a missing part stop the run."""
        try:
            return self._walk(item)
        except Damaged:
            return self._again(item)
        except (MissingExtraError, KeyboardInterrupt):
            raise
        except Exception as error:
            if isinstance(error, OSError) and error.errno in _STOPS_ALL:
                raise InputError(f"{self.cache}: {plainly(error)}") from error
            return Walk(failure=f"{type(error).__name__}: {plainly(error)}")

    def _again(self, item: Item) -> Walk:
        """Once more from the start, after something stored turned out to be damaged and was removed."""
        try:
            return self._walk(item)
        except Damaged:
            return Walk(failure="damaged stored results were removed; run the same command to recreate them")

    def _walk(self, item: Item) -> Walk:
        cache = Cache(self.cache)
        if not item.key:
            try:
                content = cache.hash_of(item.source)
                item = replace(item, key=digest(content), facts={"content": content})
            except OSError as error:
                return Walk((_unreadable(item, error),))
        records: list[Record] = []
        items: tuple[Item, ...] = (item,)
        for stage in self.stages:
            (item,) = items
            key = step_key(item, stage)
            entry = cache.get(key)
            fresh = entry is None
            if entry is None:
                entry, items = self._done(cache, stage, item, key)
            else:
                items = entry.items(item, key)
            records.append(
                Record(item.id, item.source.name, stage.name, entry.kept, entry.reason, entry.figures, item.duration,
                       entry.seconds, fresh)
            )  # fmt: skip
            if not items:
                break
        return Walk(tuple(records), tuple(replace(i, conversation=None) for i in items))

    def _done(self, cache: Cache, stage: Stage, item: Item, key: str) -> tuple[Entry, tuple[Item, ...]]:
        """The outcome of doing it, stored; the items keep their conversation in memory for the next stage."""
        item = cache.load(item)
        start = time.monotonic()
        try:
            outcome = stage(item)
        except MissingExtraError:
            raise
        except InputError as error:
            outcome = item.dropped(str(error).replace(f"{item.source.path}: ", ""))
        entry = cache.put(key, item, outcome, time.monotonic() - start)
        made = zip(entry.items(item, key), outcome.items, strict=True)
        return entry, tuple(replace(stored, conversation=i.conversation) for stored, i in made)


def groups(stages: Sequence[Stage]) -> list[tuple[Stage, ...]]:
    """The stages in rows that one item can walk alone: a row ends where items split or are compared."""
    rows: list[list[Stage]] = [[]]
    for stage in stages:
        rows[-1].append(stage)
        if stage.splits or stage.compares:
            rows.append([])
    return [tuple(row) for row in rows if row]


def compare(stage: Stage, items: Sequence[Item]) -> tuple[list[Record], list[Item]]:
    """What `stage` says about all items at once: the records, and the items that go on."""
    records: list[Record] = []
    going_on: list[Item] = []
    for item, outcome in zip(items, stage.among(items), strict=True):
        if not outcome.kept:
            records.append(
                Record(item.id, item.source.name, stage.name, False, outcome.reason, outcome.figures, item.duration)
            )
        going_on += outcome.items
    return records, going_on


def _unreadable(item: Item, error: OSError) -> Record:
    return Record(item.id, item.source.name, "scan", False, f"cannot be read: {plainly(error)}", {})
