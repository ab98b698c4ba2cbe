"""Options that several commands have.

Numbers have bounds, so that what nobody can mean is refused before anything is done.
"""

from __future__ import annotations

from typing import Any

import typer

from visavis.behavior.controls import EMOTIONS, NUMBERS, STATES

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


def plan_option() -> Any:
    """The option for a plan of what both people do."""
    return typer.Option(
        "--plan",
        help="Perform this plan of both people's behavior instead of drawing one: plan.json of an earlier run, "
        "edited, or a CSV with the same columns.",
    )


def behavior_option() -> Any:
    """The option for what is asked of both people's behaviour, given as often as needed (`visavis.cli.behavior`)."""
    words = ", ".join(name for name in (*STATES, *EMOTIONS) if name not in ("none", "neutral"))
    return typer.Option(
        "--behavior",
        metavar="[A:|B:]WORDS",
        help=f"How people behave, of A, B or both: one state and one emotion of {words}; and "
        f"{', '.join(f'{name}=NUMBER' for name in NUMBERS)}. Comma-separated. Not with --plan.",
    )
