"""Plug-ins of installed packages, found by entry point."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from visavis.errors import InputError

__all__ = ["EntryPoint", "installed", "load"]


def installed(group: str) -> Mapping[str, EntryPoint]:
    """The entry points of a group, by name."""
    return _installed_on(group, tuple(sys.path))


@cache
def _installed_on(group: str, _path: tuple[str, ...]) -> Mapping[str, EntryPoint]:
    """What there is on a search path; looked up once, as it takes some milliseconds and every help text asks."""
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
