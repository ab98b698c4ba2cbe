"""What the last steps of making built-in weights share: what the manifest says of them, and how it is said."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from visavis.checkpoint import read_header
from visavis.errors import InputError
from visavis.reading import shown


def facts_of(trained: Path, model: str, data: str, metrics: str, limits: str) -> dict[str, Any]:
    """The manifest's entry of a trained checkpoint.

    Args:
        trained: Its folder.
        model: Which kind of model it has to be.
        data: What it learnt from.
        metrics: Where it was measured.
        limits: What it cannot do.

    Raises:
        InputError: There is no such checkpoint.
    """
    from visavis import __version__

    training = dict(read_header(trained, model).training)
    return {
        "visavis": __version__, "command": training.pop("command"), "data": data, "training": training,
        "metrics": metrics, "limits": limits,
    }  # fmt: skip


def store(steps: Iterable[Callable[[], Path]]) -> int:
    """Stores one checkpoint after the other and prints where; 2 where one of them cannot be."""
    try:
        for step in steps:
            print(step())
    except InputError as error:
        print(shown(str(error)), file=sys.stderr)
        return 2
    return 0
