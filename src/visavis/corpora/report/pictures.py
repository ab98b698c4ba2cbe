"""Pictures for a page: faces on the neutral character, maps, clouds of words; all as PNG in a data URI."""

from __future__ import annotations

import base64
import hashlib
import io
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from visavis.assets import cache_folder
from visavis.corpora.report.maps import Map
from visavis.errors import MissingExtraError
from visavis.motion import Motion
from visavis.motion.mapping import project_to_space
from visavis.motion.spaces import ARKIT
from visavis.rendering import portrait
from visavis.rendering.typography import can_write, font_for

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PALETTE = (
    "#1f6f78", "#d1603d", "#6a8532", "#7b5ea7", "#c99a2e", "#3f7cc4", "#b0457b", "#4d9e8a", "#8c6d4f", "#5c6b73",
    "#e08fa0", "#97b84a",
)  # fmt: skip
"""One colour per cluster, the largest first; those for which none is left are `SMALLER`."""
SMALLER, _OUTSIDE = "#8b857d", "#d8d4ce"
TONES = {"negative": "#b8503a", "neutral": "#8d949a", "positive": "#2f7d5b", "topics": "#1f6f78"}
SIZE = 144
"""Pixels of a portrait."""


def faces(motion: Motion, only: NDArray[np.intp] | None = None) -> list[str]:
    """Every frame as a face on the neutral character.

    Args:
        motion: In `arkit` or `arkit-body`.
        only: Columns that are shown; all others are at rest. All unless given.
    """
    if only is not None:
        names = [motion.space.names[i] for i in only]
        motion = Motion.zeros(len(motion), motion.fps, motion.space).with_columns(names, motion.values[:, only])
    return _drawn(project_to_space(motion, ARKIT))


def bodies(motion: Motion) -> list[str]:
    """Every frame of `arkit-body` as the upper half of the neutral character."""
    return _drawn(motion)


def map_picture(drawn: Map) -> str:
    """The points of a map in the clusters' colours, with their numbers.

    Dark grey are those of clusters without a colour of their own, light grey those of none.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5.4, 5.0), dpi=110, layout="constrained")
    axes = figure.add_subplot()
    x, y = drawn.points.T
    colours = np.array([*PALETTE, SMALLER, _OUTSIDE])[np.minimum(drawn.labels, len(PALETTE))]
    axes.scatter(x, y, s=7, c=list(colours), linewidths=0, alpha=0.85)
    for number in range(min(len(drawn.clusters), len(PALETTE))):
        mine = drawn.points[drawn.labels == number]
        middle = mine[np.linalg.norm(mine - np.median(mine, 0), axis=1).argmin()]
        box = {"boxstyle": "circle,pad=0.25", "facecolor": "white", "edgecolor": PALETTE[number]}
        axes.text(middle[0], middle[1], str(number + 1), ha="center", va="center", fontsize=9, bbox=box)
    axes.set_axis_off()
    axes.set_aspect("equal")
    return _figure(figure)


def written(words: Mapping[str, float]) -> dict[str, float]:
    """Those of the words whose letters one font has, the one that has most."""
    path = font_for(words)
    return {word: weight for word, weight in words.items() if can_write(word, path)}


def cloud(weights: Mapping[str, float], tone: str, size: tuple[int, int]) -> str:
    """Words in sizes that go with their weights; the same for the same words.

    Args:
        weights: By word; one font has their letters (see `written`).
        tone: One of `TONES`.
        size: Width and height in pixels.

    Raises:
        MissingExtraError: wordcloud is not installed.
    """
    try:
        from wordcloud import WordCloud
    except ImportError:
        raise MissingExtraError("word clouds", "report") from None

    most = max(weights.values())
    shades = _shades(TONES[tone])

    def colour(word: str, **_given: object) -> str:
        return shades(weights[word] / most)

    made = WordCloud(
        width=size[0], height=size[1], font_path=str(font_for(weights)), background_color=None, mode="RGBA",
        prefer_horizontal=1.0, max_words=80, min_font_size=15, max_font_size=size[1] // 4,
        relative_scaling=0.5, random_state=0, color_func=colour,
    )  # fmt: skip
    return _png(made.generate_from_frequencies(dict(weights)).to_array())


def _drawn(motion: Motion) -> list[str]:
    """Portraits, those that were drawn before from the cache."""
    paths = [_key(motion, values) for values in motion.values]
    known = {path: path.read_bytes() for path in paths if path.is_file()}
    new = [i for i, path in enumerate(paths) if path not in known]
    if new:
        portraits = portrait.Portraits(motion.space, SIZE)
        try:
            pictures = portraits.draw(Motion(motion.values[new], motion.fps, motion.space))
        finally:
            portraits.close()
        for i, picture in zip(new, pictures, strict=True):
            known[paths[i]] = _encoded(picture)
            _store(paths[i], known[paths[i]])
    return [_uri(known[path]) for path in paths]


def _key(motion: Motion, values: NDArray[np.float32]) -> Path:
    about = f"{portrait.VERSION} {SIZE} {motion.space.name}".encode()
    name = hashlib.sha256(about + np.round(values, 3).tobytes()).hexdigest()[:24]
    return cache_folder() / "portraits" / f"{name}.png"


def _store(path: Path, png: bytes) -> None:
    """Keeps a portrait for next time; a cache that cannot be written only costs time."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_bytes(png)
        temporary.replace(path)
    except OSError:
        temporary.unlink(missing_ok=True)


def _shades(tone: str) -> Callable[[float], str]:
    """From a pale tone to the full one."""
    from matplotlib.colors import to_hex, to_rgb

    red, green, blue = to_rgb(tone)

    def shade(share: float) -> str:
        full = 0.45 + 0.55 * share
        return to_hex((1 - (1 - red) * full, 1 - (1 - green) * full, 1 - (1 - blue) * full))

    return shade


def _encoded(picture: NDArray[np.uint8]) -> bytes:
    from PIL import Image

    data = io.BytesIO()
    Image.fromarray(picture).save(data, "PNG", optimize=True)
    return data.getvalue()


def _png(picture: NDArray[np.uint8]) -> str:
    return _uri(_encoded(picture))


def _figure(figure: Figure) -> str:
    data = io.BytesIO()
    figure.savefig(data, format="png", transparent=True, metadata={"Software": None})
    return _uri(data.getvalue())


def _uri(png: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(png).decode()}"
