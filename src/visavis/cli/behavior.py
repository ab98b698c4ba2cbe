"""The option ``--behavior``: what is asked of both people's behaviour, in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any

import typer

from visavis.behavior.controls import EMOTIONS, STATES, Controls
from visavis.errors import InputError

NUMBERS = tuple(field.name for field in fields(Controls) if field.name not in ("state", "emotion"))


def behavior_option() -> Any:
    """The option, given as often as needed."""
    words = ", ".join(name for name in (*STATES, *EMOTIONS) if name not in ("none", "neutral"))
    return typer.Option(
        "--behavior",
        metavar="[A:|B:]WORDS",
        help=f"How people behave, of A, B or both: {words}; or {', '.join(f'{name}=NUMBER' for name in NUMBERS)}. "
        "Comma-separated.",
    )


def parse_behavior(given: Sequence[str]) -> tuple[Controls, Controls]:
    """What is asked of A and of B.

    Raises:
        InputError: A word is unknown, or a number is out of range.
    """
    both = [Controls(), Controls()]
    for text in given:
        who, colon, rest = text.partition(":")
        people = {"A": (0,), "B": (1,)}.get(who.strip().upper()) if colon else (0, 1)
        if people is None:
            raise InputError(f"--behavior {text!r}: {who!r} is neither A nor B")
        for word in (rest if colon else text).split(","):
            for i in people:
                both[i] = _asked(both[i], word.strip())
    return both[0], both[1]


def _asked(controls: Controls, word: str) -> Controls:
    name, equals, value = word.partition("=")
    name = name.strip().lower()
    if not equals and name in STATES:
        return replace(controls, state=name)
    if not equals and name in EMOTIONS:
        return replace(controls, emotion=name)
    if not equals or name not in NUMBERS:
        known = ", ".join((*STATES, *EMOTIONS, *(f"{number}=NUMBER" for number in NUMBERS)))
        raise InputError(f"--behavior {word!r} is unknown; choose from {known}")
    try:
        number = float(value)
    except ValueError:
        raise InputError(f"--behavior {word!r}: {value!r} is not a number") from None
    changed: dict[str, Any] = {name: number}
    return replace(controls, **changed)
