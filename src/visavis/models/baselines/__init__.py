"""What models of listeners and speakers are compared with: copying, retrieval and small trained networks.

Names are imported when first used, so that importing the package does not bring in PyTorch.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from visavis.models.baselines.base import Baseline
    from visavis.models.baselines.registry import BASELINES, baseline_names, get_baseline

_WHERE = {"BASELINES": "registry", "Baseline": "base", "baseline_names": "registry", "get_baseline": "registry"}

__all__ = ["BASELINES", "Baseline", "baseline_names", "get_baseline"]


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_WHERE[name]}"), name)
