"""Conversations simulated from a seed, with exact ground truth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from visavis.simulation.dyads.simulator import simulate

__all__ = ["simulate"]


def __getattr__(name: str) -> Any:  # loaded on first use, so that importing the package stays quick
    if name == "simulate":
        from visavis.simulation.dyads.simulator import simulate

        return simulate
    raise AttributeError(name)
