"""A background task next to the main one."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from threading import Event, Thread
from types import TracebackType
from typing import Any, Generic, TypeVar

from visavis.cancellation import cancellable

T = TypeVar("T")


class BackgroundTask(Generic[T]):
    """Calls a function in a thread of its own, for as long as the main work goes on.

    Use as a context manager. Where the main work ends by an error or Ctrl-C, the function is cancelled: it ends at its
    next `visavis.cancellation.check_cancelled`, and is waited for, as a program that ends while libraries still compute
    in another thread crashes.
    """

    def __init__(self, work: Callable[..., T], *arguments: Any) -> None:
        """Begins the work."""
        self._cancelled = Event()
        self._future: Future[T] = Future()
        self._thread = Thread(target=self._run, args=(work, arguments), daemon=True)
        self._thread.start()

    def __enter__(self) -> BackgroundTask[T]:
        return self

    def __exit__(self, _kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if error is not None:
            self._cancelled.set()
        self._thread.join()

    def result(self) -> T:
        """What the function returned, once it has.

        Raises:
            Exception: What the function raised.
        """
        return self._future.result()

    def _run(self, work: Callable[..., T], arguments: tuple[Any, ...]) -> None:
        try:
            with cancellable(self._cancelled):
                self._future.set_result(work(*arguments))
        except BaseException as error:
            self._future.set_exception(error)
