"""What the option ``--behavior`` asks of both people's behaviour, in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from visavis.behavior.controls import EMOTIONS, NUMBERS, STATES, Controls
from visavis.errors import InputError


def parse_behavior(given: Sequence[str]) -> tuple[Controls, Controls]:
    """What is asked of A and of B.

    Raises:
        InputError: A word is unknown, a number is out of range, or two things are asked of one person that exclude each
            other, such as two emotions, or an intensity of nothing.
    """
    both: tuple[dict[str, Any], dict[str, Any]] = ({}, {})
    for text in given:
        who, colon, rest = text.partition(":")
        people = {"A": (0,), "B": (1,)}.get(who.strip().upper()) if colon else (0, 1)
        if people is None:
            raise InputError(f"--behavior {text!r}: {who!r} is neither A nor B")
        for word in (rest if colon else text).split(","):
            name, value = _asked(word.strip())
            for i in people:
                if both[i].setdefault(name, value) != value:
                    raise InputError(
                        f"--behavior asks {'AB'[i]} for {name} {both[i][name]} and for {name} {value}; choose one"
                    )
    a, b = Controls(**both[0]), Controls(**both[1])
    shown = any(asked.state != "none" or asked.emotion != "neutral" for asked in (a, b))
    if not shown and (a.intensity, b.intensity) != (1, 1):
        raise InputError("--behavior: an intensity is that of a state or an emotion; name one, such as happy")
    return a, b


def _asked(word: str) -> tuple[str, str | float]:
    """Which of the `Controls` a word sets, and to what."""
    name, equals, value = word.partition("=")
    name = name.strip().lower()
    if not equals and name in STATES:
        return "state", name
    if not equals and name in EMOTIONS:
        return "emotion", name
    if not equals or name not in NUMBERS:
        known = ", ".join((*STATES, *EMOTIONS, *(f"{number}=NUMBER" for number in NUMBERS)))
        raise InputError(f"--behavior {word!r} is unknown; choose from {known}")
    try:
        return name, float(value)
    except ValueError:
        raise InputError(f"--behavior {word!r}: {value!r} is not a number") from None
