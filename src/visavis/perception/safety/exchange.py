"""Input and output of classifiers of harmful language."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Exchange:
    """A single turn.

    Attributes:
        prompt: What one says.
        response: What is said next; empty where the prompt is judged alone.
    """

    prompt: str
    response: str = ""


@dataclass(frozen=True)
class Verdict:
    """What a classifier makes of an exchange: True is harmful, None is no readable answer.

    Attributes:
        prompt: About the prompt.
        response: About the response.
    """

    prompt: bool | None
    response: bool | None = False


class HarmClassifier(Protocol):
    """Tells harmful from harmless language.

    Attributes:
        name: For notes and provenance.
    """

    name: str

    def __call__(self, exchanges: Sequence[Exchange]) -> list[Verdict]:
        """One verdict for each exchange."""
        ...
