"""Parts that installed packages bring, found by entry point."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from visavis.errors import InputError


def installed(group: str) -> Mapping[str, EntryPoint]:
    """The entry points of a group, by name."""
    return {point.name: point for point in entry_points(group=group)}


def load(point: EntryPoint, what: str) -> Any:
    """What an entry point stands for; `what` names it to the user.

    Raises:
        InputError: The package that has it cannot be loaded.
    """
    try:
        return point.load()
    except (ImportError, AttributeError) as error:
        raise InputError(f"{what} cannot be loaded ({error}); reinstall its package") from error
