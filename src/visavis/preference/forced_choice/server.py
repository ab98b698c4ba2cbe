"""The study's page, served over HTTP.

The browser learns neither methods nor pairs: it gets files whose names are hashes of their content, and sends back the
number of the trial, a side, how long it took and how often each option was played.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from visavis.errors import MissingExtraError, plainly
from visavis.preference.forced_choice.answers import CODE
from visavis.preference.forced_choice.design import Design, ScreenSide
from visavis.preference.forced_choice.media import MEDIA_TYPES
from visavis.preference.forced_choice.register import (
    CrowdedError,
    FullError,
    OutOfTurnError,
    Person,
    Register,
    UnknownCodeError,
)
from visavis.preference.guard import BadRequestError, network_of, read_body
from visavis.preference.kinds import Address
from visavis.preference.serving import serve_app
from visavis.settings import Section

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response

_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
_PARTS = {"study.css": "text/css", "study.js": "text/javascript"}


class JoinRequest(Section):
    """Somebody agrees to take part; without a code they get one."""

    code: str | None = Field(default=None, pattern=CODE)
    consent: Literal[True]


class AnswerRequest(Section):
    """A choice."""

    code: str = Field(pattern=CODE)
    trial: int = Field(ge=0, le=100_000, strict=True)
    choice: ScreenSide
    seconds: float = Field(ge=0, le=1e6, allow_inf_nan=False)
    plays: tuple[Annotated[int, Field(ge=1, le=10_000)], Annotated[int, Field(ge=1, le=10_000)]]


def make_app(register: Register, folder: Path) -> Starlette:
    """The study as an ASGI application.

    Args:
        register: Who takes part.
        folder: Of the study.

    Raises:
        MissingExtraError: Starlette is not installed.
    """
    try:
        from starlette.applications import Starlette
        from starlette.concurrency import run_in_threadpool
        from starlette.responses import FileResponse, HTMLResponse, JSONResponse, Response
        from starlette.routing import Route
    except ImportError:
        raise MissingExtraError("serving a study", "studio") from None
    design = register.design
    files = {Path(medium.file).name: folder / medium.file for medium in design.media.values()}
    page = _page(design)
    parts = {name: _part(name) for name in _PARTS}

    def reply(person: Person) -> Response:
        return JSONResponse(_state(register, person), headers={"Cache-Control": "no-store"})

    def refusal(status: int, why: Callable[[Exception], str]) -> Callable[[Request, Exception], Response]:
        return lambda _request, error: JSONResponse({"error": why(error)}, getattr(error, "status", status))

    async def home(_request: Request) -> Response:
        return HTMLResponse(page, headers=_HEADERS)

    async def part(request: Request) -> Response:
        name = request.path_params["name"]
        if name not in parts:
            return Response(status_code=404)
        return Response(parts[name], media_type=_PARTS[name], headers=_HEADERS | {"Cache-Control": "no-cache"})

    async def media(request: Request) -> Response:
        path = files.get(request.path_params["name"])
        if path is None or not path.is_file():
            return Response(status_code=404)
        return FileResponse(path, media_type=MEDIA_TYPES[path.suffix], headers={"X-Content-Type-Options": "nosniff"})

    async def join(request: Request) -> Response:
        asked = await read_body(request, JoinRequest)
        return reply(await run_in_threadpool(register.join, asked.code, network_of(request)))

    async def state(request: Request) -> Response:
        return reply(register.find(request.query_params.get("code", "")))

    async def answer(request: Request) -> Response:
        given = await read_body(request, AnswerRequest)
        return reply(await run_in_threadpool(register.answer, **given.model_dump()))

    return Starlette(
        routes=[
            Route("/", home),
            Route("/page/{name}", part),
            Route("/media/{name}", media),
            Route("/api/state", state),
            Route("/api/join", join, methods=["POST"]),
            Route("/api/answer", answer, methods=["POST"]),
        ],
        exception_handlers={
            BadRequestError: refusal(400, str),
            UnknownCodeError: refusal(404, lambda _error: "unknown participant code"),
            FullError: refusal(409, lambda _error: "this study is full"),
            CrowdedError: refusal(429, lambda _error: "many people are starting from your network"),
            OutOfTurnError: refusal(409, lambda _error: "not the next trial"),
            OSError: refusal(503, lambda error: f"the answer could not be stored: {plainly(error)}"),
        },
    )


def _state(register: Register, person: Person) -> dict[str, Any]:
    """What the page needs in order to go on: progress, the next trial and files to fetch ahead."""
    trials, done = register.trials(person), len(person.answers)
    state: dict[str, Any] = {
        "code": person.code, "done": done, "total": len(trials), "finished": done == len(trials),
        "blocks": trials[-1].block + 1,
    }  # fmt: skip
    if done < len(trials):
        now = trials[done]
        state |= {
            "block": now.block,
            "rest": done > 0 and trials[done - 1].block < now.block,
            "trial": _shown(register.design, person, done),
            "ahead": _files(_shown(register.design, person, done + 1)) if done + 1 < len(trials) else [],
        }
    return state


def _shown(design: Design, person: Person, number: int) -> dict[str, Any]:
    trial = design.sessions[person.place][number]
    scene = design.scenes[trial.scene]
    prompt = design.question
    if trial.kind == "instructed":
        prompt = f"To show that you are paying attention, choose the one on the {trial.expected} this time."
    speaker = design.media[scene.speaker] if scene.speaker else None
    return {
        "number": number,
        "prompt": prompt,
        "text": scene.text,
        "speaker": {"kind": speaker.kind, "url": speaker.file} if speaker else None,
        "left": design.media[scene.options[trial.left]].file,
        "right": design.media[scene.options[trial.right]].file,
    }


def _files(shown: dict[str, Any]) -> list[str]:
    return [shown["left"], shown["right"], *([shown["speaker"]["url"]] if shown["speaker"] else [])]


def _page(design: Design) -> str:
    from jinja2 import Environment, StrictUndefined

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(_part("page.html.j2")).render(d=design, heard=design.is_heard)


def _part(name: str) -> str:
    return resources.files("visavis.preference.forced_choice").joinpath("page", name).read_text("utf-8")


def serve(
    register: Register, folder: Path, at: Address, *, ready: Callable[[str], None] = lambda _address: None
) -> None:
    """Serves a study until it is stopped with Ctrl-C.

    Args:
        register: Who takes part.
        folder: Of the study.
        at: Where to serve it.
        ready: Takes the page's address once it can be opened.

    Raises:
        InputError: The address cannot be used.
        MissingExtraError: The web server is not installed.
    """
    serve_app(make_app(register, folder), at, ready)
