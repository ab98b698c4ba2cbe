"""Figures by appearance: built once, then read from the cache."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np

from visavis.bodies.dress import dress
from visavis.bodies.figure import Figure
from visavis.bodies.identity import build_identity
from visavis.bodies.skeleton import HEAD, Skeleton
from visavis.errors import InputError
from visavis.reading import read_arrays

_VERSION = 17  # of how figures are made; older cached ones are not read


def load_figure(
    appearance: Mapping[str, Any], seated: bool, knees_aside: float = 0.0, skeleton: Skeleton = HEAD
) -> Figure:
    """The figure of an appearance, from the cache or newly made."""
    key = json.dumps([_VERSION, appearance, bool(seated), float(knees_aside), skeleton.space.name], sort_keys=True)
    path = _cache() / f"{hashlib.sha256(key.encode()).hexdigest()[:24]}.npz"
    try:
        stored = read_arrays(path)
        return Figure(**{field.name: stored[field.name] for field in fields(Figure)})
    except (InputError, KeyError):
        pass  # not there yet, or damaged: made anew
    figure = dress(build_identity(appearance, seated, knees_aside, skeleton), appearance)
    _store(path, figure)
    return figure


def _store(path: Path, figure: Figure) -> None:
    """Keeps the figure for next time; a cache that cannot be written only costs time."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.npz")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        np.savez(temporary, **{field.name: getattr(figure, field.name) for field in fields(Figure)})
        temporary.replace(path)
    except OSError:
        temporary.unlink(missing_ok=True)


def _cache() -> Path:
    from platformdirs import user_cache_path

    given = os.environ.get("VISAVIS_CACHE")
    return (Path(given) if given else user_cache_path("visavis")) / "figures"
