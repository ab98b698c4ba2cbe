"""A second piece of work beside the main one."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from threading import Thread
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Aside(Generic[T]):
    """Calls a function in a thread of its own.

    The thread does not keep the program alive: Ctrl-C, or an error in the main work, ends both.
    """

    def __init__(self, work: Callable[..., T], *arguments: Any) -> None:
        """Begins the work."""
        self._future: Future[T] = Future()
        Thread(target=self._run, args=(work, arguments), daemon=True).start()

    def result(self) -> T:
        """What the function returned, once it has.

        Raises:
            Exception: What the function raised.
        """
        return self._future.result()

    def _run(self, work: Callable[..., T], arguments: tuple[Any, ...]) -> None:
        try:
            self._future.set_result(work(*arguments))
        except BaseException as error:
            self._future.set_exception(error)
