"""Text in images: a font that has the letters, and line breaking."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

Font = Any


def font(size: int, *, bold: bool = False, writes: str = "") -> Font:
    """The font for a text; see `font_for`.

    Args:
        size: In pixels.
        bold: Whether it is bold, where it is DejaVu Sans.
        writes: The text.
    """
    return _opened(font_for({writes: 1.0}, bold=bold), size)


def font_for(texts: Mapping[str, float], *, bold: bool = False) -> Path:
    """The file of a font that has the letters of texts.

    It is DejaVu Sans, which matplotlib brings along (Latin, Greek, Cyrillic, Arabic and more), unless letters are
    missing there and another installed font has more of them.

    Args:
        texts: With their weights.
        bold: Whether DejaVu is bold.
    """
    usual = _dejavu("DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf")
    wanted = {text: frozenset(map(ord, "".join(text.split()))) for text in texts}

    def share(path: Path) -> float:
        known = letters_of(path)
        return sum(weight * len(wanted[text] & known) / max(len(wanted[text]), 1) for text, weight in texts.items())

    if all(letters <= letters_of(usual) for letters in wanted.values()):
        return usual
    return max([usual, *_installed()], key=share)  # of equals, the first


def can_write(text: str, path: Path) -> bool:
    """Whether a font has all letters of a text."""
    return frozenset(map(ord, "".join(text.split()))) <= letters_of(path)


@lru_cache(maxsize=256)
def letters_of(path: Path) -> frozenset[int]:
    """The code points that a font has; none of one that cannot be read."""
    from matplotlib.ft2font import FT2Font

    try:
        return frozenset(FT2Font(str(path)).get_charmap())
    except (OSError, RuntimeError):
        return frozenset()


@lru_cache(maxsize=1)
def _installed() -> tuple[Path, ...]:
    """Upright text fonts of this machine, in the order of their names."""
    from matplotlib.font_manager import fontManager

    own = _dejavu("DejaVuSans.ttf").parent  # mathematical fonts, and one whose letters are boxes
    found = {
        Path(entry.fname)
        for entry in fontManager.ttflist
        if entry.style == "normal" and entry.weight in (400, "normal", "regular")
    }
    real = (path for path in found if path.parent != own and "lastresort" not in path.name.lower().replace(" ", ""))
    return tuple(sorted(real, key=lambda path: path.name))


def _dejavu(name: str) -> Path:
    import matplotlib

    return Path(matplotlib.get_data_path()) / "fonts" / "ttf" / name


@lru_cache(maxsize=32)
def _opened(path: Path, size: int) -> Font:
    from PIL import ImageFont

    return ImageFont.truetype(str(path), size)


def broken(text: str, face: Font, width: float, most: int) -> list[str]:
    """The text in lines no wider than `width` pixels; what does not fit into `most` lines ends in an ellipsis.

    Lines break between words, within words that are wider than a line and in scripts without spaces.
    """
    lines: list[str] = [""]
    for word in " ".join(text.split())[:4000].split(" "):
        longer = f"{lines[-1]} {word}".strip()
        if face.getlength(longer) <= width:
            lines[-1] = longer
            continue
        if lines[-1]:
            lines.append("")
        for letter in word:
            if face.getlength(lines[-1] + letter) > width and lines[-1]:
                lines.append("")
            lines[-1] += letter
        if len(lines) > most:
            break
    if len(lines) <= most:
        return lines
    last = lines[most - 1]
    while last and face.getlength(last + "…") > width:
        last = last[:-1]
    return [*lines[: most - 1], last.rstrip(" ,.;:") + "…"]
