"""Conversations made by several processes, and written as they come."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from typing import TypeVar

from visavis.conversation import Conversation
from visavis.conversation.corpus_write import CorpusWriter
from visavis.reporter import Reporter

CHUNK = 32
"""Conversations that are committed together; a stopped run loses fewer than that."""

Item = TypeVar("Item")


def in_order(items: Iterable[Item], make: Callable[[Item], Conversation], workers: int) -> Iterator[Conversation]:
    """What `make` makes of each item, in their order; with several workers a few are made ahead."""
    if workers <= 1:
        yield from map(make, items)
        return
    # Not forked: the parent's other threads (Arrow, BLAS) would leave their locks behind in the children.
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as processes:
        waiting = iter(items)
        ahead = [processes.submit(make, item) for item in islice(waiting, 2 * workers)]
        while ahead:
            yield ahead.pop(0).result()
            ahead += [processes.submit(make, item) for item in islice(waiting, 1)]


def write_as_made(out: Path, stream: Iterator[Conversation], made: int, wanted: int, reporter: Reporter) -> None:
    """Appends conversations to the corpus in `out`, `CHUNK` at a time.

    Args:
        out: Folder of the corpus.
        stream: The conversations.
        made: How many are there already.
        wanted: How many there shall be in the end.
        reporter: Shows progress.
    """
    with reporter.progress("simulating") as update:
        update(made / wanted)
        while chunk := list(islice(stream, 1)):
            with CorpusWriter(out, append=True) as writer:
                for conversation in (*chunk, *islice(stream, CHUNK - 1)):
                    writer.add(conversation)
                    made += 1
                    update(made / wanted)
