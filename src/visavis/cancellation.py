"""Cooperative cancellation: long work checks between pieces whether it is still wanted.

Whoever starts work gives it a token (`cancellable`); work that may take long asks in its loops (`check_cancelled`). The
token need not be passed on from function to function, so functions that know nothing of it have no parameter for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Event


class Cancelled(BaseException):
    """The work is no longer wanted; no `Exception`, so that nothing takes it for a failure and goes on."""


_token: ContextVar[Event | None] = ContextVar("cancellation", default=None)


@contextmanager
def cancellable(token: Event) -> Iterator[None]:
    """Work within ends at its next `check_cancelled` once `token` is set."""
    before = _token.set(token)
    try:
        yield
    finally:
        _token.reset(before)


def check_cancelled() -> None:
    """Called between two pieces of long work.

    Raises:
        Cancelled: The work is no longer wanted.
    """
    token = _token.get()
    if token is not None and token.is_set():
        raise Cancelled
