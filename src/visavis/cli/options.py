"""Numbers that options take. Each has bounds, so that what nobody can mean is refused before anything is done."""

from __future__ import annotations

from typing import Any

import typer

LARGEST_SEED = 2**32 - 1
"""What NumPy, PyTorch and the language models' servers all take."""
MOST_STEPS = 100_000_000
MOST_WORKERS = 1_024


def seed_option(help: str) -> Any:
    """An option for a random seed."""
    return typer.Option(min=0, max=LARGEST_SEED, help=help)


def count_option(help: str, *, least: int = 1, most: int) -> Any:
    """An option for a number of things."""
    return typer.Option(min=least, max=most, help=help)
