"""The expressions with which simulated listeners react."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from visavis.errors import InputError
from visavis.motion import ARKIT

Pair = tuple[float, float]
Triple = tuple[float, float, float]


@dataclass(frozen=True)
class Expression:
    """One expression at full strength and how it comes and goes; units as in ``expressions.yaml``.

    Attributes:
        name: Such as ``sympathy``.
        shapes: Weights (0 to 1) by `arkit` column, for a person whose stronger half is the left.
        head: Pitch (down is positive), yaw and roll in degrees; yaw and roll for the left, to which they may not go.
        lean: Metres toward the partner.
        attack: Lowest and highest seconds of rise.
        hold: Lowest and highest seconds at full strength.
        sustain: Share of the strength that stays after that.
        nods: Rate per minute, degrees and hertz.
        away: Share of the time in which the eyes are off the partner.
        where: Yaw and pitch in degrees of where they are then.
        blinks: Factor on the rate of blinks.
        laughs: Whether jaw and head shake.
        unrest: Factor on the movements of the head that go with nothing.
    """

    name: str
    shapes: Mapping[str, float]
    head: Triple = (0.0, 0.0, 0.0)
    lean: float = 0.0
    attack: Pair = (0.5, 1.0)
    hold: Pair = (2.0, 5.0)
    sustain: float = 0.6
    nods: Triple = (6.0, 5.0, 2.2)
    away: float = 0.1
    where: Pair = (16.0, 10.0)
    blinks: float = 1.0
    laughs: bool = False
    unrest: float = 1.0

    def mirrored(self) -> dict[str, float]:
        """The shapes of a person whose stronger half is the right."""
        return {_other(name): weight for name, weight in self.shapes.items()}


@cache
def expressions() -> Mapping[str, Expression]:
    """All of them by name."""
    rows = yaml.safe_load(files(__package__).joinpath("expressions.yaml").read_text(encoding="utf-8"))
    return {name: _expression(name, row) for name, row in rows.items()}


def get_expression(name: str) -> Expression:
    """The expression called `name`.

    Raises:
        InputError: There is none; the message lists those there are.
    """
    try:
        return expressions()[name]
    except KeyError:
        raise InputError(f"there is no reaction named {name!r}; there are: {', '.join(expressions())}") from None


def _expression(name: str, row: dict[str, Any]) -> Expression:
    shapes: dict[str, float] = {}
    for shape, weight in row.pop("shapes").items():
        sides = (shape,) if shape in ARKIT.names else (f"{shape}Left", f"{shape}Right")
        shapes |= dict.fromkeys(sides, weight)
    for half, side in (("one_side", "Left"), ("other_side", "Right")):
        shapes |= {f"{shape}{side}": weight for shape, weight in row.pop(half, {}).items()}
    ARKIT.indices(shapes)  # refuses names that there are not
    rest: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in row.items()}
    return Expression(name, shapes, **rest)


def _other(name: str) -> str:
    if name.endswith("Left"):
        return name.removesuffix("Left") + "Right"
    return name.removesuffix("Right") + "Left" if name.endswith("Right") else name
