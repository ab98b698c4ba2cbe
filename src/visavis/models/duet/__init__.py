"""Duet: the dual-stream diffusion model of Talking Together.

Names are imported when first used, so that importing the package does not bring in PyTorch.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from visavis.models.duet.checkpoint import from_pretrained, push_to_hub, save_pretrained
    from visavis.models.duet.config import PRESETS, DuetConfig, load_preset
    from visavis.models.duet.model import Duet

_WHERE = {
    "Duet": "model", "DuetConfig": "config", "PRESETS": "config", "load_preset": "config",
    "from_pretrained": "checkpoint", "push_to_hub": "checkpoint", "save_pretrained": "checkpoint",
}  # fmt: skip

__all__ = ["PRESETS", "Duet", "DuetConfig", "from_pretrained", "load_preset", "push_to_hub", "save_pretrained"]


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_WHERE[name]}"), name)
