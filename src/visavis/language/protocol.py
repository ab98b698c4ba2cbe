"""What all language models have in common, and how one is found by name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from visavis.errors import InputError

BUILT_IN = "built-in"
"""Name of the small model that needs no account and no server."""

Message = dict[str, str]
"""A turn of a chat: ``role`` (system, user or assistant) and ``content``."""


class LanguageModelError(InputError):
    """The model gave no answer."""


@dataclass(frozen=True)
class Sampling:
    """How an answer is drawn.

    Attributes:
        temperature: 0 takes the likeliest token each time.
        max_tokens: Length of the answer at most.
        stop: A text with which the answer ends; None lets the model end it.
    """

    temperature: float
    max_tokens: int
    stop: str | None = None


class LanguageModel(Protocol):
    """Answers a chat."""

    name: str

    def __call__(self, messages: Sequence[Message], seed: int, sampling: Sampling) -> str:
        """The reply to `messages`; a seed gives the same reply again, as far as the model allows.

        Raises:
            LanguageModelError: There is none.
        """
        ...


def get_language_model(spec: str, retries: int = 0) -> LanguageModel:
    """The built-in model for ``built-in``, an endpoint for an ``http(s)://`` address, a local model for anything else.

    Args:
        spec: One of these; a local model is a Hub id or a folder.
        retries: How often an endpoint that is busy, slow or failing is asked again.

    Raises:
        InputError: The address or the model cannot be used.
    """
    if spec == BUILT_IN:
        from visavis.language.builtin import BuiltInModel

        return BuiltInModel()
    if spec.startswith(("http://", "https://")):
        from visavis.language.endpoint import Endpoint

        return Endpoint(spec, retries=retries)
    from visavis.language.local import LocalModel

    return LocalModel(spec)
