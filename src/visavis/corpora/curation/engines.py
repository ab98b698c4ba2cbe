"""Runs items through stages in parallel, in processes of this machine."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from multiprocessing import connection, get_context, parent_process
from typing import Protocol

from visavis.corpora.curation.stage import Item
from visavis.corpora.curation.walk import Walk, Walker

TRIES = 2
"""How often an item is taken up at most: a worker that dies costs its item one retry."""

PATIENCE = 5.0
"""Seconds that a process which is told to stop may take."""


class Engine(Protocol):
    """Takes items through a walker side by side."""

    def run(self, walker: Walker, items: Sequence[Item]) -> Iterator[tuple[Item, Walk]]:
        """Each item with what became of it, in any order, each once."""
        ...


class Processes:
    """Processes of this machine; they are kept for the next call and end with this object.

    Each is a pool of one, so that when one dies (a decoder crashes, memory runs out) it is known which item it had.
    """

    def __init__(self, workers: int) -> None:
        self.workers = max(1, workers)
        self._idle: list[ProcessPoolExecutor] = []

    def run(self, walker: Walker, items: Sequence[Item]) -> Iterator[tuple[Item, Walk]]:
        """Each item with what became of it, as they are finished."""
        waiting = deque((item, 1) for item in items)
        busy: dict[Future[Walk], tuple[ProcessPoolExecutor, Item, int]] = {}
        try:
            while waiting or busy:
                while waiting and len(busy) < self.workers:
                    item, attempt = waiting.popleft()
                    pool = self._idle.pop() if self._idle else _pool()
                    busy[pool.submit(walker, item)] = pool, item, attempt
                for future in wait(busy, return_when=FIRST_COMPLETED).done:
                    pool, item, attempt = busy.pop(future)
                    try:
                        walk = future.result()
                    except BrokenProcessPool:
                        if attempt < TRIES:
                            waiting.append((item, attempt + 1))
                            continue
                        walk = Walk(failure=f"the worker process died {attempt} times")
                    else:
                        self._idle.append(pool)
                    yield item, walk
        finally:
            for pool, _, _ in busy.values():  # only where the run is stopped
                _stop(pool)


def _pool() -> ProcessPoolExecutor:
    # Not forked: the parent's other threads (Arrow, BLAS) would leave their locks behind in the children.
    return ProcessPoolExecutor(1, mp_context=get_context("spawn"), initializer=_begin)


def _stop(pool: ProcessPoolExecutor) -> None:
    """Ends what a pool is doing: politely, so that libraries clear up after themselves, then by force."""
    processes = list((pool._processes or {}).values())
    for process in processes:
        process.terminate()
    pool.shutdown(wait=False, cancel_futures=True)
    for process in processes:
        process.join(PATIENCE)
        process.kill()


def _begin() -> None:
    """Ctrl-C is the parent's to handle, and no worker outlives a parent that was killed."""
    with suppress(ValueError):
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    parent = parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()


def _end_with(sentinel: int) -> None:
    connection.wait([sentinel])
    os._exit(1)
