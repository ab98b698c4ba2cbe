"""Language models behind an OpenAI-compatible endpoint."""

from __future__ import annotations

import json
import os
import random
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from email.message import Message as Headers
from email.utils import parsedate_to_datetime
from http.client import HTTPException, IncompleteRead
from queue import Empty, SimpleQueue
from typing import Any, TypeVar
from urllib.parse import SplitResult, urlsplit

from visavis.errors import InputError, plainly
from visavis.language.protocol import LanguageModelError, Message, Sampling
from visavis.reading import parse_json

T = TypeVar("T")

MAX_REPLY_BYTES = 1_000_000
BUSY = frozenset({408, 429, 500, 502, 503, 504, 529})
"""Statuses after which asking again may help."""
FIRST_WAIT = 1.0
"""Seconds before the second attempt, at most; doubled before each further one."""
PATIENCE = 30.0
"""Seconds that an answer may take unless more are allowed."""
LONGEST_WAIT = 60.0
"""Seconds; an endpoint that wants a longer pause is given up."""


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """The key goes to the host the user named and to no other."""

    def redirect_request(self, *args: object, **kwargs: object) -> None:
        return None


class _BusyError(Exception):
    """No answer now, but perhaps later.

    Attributes:
        wait: Seconds after which the endpoint wants to be asked again; None where it does not say.
    """

    def __init__(self, why: str, wait: float | None = None) -> None:
        super().__init__(why)
        self.wait = wait


class Endpoint:
    """An OpenAI-compatible chat endpoint.

    Args:
        base_url: Such as ``https://api.openai.com/v1``.
        model: The model's name there; environment variable ``VISAVIS_LLM_MODEL`` unless given.
        timeout: Seconds for a whole answer; environment variable ``VISAVIS_LLM_TIMEOUT`` unless given, else `PATIENCE`.
        retries: How often it is asked again when it is busy (429), failing (5xx) or slower than `timeout`, after
            pauses that double and vary at random, or that it names itself (``Retry-After``).

    The key is read from the environment: ``VISAVIS_LLM_KEY``, else ``OPENAI_API_KEY``; local servers need none.
    """

    def __init__(self, base_url: str, model: str | None = None, timeout: float | None = None, retries: int = 0) -> None:
        """Checks the address; connects to nothing yet."""
        base_url = base_url.strip()
        parts = _address(base_url)
        self.url = base_url.rstrip("/") + "/chat/completions"
        self.model = model or os.environ.get("VISAVIS_LLM_MODEL") or ""
        if not self.model:
            raise InputError(f"language model {base_url!r}: set the model's name in VISAVIS_LLM_MODEL")
        self.timeout = _seconds() if timeout is None else timeout
        self.retries = retries
        self.name = f"{self.model} at {parts.netloc.rpartition('@')[2]}"
        self._key = _key()

    def __call__(self, messages: Sequence[Message], seed: int, sampling: Sampling) -> str:
        """Asks the endpoint, and again while it is busy and there are attempts left."""
        body: dict[str, object] = {
            "model": self.model,
            "messages": list(messages),
            "temperature": sampling.temperature,
            "max_tokens": sampling.max_tokens,
            "seed": seed,
        }
        if sampling.stop is not None:
            body["stop"] = sampling.stop
        headers = {"Content-Type": "application/json"}
        if self._key:
            headers["Authorization"] = f"Bearer {self._key}"
        request = urllib.request.Request(self.url, json.dumps(body).encode(), headers, method="POST")
        for attempt in range(self.retries + 1):
            try:
                return self._content(self._ask(request))
            except _BusyError as error:
                pause = _pause(attempt) if error.wait is None else error.wait
                if attempt == self.retries or pause > LONGEST_WAIT:
                    raise LanguageModelError(_given_up(self.name, error, attempt + 1)) from None
                time.sleep(pause)
        raise AssertionError("the last attempt returns or raises")

    def _ask(self, request: urllib.request.Request) -> bytes:
        """One attempt.

        Raises:
            _BusyError: A later one may succeed.
            LanguageModelError: None will.
        """
        try:
            return _within(self.timeout, lambda: self._read(request))
        except InputError:
            raise
        except urllib.error.HTTPError as error:
            answer = f"answered {error.code} {error.reason}"
            if error.code in BUSY:
                raise _BusyError(answer, _retry_after(error.headers)) from None
            raise LanguageModelError(f"{self.name} {answer}") from None
        except IncompleteRead:
            raise _BusyError("broke off in the middle of its answer") from None
        except (OSError, urllib.error.URLError) as error:
            reason = getattr(error, "reason", error)
            if isinstance(reason, TimeoutError):
                raise _BusyError(f"gave no answer in {self.timeout:g} s") from None
            if isinstance(reason, ConnectionResetError):
                raise _BusyError(f"cannot be reached: {reason}") from None
            raise LanguageModelError(f"{self.name} cannot be reached: {reason}") from None
        except (HTTPException, ValueError) as error:
            raise LanguageModelError(f"{self.name} does not answer as HTTP demands: {plainly(error)}") from None

    def _read(self, request: urllib.request.Request) -> bytes:
        """The whole answer, within the time and the size allowed however slowly it drips."""
        deadline = time.monotonic() + self.timeout
        opener = urllib.request.build_opener(_NoRedirect)
        with opener.open(request, timeout=self.timeout) as response:
            reply = b""
            while block := response.read1(65_536):
                reply += block
                if time.monotonic() > deadline:
                    raise TimeoutError
                if len(reply) > MAX_REPLY_BYTES:
                    raise LanguageModelError(f"{self.name} answered more than {MAX_REPLY_BYTES // 1_000_000} MB")
        return reply

    def _content(self, reply: bytes) -> str:
        try:
            content = parse_json(reply, self.name)["choices"][0]["message"]["content"]
        except (InputError, KeyError, IndexError, TypeError):
            content = None
        if not isinstance(content, str):
            raise LanguageModelError(f"{self.name} did not return a chat completion")
        return content.encode("utf-8", "replace").decode()  # halves of characters are no text


