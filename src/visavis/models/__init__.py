"""Models of behaviour: one contract, one registry, one checkpoint."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from visavis.models.checkpoint import from_pretrained

__all__ = ["from_pretrained"]


def __getattr__(name: str) -> Any:
    """Imports when first used, so that the registry can be read without PyTorch."""
    if name == "from_pretrained":
        from visavis.models.checkpoint import from_pretrained

        return from_pretrained
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
