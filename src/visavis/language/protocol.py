"""What all language models have in common."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from visavis.errors import InputError

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
