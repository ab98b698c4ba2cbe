"""Language models behind an OpenAI-compatible endpoint."""

from __future__ import annotations

import json
import os
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from urllib.parse import urlsplit

from visavis.errors import InputError
from visavis.language.protocol import LanguageModelError, Message, Sampling

MAX_REPLY_BYTES = 1_000_000


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """The key goes to the host the user named and to no other."""

    def redirect_request(self, *args: object, **kwargs: object) -> None:
        return None


class Endpoint:
    """An OpenAI-compatible chat endpoint.

    Args:
        base_url: Such as ``https://api.openai.com/v1``.
        model: The model's name there; environment variable ``VISAVIS_LLM_MODEL`` unless given.
        timeout: Seconds for a whole answer.

    The key is read from the environment: ``VISAVIS_LLM_KEY``, else ``OPENAI_API_KEY``; local servers need none.
    """

    def __init__(self, base_url: str, model: str | None = None, timeout: float = 30.0) -> None:
        """Checks the address; connects to nothing yet."""
        parts = urlsplit(base_url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise InputError(f"language model {base_url!r}: an http or https address is needed")
        self.url = base_url.rstrip("/") + "/chat/completions"
        self.model = model or os.environ.get("VISAVIS_LLM_MODEL") or ""
        if not self.model:
            raise InputError(f"language model {base_url!r}: say which model in VISAVIS_LLM_MODEL")
        self.timeout = timeout
        self.name = f"{self.model} at {parts.netloc.rpartition('@')[2]}"

    def __call__(self, messages: Sequence[Message], seed: int, sampling: Sampling) -> str:
        """Asks the endpoint once."""
        body = {
            "model": self.model,
            "messages": list(messages),
            "temperature": sampling.temperature,
            "max_tokens": sampling.max_tokens,
            "seed": seed,
        }
        headers = {"Content-Type": "application/json"}
        if key := os.environ.get("VISAVIS_LLM_KEY") or os.environ.get("OPENAI_API_KEY"):
            headers["Authorization"] = f"Bearer {key}"
        request = urllib.request.Request(self.url, json.dumps(body).encode(), headers, method="POST")
        try:
            return self._content(self._read(request))
        except urllib.error.HTTPError as error:
            raise LanguageModelError(f"{self.name} answered {error.code} {error.reason}") from None
        except TimeoutError:
            raise LanguageModelError(f"{self.name} gave no answer in {self.timeout:g} s") from None
        except (urllib.error.URLError, OSError) as error:
            reason = getattr(error, "reason", error)
            if isinstance(reason, TimeoutError):
                raise LanguageModelError(f"{self.name} gave no answer in {self.timeout:g} s") from None
            raise LanguageModelError(f"{self.name} cannot be reached: {reason}") from None

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
            content = json.loads(reply)["choices"][0]["message"]["content"]
        except (ValueError, KeyError, IndexError, TypeError, RecursionError):
            content = None
        if not isinstance(content, str):
            raise LanguageModelError(f"{self.name} answered something that is no chat completion")
        return content
