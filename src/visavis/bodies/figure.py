"""A figure: one dressed person as a single mesh with parts, colours, shapes and skinning weights."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

_VERSION = 13  # of how figures are made; older cached ones are not read


@dataclass(frozen=True)
class Figure:
    """A dressed person at rest. Metres, +Y up, looking along +Z, soles at y = 0.

    Attributes:
        rest: float32 (V, 3).
        faces: int64 (F, 3).
        colours: float32 (V, 3), share of red, green and blue, 0 to 1, as in sRGB.
        light: float32 (V,), the share of the light around that reaches the vertex at rest, 0 to 1.
        weights: float32 (V, 7), skinning weights of `visavis.bodies.identity.JOINTS`.
        joints: float32 (7, 3).
        shaped: int64 (N,), the vertices that any shape moves.
        deltas: float32 (52, N, 3), by how much, in the order of the `arkit` space.
        parts: int64 (V,), index into `PARTS`.
    """

    rest: NDArray[np.float32]
    faces: NDArray[np.int64]
    colours: NDArray[np.float32]
    light: NDArray[np.float32]
    weights: NDArray[np.float32]
    joints: NDArray[np.float32]
    shaped: NDArray[np.int64]
    deltas: NDArray[np.float32]
    parts: NDArray[np.int64]

    def part(self, name: str) -> NDArray[np.intp]:
        """The vertices of a part."""
        return np.flatnonzero(self.parts == PARTS.index(name))


PARTS: tuple[str, ...] = ("skin", "eyes", "teeth", "tongue", "lashes", "hair", "shirt", "trousers", "shoes")


def load_figure(appearance: Mapping[str, Any], seated: bool, knees_aside: float = 0.0) -> Figure:
    """The figure of an appearance, from the cache or newly made."""
    key = json.dumps([_VERSION, appearance, bool(seated), float(knees_aside)], sort_keys=True)
    path = _cache() / f"{hashlib.sha256(key.encode()).hexdigest()[:24]}.npz"
    try:
        with np.load(path, allow_pickle=False) as stored:
            return Figure(**{field.name: stored[field.name] for field in fields(Figure)})
    except (OSError, ValueError, KeyError, EOFError, BadZipFile):
        pass  # not there yet, or damaged: made anew
    from visavis.bodies.dress import dress
    from visavis.bodies.identity import build_identity

    figure = dress(build_identity(appearance, seated, knees_aside), appearance)
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
