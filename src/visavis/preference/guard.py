"""Who may ask a served study for something: browsers that opened its own page under a name that it is known by.

A web page from elsewhere could otherwise have its visitors' browsers post answers (cross-site requests), or let its
own name point at this machine and read everything (DNS rebinding).
"""

from __future__ import annotations

import asyncio
import ipaddress
import re
import socket
from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeVar

from pydantic import ValidationError

from visavis.preference.kinds import Address
from visavis.settings import Section

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import ASGIApp, Receive, Scope, Send

LARGEST_BODY = 4096
"""Bytes of a request's body."""
BODY_WITHIN = 10.0
"""Seconds within which it must have come."""
_SAFE = ("GET", "HEAD", "OPTIONS")
_HOST = re.compile(r"(?:\[([\da-f:.]+)\]|([\w.-]+))(?::\d*)?", re.IGNORECASE | re.ASCII)
_UNKNOWN_NAME = (
    "This study does not know the name in the address. Whoever runs it can allow the name: visavis study serve --name"
)

Sent = TypeVar("Sent", bound=Section)


class BadRequestError(ValueError):
    """What was sent cannot be used.

    Attributes:
        status: Of the response.
    """

    def __init__(self, why: str, status: int = 400) -> None:
        super().__init__(why)
        self.status = status


class Guard:
    """Lets an application answer its own pages only, and is not troubled by those who hang up.

    Requests under an IP address, ``localhost`` or this machine's name are answered, because a page elsewhere cannot
    make such a name point here. Other names have to be given.

    Args:
        app: The application.
        at: Where it is served, and under which names besides.
    """

    def __init__(self, app: ASGIApp, at: Address) -> None:
        self._app = app
        self._given = {name.lower().rstrip(".") for name in at.names}
        machine = socket.gethostname().lower()
        own = {"localhost", machine, f"{machine.partition('.')[0]}.local", at.host.lower()}
        self._names = self._given | own

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request, or refuses it."""
        from starlette.datastructures import Headers
        from starlette.requests import ClientDisconnect
        from starlette.responses import PlainTextResponse

        app, headers = self._app, Headers(scope=scope)
        if not self._is_known(headers.get("host", "")):
            app = PlainTextResponse(_UNKNOWN_NAME, 421)
        elif scope["method"] not in _SAFE and self._is_from_elsewhere(headers):
            app = PlainTextResponse("requests from pages of other sites are refused", 403)
        try:
            await app(scope, receive, send)
        except (ClientDisconnect, asyncio.CancelledError):  # there is nobody left to be answered
            return

    def _is_known(self, host: str) -> bool:
        name = _name(host)
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return name.rstrip(".") in self._names
        return True

    def _is_from_elsewhere(self, headers: Mapping[str, str]) -> bool:
        """As browsers say: in Sec-Fetch-Site where the connection is trustworthy, else in Origin."""
        if site := headers.get("sec-fetch-site"):
            return site not in ("same-origin", "none")
        if "origin" not in headers:  # not a browser
            return False
        origin = headers["origin"].partition("://")[2]
        return origin.lower() != headers["host"].lower() and _name(origin) not in self._given


def network_of(request: Request) -> str:
    """The network that somebody asks from: an IPv4 address, or the 64 bits of IPv6 that one line is given.

    Behind a web server that uvicorn trusts (one on this machine, or named by ``FORWARDED_ALLOW_IPS``) it is the one
    that X-Forwarded-For tells.
    """
    host = request.client.host if request.client else ""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((int(address), 64), strict=False))


def _name(host: str) -> str:
    """The name or address in ``name:port``; nothing of what is neither."""
    found = _HOST.fullmatch(host)
    return (found[1] or found[2]).lower() if found else ""


async def read_body(request: Request, kind: type[Sent]) -> Sent:
    """What was sent as JSON.

    Args:
        request: A request.
        kind: What is expected.

    Raises:
        BadRequestError: It is something else, too long, or does not come.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise BadRequestError("expected JSON")
    data = b""
    try:
        async with asyncio.timeout(BODY_WITHIN):
            async for chunk in request.stream():
                data += chunk
                if len(data) > LARGEST_BODY:
                    raise BadRequestError("the request is too long")
    except TimeoutError:
        raise BadRequestError("the request takes too long", 408) from None
    try:
        return kind.model_validate_json(data)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"]) or "request"
        raise BadRequestError(f"{field}: {first['msg']}"[:200]) from None
