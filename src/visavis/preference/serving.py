"""What every kind of study needs to be served: an address to listen on, and to be the only one who serves it."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from visavis.errors import InputError, MissingExtraError, plainly
from visavis.preference.kinds import Address

if TYPE_CHECKING:
    from starlette.applications import Starlette


def serve_app(app: Starlette, at: Address, ready: Callable[[str], None] = lambda _address: None) -> None:
    """Serves an application to its own pages (see `Guard`) until it is stopped with Ctrl-C.

    Args:
        app: The study's pages.
        at: Where to serve them.
        ready: Takes the page's address once it can be opened.

    Raises:
        InputError: The address cannot be used.
        MissingExtraError: The web server is not installed.
    """
    try:
        import uvicorn

        from visavis.preference.connections import limits
        from visavis.preference.guard import Guard
    except ImportError:
        raise MissingExtraError("serving a study", "studio") from None
    listening = _listen(at.host, at.port)
    with listening:
        config = uvicorn.Config(
            Guard(app, at), log_level="error", access_log=False, lifespan="off",
            server_header=False, **limits(),
        )  # fmt: skip
        name = f"[{at.host}]" if ":" in at.host else at.host
        ready(f"http://{name}:{listening.getsockname()[1]}/")
        uvicorn.Server(config).run(sockets=[listening])


@contextmanager
def served_here(folder: Path) -> Iterator[None]:
    """Holds the study for this process; the system lets go of it however the process ends.

    Raises:
        InputError: Another process serves it, or its folder cannot be written to.
    """
    lock = FileLock(folder / ".serving")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise InputError(f"{folder}: is already being served; stop that server first") from None
    except OSError as error:
        raise InputError(f"{folder}: cannot be written to: {plainly(error)}") from None
    try:
        yield
    finally:
        lock.release()


def _listen(host: str, port: int) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listening = socket.socket(family, kind, protocol)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(128)
    except OSError as error:
        raise InputError(
            f"{host}:{port}: cannot listen on this address: {plainly(error)}; choose another --port"
        ) from None
    return listening
