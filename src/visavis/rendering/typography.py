"""Text in images: fonts that every installation has, and line breaking."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

Font = Any


@lru_cache(maxsize=16)
def font(size: int, *, bold: bool = False) -> Font:
    """DejaVu Sans, which matplotlib brings along: Latin, Greek, Cyrillic, Arabic and more."""
    import matplotlib
    from PIL import ImageFont

    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    return ImageFont.truetype(str(Path(matplotlib.get_data_path()) / "fonts" / "ttf" / name), size)


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
