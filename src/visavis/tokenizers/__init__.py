"""Motion as codes: tokenizers that turn motion in any space into numbers from a codebook, and back.

Names are imported when first used, so that importing the package does not bring in PyTorch.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from visavis.tokenizers.protocol import Codes, MotionBatch, Tokenizer, TokenizerLosses

_WHERE = {"Codes": "protocol", "MotionBatch": "protocol", "Tokenizer": "protocol", "TokenizerLosses": "protocol"}

__all__ = ["Codes", "MotionBatch", "Tokenizer", "TokenizerLosses"]


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_WHERE[name]}"), name)
