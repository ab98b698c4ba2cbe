"""Motion as codes: tokenizers that turn motion in any space into numbers from a codebook, and back.

Names are imported when first used, so that importing the package does not bring in PyTorch.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from visavis.tokenizers.checkpoint import build, from_pretrained, push_to_hub, save_pretrained
    from visavis.tokenizers.codebook import Health, codebook_health
    from visavis.tokenizers.config import TokenizerConfig
    from visavis.tokenizers.protocol import Codes, MotionBatch, Tokenizer, TokenizerLosses
    from visavis.tokenizers.statistics import MotionStatistics

_WHERE = {
    "Codes": "protocol", "MotionBatch": "protocol", "Tokenizer": "protocol", "TokenizerLosses": "protocol",
    "TokenizerConfig": "config",
    "MotionStatistics": "statistics", "Health": "codebook", "codebook_health": "codebook",
    "build": "checkpoint", "from_pretrained": "checkpoint", "push_to_hub": "checkpoint",
    "save_pretrained": "checkpoint",
}  # fmt: skip

__all__ = [
    "Codes", "Health", "MotionBatch", "MotionStatistics", "Tokenizer", "TokenizerConfig",
    "TokenizerLosses", "build", "codebook_health", "from_pretrained", "push_to_hub",
    "save_pretrained",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_WHERE[name]}"), name)