def _address(url: str) -> SplitResult:
    """The parts of an address that can be asked.

    Raises:
        InputError: It is none; what is wrong is said.
    """
    where = f"language model {url!r}"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise InputError(f"{where}: is no valid URL: {plainly(error)}") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise InputError(f"{where}: expected an http or https URL, such as http://localhost:8000/v1")
    if port == 0:
        raise InputError(f"{where}: port 0 cannot be asked")
    if not url.isascii() or not url.isprintable() or " " in url:
        raise InputError(f"{where}: contains blanks or characters that URLs cannot have; escape them with %")
    if parts.query or parts.fragment:
        raise InputError(f"{where}: ends in a query; expected the address that /chat/completions is added to")
    return parts


def _key() -> str | None:
    """The key, which goes into a header.

    Raises:
        InputError: It cannot; the key itself is not shown.
    """
    for name in ("VISAVIS_LLM_KEY", "OPENAI_API_KEY"):
        if key := os.environ.get(name, "").strip():
            if not key.isascii() or not key.isprintable():
                raise InputError(f"{name} contains line breaks or characters that are not ASCII; set it again")
            return key
    return None


def _within(seconds: float, work: Callable[[], T]) -> T:
    """What a function returns or raises.

    Whatever the other side does - names that are not resolved, headers that drip or never end - does not last longer.

    Raises:
        TimeoutError: It takes longer; it is left alone.
    """
    outcome: SimpleQueue[Callable[[], T]] = SimpleQueue()

    def run() -> None:
        try:
            found = work()
        except Exception as error:
            outcome.put(lambda error=error: _raise(error))  # type: ignore[misc]
        else:
            outcome.put(lambda: found)

    threading.Thread(target=run, daemon=True).start()
    try:
        return outcome.get(timeout=seconds)()
    except Empty:
        raise TimeoutError from None


def _raise(error: Exception) -> Any:
    raise error


def _pause(attempt: int) -> float:
    """Exponential backoff with jitter, so that many that were refused at once do not come back at once."""
    seconds: float = min(LONGEST_WAIT, FIRST_WAIT * 2**attempt) * random.uniform(0.5, 1.0)
    return seconds


def _retry_after(headers: Headers) -> float | None:
    """Seconds that ``Retry-After`` asks for, as a number or as a date (RFC 9110, section 10.2.3)."""
    value = headers.get("Retry-After")
    if value is None:
        return None
    try:
        return max(
            0.0, float(value) if value.strip().isdigit() else parsedate_to_datetime(value).timestamp() - time.time()
        )
    except (TypeError, ValueError, OverflowError):
        return None


def _given_up(name: str, error: _BusyError, attempts: int) -> str:
    line = f"{name} {error}"
    if error.wait is not None and error.wait > LONGEST_WAIT:
        return f"{line} and asks to wait {error.wait:.0f} s; try again later"
    return line if attempts == 1 else f"{line}, {attempts} times"


def _seconds() -> float:
    given = os.environ.get("VISAVIS_LLM_TIMEOUT", "")
    try:
        seconds = float(given or PATIENCE)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise InputError(f"VISAVIS_LLM_TIMEOUT is {given!r}; seconds above 0 are needed")
    return seconds
