"""Prefetching: work on one item while the next is prepared."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
_AHEAD = 2


def ahead(items: Iterable[T]) -> Iterator[T]:
    """The same items in the same order, made in a thread of their own a little before they are asked for.

    Worth it where making them, such as decoding pictures, happens outside Python.

    Raises:
        Exception: What making an item raises, where that item would be.
    """
    source, end = iter(items), object()
    with ThreadPoolExecutor(1, "ahead") as maker:
        coming = deque(maker.submit(next, source, end) for _ in range(_AHEAD))
        while (item := coming.popleft().result()) is not end:
            coming.append(maker.submit(next, source, end))
            yield item  # type: ignore[misc]
