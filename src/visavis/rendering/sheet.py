"""A contact sheet: the query, and one row of faces for each retrieved clip."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from visavis.motion.mapping import project_to_space
from visavis.motion.motion import Motion
from visavis.motion.spaces import ARKIT
from visavis.rendering.portrait import Portraits
from visavis.rendering.typography import broken, font

FACE = 192
"""Pixels of a face."""
_GAP, _MARGIN, _SIDE = 8, 24, 200
_LABELS = 130
"""Pixels for the labels at the top."""
_PAPER, _INK, _FAINT, _BAR = (250, 249, 247), (34, 38, 42), (112, 118, 124), (31, 111, 120)


@dataclass(frozen=True)
class Row:
    """One clip on the sheet.

    Attributes:
        title: Such as its rank.
        score: A cosine, -1 to 1; drawn as a bar, which is empty at -1.
        about: Lines under the score: which clip it is.
        faces: Frames of motion that are drawn.
        labels: What stands under each frame.
    """

    title: str
    score: float
    about: Sequence[str]
    faces: Motion
    labels: Sequence[str]


def draw_faces(motions: Sequence[Motion], size: int = FACE) -> list[list[NDArray[np.uint8]]]:
    """Every frame of every motion as a close-up (size, size, 3) of the neutral character.

    Raises:
        InputError: The built-in character does not show a motion's space.
    """
    portraits = Portraits(ARKIT, size, close=True)
    try:
        return [portraits.draw(project_to_space(motion, ARKIT)) for motion in motions]
    finally:
        portraits.close()


def contact_sheet(head: Sequence[tuple[str, str]], rows: Sequence[Row]) -> NDArray[np.uint8]:
    """The sheet as a picture (H, W, 3).

    Args:
        head: Label and text of each paragraph at the top.
        rows: The clips, best first.

    Raises:
        InputError: The built-in character does not show a motion's space.
    """
    from PIL import Image, ImageDraw

    faces = draw_faces([row.faces for row in rows])
    columns = max([3, *(len(row) for row in faces)])
    width = 2 * _MARGIN + _SIDE + columns * (FACE + _GAP)
    bold = font(16, bold=True)
    plain = font(16, writes=" ".join(text for pair in head for text in pair))
    small = font(13, writes=" ".join(text for row in rows for text in (*row.about, *row.labels)))
    paragraphs = [
        (label, lines) for label, text in head if (lines := broken(text, plain, width - 2 * _MARGIN - _LABELS, 4))
    ]
    top = 2 * _MARGIN + sum(24 * len(lines) + 6 for _, lines in paragraphs)
    high = FACE + 26
    sheet = Image.new("RGB", (width, top + len(rows) * high + _MARGIN // 2), _PAPER)
    pen = ImageDraw.Draw(sheet)
    y = _MARGIN
    for label, lines in paragraphs:
        pen.text((_MARGIN, y), label, fill=_FAINT, font=plain)
        for line in lines:
            pen.text((_MARGIN + _LABELS, y), line, fill=_INK, font=plain)
            y += 24
        y += 6
    for number, (row, pictures) in enumerate(zip(rows, faces, strict=True)):
        y = top + number * high
        pen.text((_MARGIN, y), row.title, fill=_INK, font=font(30, bold=True))
        pen.text((_MARGIN + 52, y + 9), f"{row.score:.3f}", fill=_INK, font=bold)
        pen.rectangle((_MARGIN, y + 46, _MARGIN + _SIDE - 30, y + 52), fill=(228, 226, 222))
        filled = int((_SIDE - 30) * (1 + float(np.clip(row.score, -1, 1))) / 2)
        pen.rectangle((_MARGIN, y + 46, _MARGIN + filled, y + 52), fill=_BAR)
        lines = [line for text in row.about for line in broken(text, small, _SIDE - 20, 2)]
        for at, line in enumerate(lines):
            pen.text((_MARGIN, y + 64 + 20 * at), line, fill=_FAINT, font=small)
        for column, (picture, label) in enumerate(zip(pictures, row.labels, strict=True)):
            x = _MARGIN + _SIDE + column * (FACE + _GAP)
            sheet.paste(Image.fromarray(picture), (x, y))
            pen.text((x + 2, y + FACE + 3), label, fill=_FAINT, font=small)
    return np.asarray(sheet)
