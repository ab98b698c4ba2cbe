"""Language models that turn words into places: an OpenAI-compatible endpoint or a local Hugging Face model."""

from __future__ import annotations

import json
import os
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from typing import Any, Protocol
from urllib.parse import urlsplit

from visavis.errors import InputError, MissingExtraError

Message = dict[str, str]

TEMPERATURE = 0.2
MAX_TOKENS = 128
"""Both as in Talking Together, supplement 2.2."""

MAX_REPLY_BYTES = 1_000_000


class LanguageModelError(InputError):
    """The model gave no answer."""


class LanguageModel(Protocol):
    """Answers a chat."""

    name: str

    def __call__(self, messages: Sequence[Message], seed: int) -> str:
        """The reply to `messages` (role and content).

        Raises:
            LanguageModelError: There is none.
        """
        ...


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

    def __call__(self, messages: Sequence[Message], seed: int) -> str:
        """Asks the endpoint once."""
        body = {
            "model": self.model,
            "messages": list(messages),
            "temperature": TEMPERATURE,
            "max_tokens": MAX_TOKENS,
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


class LocalModel:
    """A causal language model through transformers, from a folder or the Hub.

    Args:
        name_or_path: A Hub id or a folder with model and tokenizer.
    """

    def __init__(self, name_or_path: str) -> None:
        """Loads the model."""
        self._tokenizer: Any
        self._model: Any
        try:
            import transformers
        except ImportError:
            raise MissingExtraError("a local language model", "llm") from None
        self.name = str(name_or_path)
        try:
            self._tokenizer = transformers.AutoTokenizer.from_pretrained(name_or_path)
            self._model = transformers.AutoModelForCausalLM.from_pretrained(name_or_path)
        except (OSError, ValueError, KeyError) as error:
            reason = " ".join(str(error).split())[:160]
            raise InputError(f"language model {self.name!r} cannot be loaded: {reason}") from None
        self._model.eval()

    def __call__(self, messages: Sequence[Message], seed: int) -> str:
        """Samples a reply; the same seed gives the same one."""
        import torch

        inputs = self._tokenizer(self._prompt(messages), return_tensors="pt")
        length = inputs["input_ids"].shape[1]
        limit = getattr(self._model.config, "max_position_embeddings", None)
        if limit is not None and length + MAX_TOKENS > limit:
            raise LanguageModelError(
                f"{self.name} takes {limit} tokens, the prompt and the answer need {length + MAX_TOKENS}"
            )
        with torch.inference_mode(), torch.random.fork_rng():
            torch.manual_seed(seed)
            output = self._model.generate(
                input_ids=inputs["input_ids"],
                attention_mask=inputs["attention_mask"],
                do_sample=True,
                temperature=TEMPERATURE,
                max_new_tokens=MAX_TOKENS,
                pad_token_id=self._tokenizer.pad_token_id or self._tokenizer.eos_token_id or 0,
            )
        return self._tokenizer.decode(output[0, length:], skip_special_tokens=True)

    def _prompt(self, messages: Sequence[Message]) -> str:
        if self._tokenizer.chat_template:
            return self._tokenizer.apply_chat_template(list(messages), tokenize=False, add_generation_prompt=True)
        return "\n\n".join(message["content"] for message in messages) + "\n"


def get_language_model(spec: str) -> LanguageModel:
    """An endpoint for an ``http(s)://`` address, a local model for a Hub id or a folder.

    Raises:
        InputError: The address or the model cannot be used.
    """
    if spec.startswith(("http://", "https://")):
        return Endpoint(spec)
    return LocalModel(spec)
