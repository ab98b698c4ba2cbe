"""The fitted parameters: read from the files that `fit` and `fit_lips` of this package write."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import yaml

LEVELS = (0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)
"""Quantile levels by which the fitted file describes a distribution."""


@cache
def parameters() -> dict[str, Any]:
    """The fitted file; see there for what each number is and where it comes from."""
    fitted: dict[str, Any] = yaml.safe_load(files(__package__).joinpath("fitted.yaml").read_text(encoding="utf-8"))
    return fitted


@cache
def lip_gains() -> dict[str, float]:
    """How far each shape moves when a sound wants all of it; from the file that `fit_lips` writes.

    ``jaw``, ``pucker``, ``funnel``, ``upper_lip``, ``lower_lip``, ``press``, ``stretch``; and the ``power`` that the
    jaw's opening is raised to.
    """
    fitted: dict[str, float] = yaml.safe_load(
        files(__package__).joinpath("fitted_lips.yaml").read_text(encoding="utf-8")
    )
    return fitted


def draw(rng: np.random.Generator, quantiles: list[float]) -> float:
    """One value from a distribution given by its quantiles at `LEVELS` (straight lines between them)."""
    return float(np.interp(rng.uniform(LEVELS[0], LEVELS[-1]), LEVELS, quantiles))
