"""DIM: Dyadic Interaction Modeling, masked and contrastive, for listeners and speakers.

Names are imported when first used, so that importing the package does not bring in PyTorch.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from visavis.models.dim.checkpoint import build, from_pretrained, push_to_hub, save_pretrained
    from visavis.models.dim.config import PRESETS, DimConfig, load_preset
    from visavis.models.dim.model import Dim
    from visavis.models.dim.ranking import pair_similarity, partner_ranks

_WHERE = {
    "Dim": "model", "build": "checkpoint", "DimConfig": "config", "PRESETS": "config", "load_preset": "config",
    "from_pretrained": "checkpoint", "push_to_hub": "checkpoint", "save_pretrained": "checkpoint",
    "pair_similarity": "ranking", "partner_ranks": "ranking",
}  # fmt: skip

__all__ = [
    "PRESETS", "Dim", "DimConfig", "build", "from_pretrained", "load_preset", "pair_similarity", "partner_ranks",
    "push_to_hub", "save_pretrained",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_WHERE[name]}"), name)
