"""Simulated listeners whose appropriate reaction to what is said is known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from visavis.simulation.reactions.listener import draw_reaction
    from visavis.simulation.reactions.simulator import simulate_reaction

__all__ = ["draw_reaction", "simulate_reaction"]


def __getattr__(name: str) -> Any:  # loaded on first use, so that importing the package stays quick
    if name == "draw_reaction":
        from visavis.simulation.reactions.listener import draw_reaction

        return draw_reaction
    if name == "simulate_reaction":
        from visavis.simulation.reactions.simulator import simulate_reaction

        return simulate_reaction
    raise AttributeError(name)
