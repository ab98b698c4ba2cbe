"""What every kind of study needs to be served: an address to listen on, and to be the only one who serves it."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from visavis.errors import InputError, MissingExtraError, plainly

if TYPE_CHECKING:
    from starlette.applications import Starlette


def serve_app(app: Starlette, host: str, port: int, ready: Callable[[str], None] = lambda _address: None) -> None:
    """Serves an application until it is stopped with Ctrl-C.

    Args:
        app: The study's pages.
        host: Address to listen on.
        port: To listen on; 0 for any that is free.
        ready: Takes the page's address once it can be opened.

    Raises:
        InputError: The address cannot be used.
        MissingExtraError: The web server is not installed.
    """
    try:
        import uvicorn
    except ImportError:
        raise MissingExtraError("serving a study", "studio") from None
    listening = _listen(host, port)
    with listening:
        config = uvicorn.Config(app, log_level="warning", access_log=False, lifespan="off", server_header=False)
        name = f"[{host}]" if ":" in host else host
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
