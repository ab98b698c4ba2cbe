"""Connections of a served study: so many and no more, and none that is held by somebody who does not ask or listen.

uvicorn bounds requests and headers, and closes connections that rest between two requests; it waits for ever for the
rest of a request that was begun, and for a reader who has stopped reading. Here both get a time limit, and when all
connections are taken, the one that has waited longest for a request makes room.
"""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

MOST = 400
"""Connections at the same time; a browser opens up to six."""
WHOLE_WITHIN = 10.0
"""Seconds within which a request's headers must have come, from when the connection could take it."""
READ_WITHIN = 60.0
"""Seconds for which somebody who gets a response may read nothing; 48 KiB have to be taken within them."""
LEAVE_WITHIN = 3.0
"""Seconds that responses may go on for when the server stops."""


class Connection(H11Protocol):
    """One connection of a browser.

    Attributes:
        waiting_since: On the loop's clock; None while a request is answered.
    """

    waiting_since: float | None = None
    _unasked: asyncio.TimerHandle | None = None
    _unread: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Takes the connection, or the place of the one that has waited longest."""
        super().connection_made(transport)
        self._wait()
        if len(self.connections) > most_connections():
            waiting = [c for c in self.connections if isinstance(c, Connection) and c.waiting_since is not None]
            min(waiting, key=lambda connection: connection.waiting_since or 0.0).drop()

    def data_received(self, data: bytes) -> None:
        """A piece of a request; only a whole one ends the waiting."""
        super().data_received(data)
        if self._answering():
            self._stop_waiting()

    def on_response_complete(self) -> None:
        """Waits for the next request, unless it is there already."""
        super().on_response_complete()
        if not self._answering():
            self._wait()

    def pause_writing(self) -> None:
        """The reader is behind."""
        super().pause_writing()
        self._unread = self.loop.call_later(READ_WITHIN, self.drop)

    def resume_writing(self) -> None:
        """The reader has caught up."""
        super().resume_writing()
        if self._unread is not None:
            self._unread.cancel()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forgets the limits."""
        super().connection_lost(exc)
        for timer in (self._unasked, self._unread):
            if timer is not None:
                timer.cancel()

    def shutdown(self) -> None:
        """The server stops: a response that takes longer is given up."""
        super().shutdown()
        self.loop.call_later(LEAVE_WITHIN, self.drop)

    def drop(self) -> None:
        """Ends the connection, whatever is still to be sent."""
        self.connections.discard(self)
        self.transport.abort()

    def _answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _wait(self) -> None:
        self._stop_waiting()
        self.waiting_since = self.loop.time()
        self._unasked = self.loop.call_later(WHOLE_WITHIN, self.drop)

    def _stop_waiting(self) -> None:
        self.waiting_since = None
        if self._unasked is not None:
            self._unasked.cancel()


def most_connections() -> int:
    """`MOST`, or what the system's limit of open files allows; each may be sent a file."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return MOST
    return min(MOST, resource.getrlimit(resource.RLIMIT_NOFILE)[0] // 3)


def limits() -> dict[str, Any]:
    """What `uvicorn.Config` has to be given for it."""
    return {"http": Connection, "ws": "none", "h11_max_incomplete_event_size": 16_384, "backlog": 128}
