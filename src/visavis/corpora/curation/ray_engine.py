"""Runs items through stages on Ray Data: a cluster, or this machine as a cluster of one."""

from __future__ import annotations

import logging
import os
import pickle
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from visavis.corpora.curation.cache import digest
from visavis.corpora.curation.engines import TRIES
from visavis.corpora.curation.stage import Item
from visavis.corpora.curation.walk import Walk, Walker
from visavis.errors import InputError, MissingExtraError

_BLOCKS = 10_000
"""Ray's bookkeeping per block is not free; up to so many items have one of their own."""


class Ray:
    """Ray Data; all machines of a cluster must see the videos and the cache under the same paths.

    Args:
        address: Of a running cluster (``auto``, ``ray://host:10001``); this machine alone unless given.
        workers: Items at a time; as many as there are processors unless given.

    Raises:
        InputError: Ray is not installed, or there is no cluster at the address.
    """

    def __init__(self, address: str | None = None, workers: int | None = None) -> None:
        try:
            import ray
            import ray.data
        except ImportError:
            raise MissingExtraError("--engine ray", "ray") from None
        self.workers = workers
        if ray.is_initialized():
            return
        own: dict[str, Any] = {} if address else {"num_cpus": workers or os.cpu_count(), "include_dashboard": False}
        try:
            ray.init(address=address or "local", log_to_driver=False, logging_level=logging.ERROR, **own)
        except (ConnectionError, RuntimeError, ValueError) as error:
            why = " ".join(str(error).split())[:160]
            raise InputError(f"--address {address}: no reachable Ray cluster there ({why})") from None

    def run(self, walker: Walker, items: Sequence[Item]) -> Iterator[tuple[Item, Walk]]:
        """Each item with what became of it, as they are finished."""
        import ray

        if not items:
            return
        context = ray.data.DataContext.get_current()
        context.max_errored_blocks = -1  # what Ray cannot even begin is told of at the end
        context.enable_progress_bars = False
        logging.getLogger("ray.data").setLevel(logging.CRITICAL)  # it goes into Ray's own logs
        rows = [{"number": number, "item": pickle.dumps(item)} for number, item in enumerate(items)]
        dataset = ray.data.from_items(rows, override_num_blocks=min(len(rows), _BLOCKS))
        missing = dict(enumerate(items))
        for row in dataset.map(partial(_walk, walker), num_cpus=1, concurrency=self.workers).iter_rows():
            walk = pickle.loads(row["walk"])
            if isinstance(walk, InputError):
                raise walk
            yield missing.pop(row["number"]), walk
        for item in missing.values():
            yield (
                item,
                Walk(failure="Ray could not run it, perhaps because a package is missing on the cluster; see its logs"),
            )


def _walk(walker: Walker, row: dict[str, Any]) -> dict[str, Any]:
    """What becomes of an item, unless it has taken too many processes down with it.

    Ray takes up work again without end when its process dies; a mark in the cache counts how often.
    """
    item: Item = pickle.loads(row["item"])
    mark = Path(walker.cache) / "new" / f"{digest(item.id)}.tries"
    with mark.open("ab") as file:
        file.write(b".")
    if mark.stat().st_size > TRIES:
        walk: Walk | InputError = Walk(failure=f"the worker process died {TRIES} times")
    else:
        try:
            walk = walker(item)
        except InputError as error:  # stops the run, where Ray would count a lost block
            walk = error
    mark.unlink()
    return {"number": row["number"], "walk": pickle.dumps(walk)}
